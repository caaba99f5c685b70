"""Which of a customer's own fields a caller means: by id, or by a name that only one of them has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.connector.description.actions import IdResolver, InvalidValue, Put, Write
from gateway.connector.description.field_names import folded, synonym_of


@dataclass(frozen=True)
class CustomValue:
    """A value that was given, and where."""

    path: int
    id: str | None
    name: str | None
    value: Any

    def unfit(self, message: str, *path: str) -> InvalidValue:
        """Why it cannot be taken."""
        return InvalidValue(message, str(self.path), *path)

    def within(self, exc: InvalidValue) -> InvalidValue:
        """The same, said of this value."""
        return exc if exc.path else InvalidValue(exc.message, str(self.path), code=exc.code)


@dataclass(frozen=True)
class KnownField:
    """A field that there is: its id and name; `whole` is whatever else its vendor tells of it."""

    id: str
    name: str
    whole: Any = None


def custom(put: Put, *refs: str, value: Callable[[Any], Any]) -> Write:
    """Custom values as `CustomValue`s for `put`. `value` makes each the vendor's, or raises InvalidValue."""

    def convert(given: Sequence[Any], _: IdResolver) -> list[CustomValue]:
        return [_given(place, one, value) for place, one in enumerate(given)]

    return Write(convert=convert, put=put, not_nullable=True, refs=refs, reads_record=True)


def _given(place: int, one: Any, value: Callable[[Any], Any]) -> CustomValue:
    found = CustomValue(place, one.get("id"), one.get("name"), one.get("value"))
    if not found.id and not found.name:
        raise found.unfit("needs the `id` or the `name` of a field")
    if "value" not in one:
        raise found.unfit("needs a `value`; null empties it", "value")
    try:
        return replace(found, value=value(found.value))
    except InvalidValue as exc:
        raise found.unfit(exc.message, "value") from exc


def match_field(custom_value: CustomValue, known: Sequence[KnownField]) -> KnownField:
    """The field that is meant. Raises Unfit where there is none, or more than one of the name."""
    if custom_value.id:
        found = [one for one in known if one.id == custom_value.id]
        if not found:
            raise custom_value.unfit("is the id of no field that this has", "id")
    else:
        found = [one for one in known if folded(one.name) == folded(custom_value.name or "")]
        if not found:
            raise custom_value.unfit(f"is the name of no field that this has: it has {_names(known)}", "name")
        if len({one.id for one in found}) > 1:
            raise custom_value.unfit(
                "is the name of several fields: give the `id` of the one that is meant", "name"
            )
    if custom_value.id and custom_value.name and folded(found[0].name) != folded(custom_value.name):
        raise custom_value.unfit(
            f"is not the name of the field with this id: that is {found[0].name!r}", "name"
        )
    return found[0]


def _names(known: Sequence[KnownField]) -> str:
    names = sorted({one.name for one in known})
    return ", ".join(names[:20]) or "none"


def named(names: Sequence[str], known: Sequence[KnownField], *, has: Callable[[str], bool]) -> KnownField:
    """
    The field that holds one of our values: of the fields by these names the one that the record has a value of, for
    it is the one that is read; else the first. Raises Unfit where there is none.
    """
    ranks = synonym_of(names)
    found = sorted(
        (one for one in known if folded(one.name) in ranks), key=lambda one: ranks[folded(one.name)]
    )
    if not found:
        raise InvalidValue(
            f"has no field here to stand in: it would be called {names[0]!r}, and there is none"
        )
    return next((one for one in found if has(one.id)), found[0])
