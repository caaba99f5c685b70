"""SQL that writes rows as JSON objects, as OData wants them: moments with Z, decimals as numbers, links as objects."""

from collections.abc import Callable, Mapping, Sequence

from gateway.tables.columns import FlatColumn
from gateway.tables.duck import named, quoted
from gateway.tables.odata.query import KIND_OF_COLUMN, ValueKind


def json_of(cell: str, kind: ValueKind) -> str:
    """The SQL of a cell's JSON; NULL for null."""
    return _JSON.get(kind, _as_text)(cell)


def json_object(members: Sequence[tuple[str, str]], *, omit_nulls: bool) -> str:
    r"""
    The SQL of an object of members (a name, and the SQL of its JSON). Nulls stand as such, or are left out.

    One flat `concat` takes a third of the time that an operator for each member takes.

    >>> json_object([("id", "x"), ("name", "y")], omit_nulls=False)
    'concat(\'{"id":\', coalesce(x, \'null\'), \',"name":\', coalesce(y, \'null\'), \'}\')'
    """
    if omit_nulls:
        pairs = [f"({quoted(_name(name))} || {value})" for name, value in members]
        return f"concat('{{', concat_ws(',', {', '.join(pairs)}), '}}')"
    parts: list[str] = []
    for number, (name, value) in enumerate(members):
        parts += [quoted(("," if number else "{") + _name(name)), f"coalesce({value}, 'null')"]
    return f"concat({', '.join(parts)}, '}}')"


def column_members(
    alias: str, columns: Mapping[str, FlatColumn], names: Sequence[str]
) -> list[tuple[str, str]]:
    """The members of an object of these columns."""
    return [(name, json_of(f"{alias}.{named(name)}", KIND_OF_COLUMN[columns[name].kind])) for name in names]


def _name(name: str) -> str:
    return f'"{name}":'


def _as_text(cell: str) -> str:
    return f"CAST({cell} AS VARCHAR)"


def _number(cell: str) -> str:
    """
    A decimal without trailing zeros.

    >>> _number("x")
    "rtrim(rtrim(CAST(x AS VARCHAR), '0'), '.')"
    """
    return f"rtrim(rtrim(CAST({cell} AS VARCHAR), '0'), '.')"


_JSON: Mapping[ValueKind, Callable[[str], str]] = {
    ValueKind.TEXT: lambda cell: f"CAST(to_json({cell}) AS VARCHAR)",
    ValueKind.DECIMAL: _number,
    ValueKind.DATE: lambda cell: f"('\"' || CAST({cell} AS VARCHAR) || '\"')",
    ValueKind.TIMESTAMP: (
        lambda cell: f"('\"' || strftime(make_timestamp(epoch_us({cell})), '%Y-%m-%dT%H:%M:%S.%fZ') || '\"')"
    ),
}
