"""Tables as CSV: RFC 4180, UTF-8, a header row, safe to open in a spreadsheet."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from gateway.edge.tables.columns import Column, Kind
from gateway.edge.tables.format import Format, stamp
from gateway.edge.tables.reading import Chunk

_QUOTED = re.compile(r'[",\r\n]|^ | $')
# Numbers and telephone numbers begin with + and - too, and do nothing.
_FORMULA = re.compile(r"[=@\t\r\n]|[+-](?![\d ().,/-]*\Z)")


async def _write(
    columns: Sequence[Column], chunks: AsyncIterator[Chunk], switches: AbstractSet[str]
) -> AsyncIterator[bytes]:
    cells = dict(_CELLS)
    if "exact" in switches:
        cells[Kind.TEXT] = _text
    written = [cells[column.kind] for column in columns]
    start = "\N{BYTE ORDER MARK}" if "bom" in switches else ""
    yield (start + ",".join(column.name for column in columns) + "\r\n").encode()
    async for chunk in chunks:
        texts = [
            ["" if value is None else cell(value) for value in values]
            for cell, values in zip(written, chunk, strict=True)
        ]
        yield "".join(",".join(row) + "\r\n" for row in zip(*texts, strict=True)).encode("utf-8", "replace")


def _text(value: str) -> str:
    """
    A cell. Empty text is written in quotes: without them it is no value.

    >>> _text('15" screen'), _text(""), _text("plain")
    ('"15"" screen"', '""', 'plain')
    """
    if value == "" or _QUOTED.search(value):
        return '"' + value.replace('"', '""') + '"'
    return value


def _harmless(value: str) -> str:
    """
    A cell that a spreadsheet does not take for a formula: an apostrophe goes before.

    >>> _harmless("=1+1"), _harmless("+32 2 555 01 23"), _harmless("-spare"), _harmless("-5")
    ("'=1+1", '+32 2 555 01 23', "'-spare", '-5')
    """
    return _text(f"'{value}" if _FORMULA.match(value) else value)


_CELLS: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TEXT: _harmless,
    Kind.INTEGER: str,
    Kind.DECIMAL: lambda value: format(value, "f"),
    Kind.BOOLEAN: lambda value: "true" if value else "false",
    Kind.DATE: lambda value: str(value.isoformat()),
    Kind.TIMESTAMP: stamp,
}

CSV = Format(
    media_type="text/csv; charset=utf-8; header=present",
    write=_write,
    switches=frozenset({"bom", "exact"}),
)
