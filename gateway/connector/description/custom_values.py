"""Which of a customer's own fields a caller means: by id, or by a name that only one of them has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.connector.description.actions import Asked, Put, Unfit, Write
from gateway.connector.description.field_names import folded, known_as


@dataclass(frozen=True)
class Given:
    """A value that was given, and where."""

    place: int
    id: str | None
    name: str | None
    value: Any

    def unfit(self, message: str, *path: str) -> Unfit:
        """Why it cannot be taken."""
        return Unfit(message, str(self.place), *path)

    def within(self, exc: Unfit) -> Unfit:
        """The same, said of this value."""
        return exc if exc.path else Unfit(exc.message, str(self.place), code=exc.code)


@dataclass(frozen=True)
class Known:
    """A field that there is: its id and name; `whole` is whatever else its vendor tells of it."""

    id: str
    name: str
    whole: Any = None


def custom(put: Put, *refs: str, value: Callable[[Any], Any]) -> Write:
    """Values of customers' own fields, as `Given`s for `put`. `value` makes each the vendor's, or raises Unfit."""

    def convert(given: Sequence[Any], _: Asked) -> list[Given]:
        return [_given(place, one, value) for place, one in enumerate(given)]

    return Write(convert=convert, put=put, fixed=True, refs=refs, reads=True)


def _given(place: int, one: Any, value: Callable[[Any], Any]) -> Given:
    found = Given(place, one.get("id"), one.get("name"), one.get("value"))
    if not found.id and not found.name:
        raise found.unfit("needs the `id` or the `name` of a field")
    if "value" not in one:
        raise found.unfit("needs a `value`; null empties it", "value")
    try:
        return replace(found, value=value(found.value))
    except Unfit as exc:
        raise found.unfit(exc.message, "value") from exc


def meant(given: Given, known: Sequence[Known]) -> Known:
    """The field that is meant. Raises Unfit where there is none, or more than one of the name."""
    if given.id:
        found = [one for one in known if one.id == given.id]
        if not found:
            raise given.unfit("is the id of no field that this has", "id")
    else:
        found = [one for one in known if folded(one.name) == folded(given.name or "")]
        if not found:
            raise given.unfit(f"is the name of no field that this has: it has {_names(known)}", "name")
        if len({one.id for one in found}) > 1:
            raise given.unfit("is the name of several fields: give the `id` of the one that is meant", "name")
    if given.id and given.name and folded(found[0].name) != folded(given.name):
        raise given.unfit(f"is not the name of the field with this id: that is {found[0].name!r}", "name")
    return found[0]


def _names(known: Sequence[Known]) -> str:
    names = sorted({one.name for one in known})
    return ", ".join(names[:20]) or "none"


def named(names: Sequence[str], known: Sequence[Known], *, has: Callable[[str], bool]) -> Known:
    """
    The field that holds one of our values: of the fields by these names the one that the record has a value of, for
    it is the one that is read; else the first. Raises Unfit where there is none.
    """
    ranks = known_as(names)
    found = sorted(
        (one for one in known if folded(one.name) in ranks), key=lambda one: ranks[folded(one.name)]
    )
    if not found:
        raise Unfit(f"has no field here to stand in: it would be called {names[0]!r}, and there is none")
    return next((one for one in found if has(one.id)), found[0])
