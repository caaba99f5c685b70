"""Custom scalars: Date, DateTime, Decimal, JSON and Upload. The messages of errors are shown to the caller."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from types import NoneType
from typing import Final, NewType

import strawberry
from graphql import FloatValueNode, IntValueNode, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

from gateway.connector.writing.uploads import UploadedFile
from gateway.literals import NUMBER_PATTERN

JSON = NewType("JSON", object)
"""Any JSON value, in answers as it is stored."""

Upload = NewType("Upload", object)
"""A file that comes with the request."""

Representation = NewType("Representation", object)
"""A reference to a record: its type's name and the fields of one of its keys."""

MAX_DIGITS: Final = 40
MAX_EXPONENT: Final = 30

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?"
)
_NUMBER = re.compile(NUMBER_PATTERN)
_NO_DIGITS = re.compile("[ENI]")  # an exponent, NaN and Infinity, as Decimal writes them
_LONGEST_NUMBER: Final = 2 * (MAX_DIGITS + MAX_EXPONENT)

_WRITE_DAY = 'Write a day as YYYY-MM-DD in quotes, for example "2026-03-31".'
_WRITE_INSTANT = (
    "Write date, time and offset as in RFC 3339 in quotes, "
    'for example "2026-03-31T09:30:00Z" or "2026-03-31T11:30:00+02:00".'
)
_WRITE_NUMBER = 'Write a decimal number, best in quotes, for example "1450.00".'
_TOO_LARGE = (
    f"A decimal has at most {MAX_DIGITS} digits and an exponent between -{MAX_EXPONENT} and {MAX_EXPONENT}."
)


def parse_date(value: object) -> date:
    """
    The day that a caller wrote as `YYYY-MM-DD`. Nothing else is taken, a date with a time neither.

    >>> parse_date("2026-03-31")
    datetime.date(2026, 3, 31)
    """
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            raise ValueError(f"This is a moment, and a day without a time is wanted. {_WRITE_DAY}")
        raise ValueError(_WRITE_DAY)
    try:
        return date.fromisoformat(value)
    except ValueError as exc:
        raise ValueError(f"The calendar has no such day. {_WRITE_DAY}") from exc


def serialize_date(value: object) -> str:
    """
    A day as `YYYY-MM-DD`.

    >>> serialize_date(date(2026, 3, 31))
    '2026-03-31'
    """
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError(f"Date cannot represent a {type(value).__name__}.")
    return value.isoformat()


def parse_datetime(value: object) -> datetime:
    """
    The moment that a caller wrote as in RFC 3339, in UTC. Without an offset it is taken as UTC.

    >>> parse_datetime("2026-03-31T11:30:00+02:00")
    datetime.datetime(2026, 3, 31, 9, 30, tzinfo=datetime.timezone.utc)
    """
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        if isinstance(value, str) and _DAY.fullmatch(value):
            raise ValueError(
                f'This is a day, and a moment is wanted: for its beginning in UTC write "{value}T00:00:00Z".'
            )
        raise ValueError(_WRITE_INSTANT)
    try:
        return _utc(datetime.fromisoformat(value.upper()))
    except (ValueError, OverflowError) as exc:
        raise ValueError(f"The calendar has no such moment. {_WRITE_INSTANT}") from exc


def serialize_datetime(value: object) -> str:
    """
    A moment in UTC as in RFC 3339, with a fraction of the second only if it has one.

    >>> serialize_datetime(datetime(2026, 3, 31, 9, 30, tzinfo=UTC))
    '2026-03-31T09:30:00Z'
    """
    if not isinstance(value, datetime):
        raise TypeError(f"DateTime cannot represent a {type(value).__name__}.")
    return _utc(value).replace(tzinfo=None).isoformat() + "Z"


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def parse_decimal(value: object) -> Decimal:
    """
    The exact number that a caller wrote as a string or as a JSON number.

    >>> parse_decimal("3499.00"), parse_decimal(0.1)
    (Decimal('3499.00'), Decimal('0.1'))
    """
    if isinstance(value, str):
        return _exact(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 10**MAX_DIGITS:
            raise ValueError(_TOO_LARGE)
        return Decimal(value)
    if isinstance(value, float):
        return _exact(repr(value))
    raise ValueError(_WRITE_NUMBER)


def parse_decimal_literal(node: ValueNode, _variables: Mapping[str, object] | None = None) -> Decimal:
    """The exact number that stands in a document, digit for digit."""
    if isinstance(node, IntValueNode | FloatValueNode | StringValueNode):
        return _exact(node.value)
    raise ValueError(_WRITE_NUMBER)


def serialize_decimal(value: object) -> str:
    """
    A number as a string of digits, never with an exponent.

    >>> serialize_decimal(Decimal("1E+3")), serialize_decimal(Decimal("3499.00"))
    ('1000', '3499.00')
    """
    if not isinstance(value, Decimal):
        raise TypeError(f"Decimal cannot represent a {type(value).__name__}.")
    written = str(value)
    if len(written) <= MAX_DIGITS and not _NO_DIGITS.search(written):
        return written  # as most prices are
    if not value.is_finite():
        raise ValueError("Decimal cannot represent what is not a number.")
    return format(_bounded(value), "f")


def serialize_decimals(column: Sequence[object]) -> Sequence[str | None]:
    """
    The same for a column of values, None for a missing one.

    >>> serialize_decimals([Decimal("3499.00"), None]), serialize_decimals([Decimal("1E+3")])
    (['3499.00', None], ['1000'])
    """
    if set(map(type, column)) <= {Decimal, NoneType}:
        written = [None if number is None else str(number) for number in column]
        present = list(filter(None, written))
        if not present or (max(map(len, present)) <= MAX_DIGITS and not _NO_DIGITS.search("".join(present))):
            return written  # as most prices are
    return [None if number is None else serialize_decimal(number) for number in column]


def _exact(text: str) -> Decimal:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(_TOO_LARGE)
    if not _NUMBER.fullmatch(text):
        raise ValueError(_WRITE_NUMBER)
    try:
        return _bounded(Decimal(text))
    except InvalidOperation as exc:  # an exponent that no Decimal can hold
        raise ValueError(_TOO_LARGE) from exc


def _bounded(number: Decimal) -> Decimal:
    _, digits, exponent = number.as_tuple()
    if len(digits) > MAX_DIGITS or not isinstance(exponent, int) or abs(exponent) > MAX_EXPONENT:
        raise ValueError(_TOO_LARGE)
    return number


def scalar_map() -> dict[object, ScalarDefinition]:
    """The scalar of each Python type, for Strawberry's configuration."""
    return {
        date: strawberry.scalar(
            name="Date",
            description=(
                'A day without a time, `"YYYY-MM-DD"` (ISO 8601), as in `"2026-03-31"`: '
                "a day of purchase, the end of a warranty."
            ),
            specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
            serialize=serialize_date,
            parse_value=parse_date,
        ),
        datetime: strawberry.scalar(
            name="DateTime",
            description=(
                'A moment as in RFC 3339. In answers always in UTC: `"2026-03-31T09:30:00Z"`, with six '
                "digits of the second only where there are any. In arguments with any offset, as in "
                '`"2026-03-31T11:30:00+02:00"`; without one it is taken as UTC.'
            ),
            specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
            serialize=serialize_datetime,
            parse_value=parse_datetime,
        ),
        Decimal: strawberry.scalar(
            name="Decimal",
            description=(
                "An exact decimal number, as a string in answers, so that no cent is lost: "
                f'`"3499.00"`. In arguments a string or a number, of at most {MAX_DIGITS} digits.'
            ),
            specified_by_url="https://www.rfc-editor.org/rfc/rfc8259#section-6",
            serialize=serialize_decimal,
            parse_value=parse_decimal,
            parse_literal=parse_decimal_literal,
        ),
        JSON: strawberry.scalar(
            name="JSON",
            description=(
                "Any JSON value: a string, number, boolean, null, list or object, as the vendor gave it. "
                "It has no selection of its own."
            ),
            specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
            serialize=_unchanged,
            parse_value=_unchanged,
        ),
        Representation: strawberry.scalar(
            name="_Any",
            description=(
                "A reference to a record, as routers of federated graphs write it: an object with `__typename` and the "
                'fields of one key, `{__typename: "UnifiedAsset", serialNumber: "5CG0XY9876"}`.'
            ),
            serialize=_unchanged,
            parse_value=_unchanged,
        ),
        Upload: strawberry.scalar(
            name="Upload",
            description=(
                "A file, sent beside the query as the GraphQL multipart request specification says: the variable "
                "is null in `operations`, and `map` names the part that stands for it."
            ),
            specified_by_url="https://github.com/jaydenseric/graphql-multipart-request-spec",
            serialize=_no_output,
            parse_value=parse_upload,
            parse_literal=_no_literal,
        ),
    }


_SEND_FILE = (
    "Send the file as a part of a multipart/form-data request (GraphQL multipart request specification), and null "
    "in its place in the variables."
)


def parse_upload(value: object) -> UploadedFile:
    """The uploaded file of a variable."""
    if not isinstance(value, UploadedFile):
        raise ValueError(_SEND_FILE)  # noqa: TRY004 (one kind of error for all arguments)
    return value


def _no_literal(_node: ValueNode, _variables: Mapping[str, object] | None = None) -> UploadedFile:
    raise ValueError(_SEND_FILE)


def _no_output(_value: object) -> object:
    raise TypeError("A file is never shown.")


def _unchanged(value: object) -> object:
    return value
