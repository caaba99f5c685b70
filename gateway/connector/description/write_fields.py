"""The words that vendors' writes are declared in: one constructor for each kind of value."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from gateway.connector.description import convert as reading
from gateway.connector.description.actions import IdResolver, InvalidValue, Put, RoundTrip, Write
from gateway.connector.description.fields import get_path
from gateway.connector.description.row_types import ReferenceTables, Row

_LARGEST = 2**63 - 1


def text(key: str, *, fixed: bool = False, empty: Any = None, also: frozenset[str] = frozenset()) -> Write:
    """Text as it is. With `fixed` it may be neither null nor blank."""

    def convert(given: str, _: IdResolver) -> str:
        if fixed and not given.strip():
            raise InvalidValue("must not be blank")
        return given

    return Write(convert=convert, key=key, not_nullable=fixed, empty=empty, synonyms=also)


def day(key: str, *, suffix: str = "", empty: Any = None) -> Write:
    """A calendar day, as `YYYY-MM-DD` with what the vendor has after it."""

    def convert(given: date, _: IdResolver) -> str:
        return given.isoformat() + suffix

    return Write(convert=convert, key=key, empty=empty)


def moment(key: str) -> Write:
    """A moment, in UTC with a Z."""

    def convert(given: datetime, _: IdResolver) -> str:
        return given.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"

    return Write(convert=convert, key=key)


def money(key: str, *, empty: Any = None) -> Write:
    """An exact decimal; it goes over the wire digit for digit."""

    def convert(given: Decimal, _: IdResolver) -> Decimal:
        return given

    return Write(convert=convert, key=key, empty=empty)


def whole(key: str, *, what: str, fixed: bool = False, empty: Any = None, least: int | None = None) -> Write:
    """A whole number of `least` or more, from an Int, a Decimal or text."""

    def convert(given: Decimal | int | str, _: IdResolver) -> int:
        if isinstance(given, str):
            if not (given.isascii() and given.isdecimal() and len(given) <= 18):
                raise InvalidValue(f"must be a whole number: {what}")
            return int(given)
        number = int(given)
        if given != number:
            raise InvalidValue(f"must be a whole number: {what}")
        if abs(number) > _LARGEST:
            raise InvalidValue("is too large")
        if least is not None and number < least:
            raise InvalidValue(f"must be {least} or more: {what}")
        return number

    return Write(convert=convert, key=key, not_nullable=fixed, empty=empty)


def linked(key: str, *types: str, fixed: bool = False) -> Write:
    """The record of another type that a global id names."""

    def convert(given: str, asked: IdResolver) -> int:
        return int(asked.native(given, *types))

    return Write(convert=convert, key=key, not_nullable=fixed)


def own_id(key: str, *types: str, fixed: bool = False, put: Put | None = None) -> Write:
    """A vendor's own id of something; the global id is taken too, where we have that type."""

    def convert(given: str, asked: IdResolver) -> int:
        if given.isascii() and given.isdecimal() and len(given) <= 18:
            return int(given)
        if types and ":" in given:
            return int(asked.native(given, *types))
        raise InvalidValue("must be the vendor's own id, a whole number")

    return Write(convert=convert, key=key, not_nullable=fixed, put=put)


def enum_value(
    key: str | None, words: Mapping[str, str], *, instead: Mapping[str, str] | None = None, hint: str = ""
) -> Write:
    """
    One of our enum's values as the vendor's word. `instead` says of single values what to do, `hint` of all others.

    >>> word("status", {"RETIRED": "retired"}).convert("RETIRED", None)
    'retired'
    """

    def convert(given: str, _: IdResolver | None) -> str:
        if given in words:
            return words[given]
        if instead and given in instead:
            raise InvalidValue(instead[given])
        raise InvalidValue(f"cannot be {given!s} here: {hint or 'it takes ' + ', '.join(sorted(words))}")

    return Write(convert=convert, key=key, not_nullable=True)


def backwards(words: Mapping[str, str]) -> dict[str, str]:
    """
    The vendor's word for each of ours, from ours by the vendor's; the first where there are several.

    >>> backwards({"new": "NEW", "fresh": "NEW"})
    {'NEW': 'new'}
    """
    found: dict[str, str] = {}
    for theirs, ours in words.items():
        found.setdefault(ours, theirs)
    return found


def not_readable(key: str) -> InvalidValue:
    """What is there cannot be sent back, and a request that replaces everything would empty it."""
    return InvalidValue(
        f"This would empty the vendor's `{key}`, which cannot be sent back as it was read: give it in `vendorFields`.",
        code="WOULD_LOSE_DATA",
    )


def same(key: str) -> RoundTrip:
    """The value goes back as it was read."""

    def read(row: Row, _: ReferenceTables) -> Any:
        if key not in row:
            raise not_readable(key)
        return row[key]

    return read


def id_of(path: str, key: str) -> RoundTrip:
    """The id of the object that was read goes back."""

    def read(row: Row, _: ReferenceTables) -> int | None:
        outer = path.split(".", 1)[0]
        if outer in row and row[outer] is None:
            return None
        native = reading.identity(get_path(row, path))
        if native is None or not native.isdecimal():
            raise not_readable(key)
        return int(native)

    return read


def amount(key: str) -> RoundTrip:
    """The amount goes back as a number, even where it is read as text."""

    def read(row: Row, _: ReferenceTables) -> Decimal | None:
        if key in row and row[key] in (None, ""):
            return None
        found = reading.decimal(row.get(key))
        if found is None:
            raise not_readable(key)
        return found

    return read


def plain(value: Any) -> Any:
    """
    A custom field's value as it is. Raises Unfit for lists and objects, which have no place in the vendors' documents.

    >>> plain(True), plain(5), plain(None)
    (True, 5, None)
    """
    if value is None or isinstance(value, str | bool | int | float | Decimal):
        return value
    raise InvalidValue("must be a text, a number or true or false")


def scalar(value: Any) -> str | None:
    """
    A custom field's value as text, for vendors that keep text. Raises Unfit for lists and objects.

    >>> scalar(True), scalar(5), scalar("x"), scalar(None)
    ('true', '5', 'x', None)
    """
    found = plain(value)
    if isinstance(found, bool):
        return "true" if found else "false"
    if found is None or isinstance(found, str):
        return found
    return format(Decimal(str(found)), "f")
