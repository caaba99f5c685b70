"""Custom values: values that a caller writes to a customer's own fields, addressed by id or by a unique name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.connector.description.actions import IdResolver, InvalidValue, Put, Write
from gateway.connector.description.field_names import normalize_name, rank_names


@dataclass(frozen=True)
class CustomValue:
    """Custom value of an input: `path` is its index in the list, `id` and `name` address the field."""

    index: int
    id: str | None
    name: str | None
    value: Any

    def error(self, message: str, *path: str) -> InvalidValue:
        """Validation error about this value; `path` continues its path."""
        return InvalidValue(message, str(self.index), *path)

    def locate_error(self, exc: InvalidValue) -> InvalidValue:
        """The validation error with the path of this value, if it has no path yet."""
        return exc if exc.path else InvalidValue(exc.message, str(self.index), code=exc.code)


@dataclass(frozen=True)
class KnownField:
    """Field definition at the vendor: its id and name; `whole` is the vendor's full definition."""

    id: str
    name: str
    definition: Any = None


def custom(put: Put, *refs: str, value: Callable[[Any], Any]) -> Write:
    """
    Write mapping of custom values: `put` gets them as a list of `CustomValue`.

    `value` converts each to the vendor's value, or raises InvalidValue.
    """

    def convert(entries: Sequence[Any], _: IdResolver) -> list[CustomValue]:
        return [_custom_value(index, entry, value) for index, entry in enumerate(entries)]

    return Write(convert=convert, put=put, not_nullable=True, refs=refs, reads_record=True)


def _custom_value(index: int, entry: Any, convert: Callable[[Any], Any]) -> CustomValue:
    custom_value = CustomValue(index, entry.get("id"), entry.get("name"), entry.get("value"))
    if not custom_value.id and not custom_value.name:
        raise custom_value.error("needs the `id` or the `name` of a field")
    if "value" not in entry:
        raise custom_value.error("needs a `value`; null empties it", "value")
    try:
        return replace(custom_value, value=convert(custom_value.value))
    except InvalidValue as exc:
        raise custom_value.error(exc.message, "value") from exc


def match_field(custom_value: CustomValue, known: Sequence[KnownField]) -> KnownField:
    """The field that a custom value addresses. Raises InvalidValue if there is none, or its name is ambiguous."""
    if custom_value.id:
        matches = [field for field in known if field.id == custom_value.id]
        if not matches:
            raise custom_value.error("is the id of no field that this has", "id")
    else:
        matches = [
            field for field in known if normalize_name(field.name) == normalize_name(custom_value.name or "")
        ]
        if not matches:
            raise custom_value.error(f"is the name of no field that this has: it has {_names(known)}", "name")
        if len({field.id for field in matches}) > 1:
            raise custom_value.error(
                "is the name of several fields: give the `id` of the one that is meant", "name"
            )
    if (
        custom_value.id
        and custom_value.name
        and normalize_name(matches[0].name) != normalize_name(custom_value.name)
    ):
        raise custom_value.error(
            f"is not the name of the field with this id: that is {matches[0].name!r}", "name"
        )
    return matches[0]


def _names(known: Sequence[KnownField]) -> str:
    names = sorted({field.name for field in known})
    return ", ".join(names[:20]) or "none"


def choose_field(
    names: Sequence[str], known: Sequence[KnownField], *, has_value: Callable[[str], bool]
) -> KnownField:
    """
    The field that stores one of our fields: of those with these names the first that the record has a value of, since
    that is the field that is read; else the first. Raises InvalidValue if there is none.

    `has` is true if the record has a value of the field with this id.
    """
    ranks = rank_names(names)
    matches = sorted(
        (field for field in known if normalize_name(field.name) in ranks),
        key=lambda field: ranks[normalize_name(field.name)],
    )
    if not matches:
        raise InvalidValue(
            f"has no field here to stand in: it would be called {names[0]!r}, and there is none"
        )
    return next((field for field in matches if has_value(field.id)), matches[0])
