"""Constructors of write mappings: a function for each kind of value that is written to a vendor."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from gateway.connector.description import convert as reading
from gateway.connector.description.actions import IdResolver, InvalidValue, Put, RoundTrip, Write
from gateway.connector.description.fields import get_path
from gateway.connector.description.row_types import ReferenceTables, Row
from gateway.literals import is_digits

_LARGEST = 2**63 - 1


def text(
    key: str, *, not_nullable: bool = False, empty: Any = None, synonyms: frozenset[str] = frozenset()
) -> Write:
    """
    Text, unchanged. With `fixed` it may be neither null nor blank.

    `also` are the vendor's other names for the field.
    """

    def convert(value: str, _: IdResolver) -> str:
        if not_nullable and not value.strip():
            raise InvalidValue("must not be blank")
        return value

    return Write(convert=convert, key=key, not_nullable=not_nullable, empty=empty, synonyms=synonyms)


def day(key: str, *, suffix: str = "", empty: Any = None) -> Write:
    """Calendar day, as `YYYY-MM-DD` followed by `suffix`."""

    def convert(value: date, _: IdResolver) -> str:
        return value.isoformat() + suffix

    return Write(convert=convert, key=key, empty=empty)


def moment(key: str) -> Write:
    """Date and time, in UTC with a Z."""

    def convert(value: datetime, _: IdResolver) -> str:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"

    return Write(convert=convert, key=key)


def money(key: str, *, empty: Any = None) -> Write:
    """Exact decimal; it is sent digit for digit."""

    def convert(value: Decimal, _: IdResolver) -> Decimal:
        return value

    return Write(convert=convert, key=key, empty=empty)


def integer(
    key: str, *, hint: str, not_nullable: bool = False, empty: Any = None, minimum: int | None = None
) -> Write:
    """
    Whole number of `least` or more, from an Int, a Decimal or text.

    `what` says in error messages what is counted.
    """

    def convert(value: Decimal | int | str, _: IdResolver) -> int:
        if isinstance(value, str):
            if not (value.isascii() and value.isdecimal() and len(value) <= 18):
                raise InvalidValue(f"must be a whole number: {hint}")
            return int(value)
        number = int(value)
        if value != number:
            raise InvalidValue(f"must be a whole number: {hint}")
        if abs(number) > _LARGEST:
            raise InvalidValue("is too large")
        if minimum is not None and number < minimum:
            raise InvalidValue(f"must be {minimum} or more: {hint}")
        return number

    return Write(convert=convert, key=key, not_nullable=not_nullable, empty=empty)


def link_id(key: str, *types: str, not_nullable: bool = False) -> Write:
    """Link: the native id of a record of these types, from its global id."""

    def convert(global_id: str, resolver: IdResolver) -> int:
        return int(resolver.native_id(global_id, *types))

    return Write(convert=convert, key=key, not_nullable=not_nullable)


def own_id(key: str, *types: str, not_nullable: bool = False, put: Put | None = None) -> Write:
    """Native id of a vendor's record; with `types` a global id of these types is accepted as well."""

    def convert(value: str, resolver: IdResolver) -> int:
        if value.isascii() and value.isdecimal() and len(value) <= 18:
            return int(value)
        if types and ":" in value:
            return int(resolver.native_id(value, *types))
        raise InvalidValue("must be the vendor's own id, a whole number")

    return Write(convert=convert, key=key, not_nullable=not_nullable, put=put)


def enum_value(
    key: str | None, words: Mapping[str, str], *, hints: Mapping[str, str] | None = None, hint: str = ""
) -> Write:
    """
    Enum value, as the vendor's word for it: `words` are keyed by our values.

    For a value without a word, the error message is `hints[value]` if there is one, else it ends in `hint`.

    >>> enum_value("status", {"RETIRED": "retired"}).convert("RETIRED", None)
    'retired'
    """

    def convert(value: str, _: IdResolver | None) -> str:
        if value in words:
            return words[value]
        if hints and value in hints:
            raise InvalidValue(hints[value])
        raise InvalidValue(f"cannot be {value!s} here: {hint or 'it takes ' + ', '.join(sorted(words))}")

    return Write(convert=convert, key=key, not_nullable=True)


def invert(words: Mapping[str, str]) -> dict[str, str]:
    """
    Inverse of a mapping from the vendor's words to our values: the first word for each of our values.

    >>> invert({"new": "NEW", "fresh": "NEW"})
    {'NEW': 'new'}
    """
    inverse: dict[str, str] = {}
    for theirs, ours in words.items():
        inverse.setdefault(ours, theirs)
    return inverse


def not_readable(key: str) -> InvalidValue:
    """Validation error: the current value at `key` cannot be sent back, so a full replace would lose it."""
    return InvalidValue(
        f"This would empty the vendor's `{key}`, which cannot be sent back as it was read: give it in `vendorFields`.",
        code="WOULD_LOSE_DATA",
    )


def unchanged(key: str) -> RoundTrip:
    """Round trip of a value: it is sent back as it was read."""

    def read(row: Row, _: ReferenceTables) -> Any:
        if key not in row:
            raise not_readable(key)
        return row[key]

    return read


def id_of(path: str, key: str) -> RoundTrip:
    """Round trip of a link: the id at `path` is sent back at `key`."""

    def read(row: Row, _: ReferenceTables) -> int | None:
        outer = path.split(".", 1)[0]
        if outer in row and row[outer] is None:
            return None
        native_id = reading.identity(get_path(row, path))
        if native_id is None or not is_digits(native_id):
            raise not_readable(key)
        return int(native_id)

    return read


def amount(key: str) -> RoundTrip:
    """Round trip of an amount: it is sent back as a number, even if it was read as text."""

    def read(row: Row, _: ReferenceTables) -> Decimal | None:
        if key in row and row[key] in (None, ""):
            return None
        number = reading.decimal(row.get(key))
        if number is None:
            raise not_readable(key)
        return number

    return read


def scalar_value(value: Any) -> Any:
    """
    Custom field's value, unchanged. Raises InvalidValue for lists and objects, which no vendor documents.

    >>> scalar_value(True), scalar_value(5), scalar_value(None)
    (True, 5, None)
    """
    if value is None or isinstance(value, str | bool | int | float | Decimal):
        return value
    raise InvalidValue("must be a text, a number or true or false")


def scalar_text(value: Any) -> str | None:
    """
    Custom field's value as text, for vendors that store text. Raises InvalidValue for lists and objects.

    >>> scalar_text(True), scalar_text(5), scalar_text("x"), scalar_text(None)
    ('true', '5', 'x', None)
    """
    value = scalar_value(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, str):
        return value
    return format(Decimal(str(value)), "f")
