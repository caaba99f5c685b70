"""
The spool: one source's rows as NDJSON, as they are read, from which DuckDB makes the Parquet file.

Values that their column's type cannot hold are written as null and counted, never rounded.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from gateway.tables.columns import ColumnKind, FlatColumn

#: Decimals are DECIMAL(38,9): digits after the point, and before it.
DECIMALS = 9
_WHOLE_DIGITS = 29
_LARGEST = 2**63 - 1


class Spool:
    """Writes rows. `scales` are the fewest decimals seen in each decimal column."""

    def __init__(self, path: Path, columns: Sequence[FlatColumn]) -> None:
        self.rows = 0
        self.unfit: Counter[str] = Counter()
        self.scales: dict[str, int] = {}
        self._names = [column.name for column in columns]
        self._kinds = [column.kind for column in columns]
        self._encoder = msgspec.json.Encoder()
        self._file = path.open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, chunk: Sequence[Sequence[Any]]) -> None:
        """Write rows, given column by column."""
        cells = [self._cells(*column) for column in zip(self._names, self._kinds, chunk, strict=True)]
        rows = [dict(zip(self._names, row, strict=True)) for row in zip(*cells, strict=True)]
        self._file.write(self._encoder.encode_lines(rows))
        self.rows += len(rows)

    def write_rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows by column name. A column that a row lacks is null."""
        if rows:
            self.write([[row.get(name) for row in rows] for name in self._names])

    def _cells(self, name: str, kind: ColumnKind, values: Sequence[Any]) -> Sequence[Any]:
        write = _CELLS.get(kind)
        if write is None:
            return values
        cells = [None if value is None else write(value) for value in values]
        unfit = cells.count(None) - sum(value is None for value in values)
        if unfit:
            self.unfit[name] += unfit
        if kind is ColumnKind.DECIMAL:
            scale = min((_scale(cell) for cell in cells if cell is not None), default=DECIMALS)
            self.scales[name] = min(scale, self.scales.get(name, DECIMALS))
        return cells


def stamp(moment: datetime) -> str:
    """
    A moment as text, in UTC and always equally long, so that readers find one form in the whole column.

    >>> from datetime import UTC
    >>> stamp(datetime(2026, 11, 22, 10, 30, tzinfo=UTC))
    '2026-11-22T10:30:00.000000Z'
    """
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def decimal_text(value: Decimal) -> str | None:
    """
    A decimal as text with all its digits, None if DECIMAL(38,9) cannot hold it exactly.

    >>> decimal_text(Decimal("12.50")), decimal_text(Decimal("1E+3")), decimal_text(Decimal("0.0000000001"))
    ('12.50', '1000', None)
    >>> decimal_text(Decimal("1.0000000000")), decimal_text(Decimal("NaN")), decimal_text(Decimal(10) ** 29)
    ('1.000000000', None, None)
    """
    if not value.is_finite() or (value and value.adjusted() >= _WHOLE_DIGITS):
        return None
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    text = format(value, "f")
    if exponent >= -DECIMALS:
        return text
    excess = text[DECIMALS + exponent :] if exponent < -DECIMALS else ""
    return None if excess.strip("0") else text[: -len(excess)]


def _scale(text: str) -> int:
    return len(text.partition(".")[2])


def _integer(value: int) -> int | None:
    return value if -_LARGEST <= value <= _LARGEST else None


_CELLS: Mapping[ColumnKind, Callable[[Any], Any]] = {
    ColumnKind.INTEGER: _integer,
    ColumnKind.DECIMAL: decimal_text,
    ColumnKind.DATE: date.isoformat,
    ColumnKind.TIMESTAMP: stamp,
}
