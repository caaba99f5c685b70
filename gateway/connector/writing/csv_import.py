"""Reads a CSV file of assets into inputs, for sources that have no import of their own."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.connector.description.field_names import folded
from gateway.connector.writing.request_body import InputRefused, UserFault
from gateway.connector.writing.uploads import UploadedFile

#: A file has no more rows than this, whoever imports it.
MOST_ROWS = 5000
_FILE = ("file",)
#: Columns by another name than the input's field: those that Tether's files have.
_ALSO = {"serial": "serialNumber", "warrantyexpiry": "warrantyEndDate", "warrantyend": "warrantyEndDate"}


@dataclass(frozen=True)
class CsvRow:
    """
    A row of the file: its number, where the line with the names is 1, and its cells by column.

    With `surplus`, it has more cells than there are columns: a comma too many may have shifted them.
    """

    number: int
    cells: Mapping[str, str]
    surplus: bool = False


def read_rows(file: UploadedFile) -> list[list[str]]:
    """The file's records. Raises Refused where it is no CSV file in UTF-8, or too long."""
    try:
        text = file.content.decode("utf-8-sig")
        found = list(_bounded(csv.reader(io.StringIO(text, newline=""), strict=True)))
    except UnicodeDecodeError:
        raise InputRefused(UserFault("INVALID", "The file is not text in UTF-8.", _FILE)) from None
    except csv.Error:
        raise InputRefused(
            UserFault("INVALID", "The file is not CSV: its quotes do not match.", _FILE)
        ) from None
    if len(found) < 2:
        told = "The file has no rows: its first line names the columns, each further one is an asset."
        raise InputRefused(UserFault("INVALID", told, _FILE))
    return found


def _bounded(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    for number, record in enumerate(reader):
        if number > MOST_ROWS:
            told = f"The file has more than {MOST_ROWS} rows: send it in parts."
            raise InputRefused(UserFault("INVALID", told, _FILE))
        yield record


def parse_rows(csv_rows: Sequence[Sequence[str]], fields: Sequence[str]) -> list[CsvRow]:
    """
    The rows with cells by our input's field. Empty cells are left out, so that they change nothing.

    Raises Refused where a column is none of `fields`, or stands there twice.
    """
    by_name = {folded(name): name for name in fields}
    by_name |= {name: ours for name, ours in _ALSO.items() if ours in fields}
    columns: list[str] = []
    for title in csv_rows[0]:
        ours = by_name.get(folded(title))
        if ours is None or ours in columns:
            wrong = "stands there twice" if ours is not None else "has no place in this source"
            told = f"The column {title.strip()[:40]!r} {wrong}: it takes {', '.join(sorted(fields))}."
            raise InputRefused(UserFault("INVALID", told, _FILE))
        columns.append(ours)
    lines: list[CsvRow] = []
    for number, record in enumerate(csv_rows[1:], 2):
        cells = {name: cell.strip() for name, cell in zip(columns, record, strict=False) if cell.strip()}
        surplus = any(cell.strip() for cell in record[len(columns) :])
        if cells or surplus:
            lines.append(CsvRow(number, cells, surplus))
    return lines


def shown_row(error: Any) -> str:
    r"""
    What a vendor says of a row, as it may be shown: short, and on one line.

    >>> shown_row("Invalid status\n 'in use'")
    "Invalid status 'in use'"
    """
    told = " ".join(str(error).split())
    return told if len(told) <= 200 else f"{told[:200]}…"
