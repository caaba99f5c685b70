"""
SQL that writes rows as text, a line each: CSV (RFC 4180, UTF-8, a header row, safe to open in a spreadsheet) and NDJSON
(one object a line, every column in each, decimals as numbers).

Moments are in UTC and always equally long. Decimals have at least as many digits after the point as their source writes
at least in the column, and never more than the value needs beyond that.
"""

from collections.abc import Callable, Mapping

from gateway.tables.columns import ColumnKind
from gateway.tables.duck import named, quoted
from gateway.tables.selection import RowSelection

# Numbers and telephone numbers begin with + and - too, and do nothing.
_NUMBER = r"[+-][\p{Nd} ().,/-]*"
_STARTS = "'=', '@', '+', '-', chr(9), chr(10), chr(13), '\uff1d', '\uff20', '\uff0b', '\uff0d'"
# Other separators than the comma make cells of parts of a text: a part begins as a formula, and is no number. Then our
# quotes are within cells, and so are no quotes: a line break ends the row, and a quote may stand before the sign.
_UNUSUAL = '[",;\t\r\n]|^$|^[ =@+\uff1d\uff20\uff0b\uff0d-]| $'
_SEPARATOR = "[;\t\r\n]"
_INNER = '([;\t\r\n][ "]*)([=@\uff1d\uff20\uff0b\uff0d]|[+-][\\p{Nd} ().,/-]*[^;\t\\p{Nd} ().,/-])'


def csv_sql(selection: RowSelection, rows: str) -> str:
    """The file's lines as blobs: the header, then the rows of the query `rows`."""
    text = _quoted if "exact" in selection.switches else _harmless
    start = "\N{BYTE ORDER MARK}" if "bom" in selection.switches else ""
    header = start + ",".join(selection.columns) + "\r\n"
    cells = ", ".join(
        f"coalesce({text(named(name)) if kind is ColumnKind.TEXT else named(name)}, '')"
        for name, kind in selection.columns.items()
    )
    return (
        f"SELECT encode({quoted(header)}) UNION ALL "  # noqa: S608
        f"SELECT encode(concat(concat_ws(',', {cells}), chr(13), chr(10))) FROM ({_texts(selection, rows)})"
    )


def ndjson_sql(selection: RowSelection, rows: str) -> str:
    """The file's lines as blobs, of the rows of the query `rows`."""
    fields = [
        f"{quoted(_key(name))}, coalesce({_JSON.get(kind, _number)(named(name))}, 'null')"
        for name, kind in selection.columns.items()
    ]
    line = ", ',', ".join(fields)
    return f"SELECT encode(concat('{{', {line}, '}}', chr(10))) FROM ({_texts(selection, rows)})"  # noqa: S608


def _texts(selection: RowSelection, rows: str) -> str:
    """The rows with every value as text, not yet quoted."""
    columns = [
        f"{_decimal(name, selection.scales.get(name, {})) if kind is ColumnKind.DECIMAL else _TEXTS[kind](named(name))}"
        f" AS {named(name)}"
        for name, kind in selection.columns.items()
    ]
    return f"SELECT {', '.join(columns)} FROM ({rows})"  # noqa: S608


def _quoted(cell: str) -> str:
    """A cell. Empty text is written in quotes: without them it is no value."""
    needs = " OR ".join(
        [
            f"{cell} = ''",
            *(f"contains({cell}, {character})" for character in ("'\"'", "','", "chr(10)", "chr(13)")),
            f"starts_with({cell}, ' ')",
            f"ends_with({cell}, ' ')",
        ]
    )
    return f"CASE WHEN {needs} THEN '\"' || replace({cell}, '\"', '\"\"') || '\"' ELSE {cell} END"


def _harmless(cell: str) -> str:
    """A cell of which a spreadsheet takes no part for a formula: an apostrophe goes before."""
    inner = (
        f"CASE WHEN regexp_matches({cell}, {quoted(_SEPARATOR)}) "
        f"THEN regexp_replace({cell}, {quoted(_INNER)}, '\\1''\\2', 'g') ELSE {cell} END"
    )
    safe = (
        f"CASE WHEN {cell}[1] IN ({_STARTS}) AND NOT regexp_full_match({cell}, {quoted(_NUMBER)}) "
        f"THEN '''' || {inner} ELSE {inner} END"
    )
    careful = f"list_transform([{safe}], lambda safe: {_quoted('safe')})[1]"
    # Most texts need none of this.
    return f"CASE WHEN regexp_matches({cell}, {quoted(_UNUSUAL)}) THEN {careful} ELSE {cell} END"


def _decimal(name: str, scales: Mapping[str, int]) -> str:
    cases = " ".join(f"WHEN {quoted(source)} THEN {scale}" for source, scale in scales.items() if scale)
    scale = f"(CASE source {cases} ELSE 0 END)" if cases else "0"
    text = f"CAST({named(name)} AS VARCHAR)"
    short = f"rtrim({text}, '0')"
    return (
        f"rtrim(rpad({short}, greatest(length({short}), strpos({text}, '.') + {scale})::INTEGER, '0'), '.')"
    )


def _key(name: str) -> str:
    return f'"{name}":'


def _number(cell: str) -> str:
    return cell


def _cast(cell: str) -> str:
    return f"CAST({cell} AS VARCHAR)"


def _moment(cell: str) -> str:
    return f"strftime(make_timestamp(epoch_us({cell})), '%Y-%m-%dT%H:%M:%S.%fZ')"


_TEXTS: Mapping[ColumnKind, Callable[[str], str]] = {
    ColumnKind.TEXT: _number,
    ColumnKind.INTEGER: _cast,
    ColumnKind.BOOLEAN: _cast,
    ColumnKind.DATE: _cast,
    ColumnKind.TIMESTAMP: _moment,
}
_JSON: Mapping[ColumnKind, Callable[[str], str]] = {
    ColumnKind.TEXT: lambda cell: f"CAST(to_json({cell}) AS VARCHAR)",
    ColumnKind.DATE: lambda cell: f"'\"' || {cell} || '\"'",
    ColumnKind.TIMESTAMP: lambda cell: f"'\"' || {cell} || '\"'",
}
