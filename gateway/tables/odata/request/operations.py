"""Operators and functions of OData that are served, and the kinds of their values."""

from collections.abc import Mapping

from gateway.tables.odata.query import ValueKind
from gateway.tables.odata.refusal import bad_request, not_implemented

#: None: the kind of the first operand.
FUNCTION_KINDS: Mapping[str, ValueKind | None] = {
    "contains": ValueKind.BOOLEAN,
    "startswith": ValueKind.BOOLEAN,
    "endswith": ValueKind.BOOLEAN,
    "length": ValueKind.INTEGER,
    "indexof": ValueKind.INTEGER,
    "substring": ValueKind.TEXT,
    "tolower": ValueKind.TEXT,
    "toupper": ValueKind.TEXT,
    "trim": ValueKind.TEXT,
    "concat": ValueKind.TEXT,
    "year": ValueKind.INTEGER,
    "month": ValueKind.INTEGER,
    "day": ValueKind.INTEGER,
    "hour": ValueKind.INTEGER,
    "minute": ValueKind.INTEGER,
    "second": ValueKind.INTEGER,
    "fractionalseconds": ValueKind.DECIMAL,
    "date": ValueKind.DATE,
    "time": ValueKind.TIME,
    "totaloffsetminutes": ValueKind.INTEGER,
    "now": ValueKind.TIMESTAMP,
    "mindatetime": ValueKind.TIMESTAMP,
    "maxdatetime": ValueKind.TIMESTAMP,
    "round": None,
    "floor": None,
    "ceiling": None,
}
_OF_THE_CALENDAR = {ValueKind.DATE, ValueKind.TIMESTAMP}


def kind_of_arithmetic(name: str, first: ValueKind, second: ValueKind) -> ValueKind:
    """
    The kind of a sum, difference, product or quotient.

    >>> kind_of_arithmetic("div", ValueKind.INTEGER, ValueKind.DECIMAL).name
    'DECIMAL'
    >>> kind_of_arithmetic("sub", ValueKind.TIMESTAMP, ValueKind.DURATION).name
    'TIMESTAMP'
    """
    if ValueKind.NULL in {first, second}:
        raise bad_request(f"`{name}` takes values, not null.")
    if first.is_number and second.is_number:
        if ValueKind.DOUBLE in {first, second}:
            return ValueKind.DOUBLE
        is_whole = first is second is ValueKind.INTEGER and name != "divby"
        return ValueKind.INTEGER if is_whole else ValueKind.DECIMAL
    if name in {"add", "sub"} and second is ValueKind.DURATION and first in {*_OF_THE_CALENDAR, second}:
        return first
    if name == "sub" and first is second and first in _OF_THE_CALENDAR:
        return ValueKind.DURATION
    raise not_implemented(f"`{name}` of these types is not served.")
