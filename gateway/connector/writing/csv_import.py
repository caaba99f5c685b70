"""CSV import: a file of assets parsed into inputs, for sources that have no import of their own."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.connector.description.field_names import normalize_name
from gateway.connector.writing.request_body import InputRefused, UserFault
from gateway.connector.writing.uploads import UploadedFile

#: Bound on the rows of a file, also for sources with an import of their own.
MAX_ROWS = 5000
_FILE = ("file",)
#: Column names of Tether's files that differ from the input's field names.
_COLUMN_ALIASES = {
    "serial": "serialNumber",
    "warrantyexpiry": "warrantyEndDate",
    "warrantyend": "warrantyEndDate",
}


@dataclass(frozen=True)
class CsvRow:
    """
    A row of the file: its number, counted from the header row as 1, and its cells by field name.

    With `surplus`, it has more cells than there are columns: a surplus comma may have shifted them.
    """

    number: int
    cells: Mapping[str, str]
    surplus: bool = False


def read_rows(file: UploadedFile) -> list[list[str]]:
    """The file's rows, header first. Raises InputRefused if it is no CSV file in UTF-8, or too long."""
    try:
        text = file.content.decode("utf-8-sig")
        rows = list(_limit_rows(csv.reader(io.StringIO(text, newline=""), strict=True)))
    except UnicodeDecodeError:
        raise InputRefused(UserFault("INVALID", "The file is not text in UTF-8.", _FILE)) from None
    except csv.Error:
        raise InputRefused(
            UserFault("INVALID", "The file is not CSV: its quotes do not match.", _FILE)
        ) from None
    if len(rows) < 2:
        message = "The file has no rows: its first line names the columns, each further one is an asset."
        raise InputRefused(UserFault("INVALID", message, _FILE))
    return rows


def _limit_rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    for number, record in enumerate(reader):
        if number > MAX_ROWS:
            message = f"The file has more than {MAX_ROWS} rows: send it in parts."
            raise InputRefused(UserFault("INVALID", message, _FILE))
        yield record


def parse_rows(csv_rows: Sequence[Sequence[str]], fields: Sequence[str]) -> list[CsvRow]:
    """
    The rows with their cells by the input's field names. Empty cells are left out, so that they change nothing.

    Raises InputRefused if a column is none of `fields`, or occurs twice.
    """
    by_name = {normalize_name(name): name for name in fields}
    by_name |= {name: field for name, field in _COLUMN_ALIASES.items() if field in fields}
    columns: list[str] = []
    for title in csv_rows[0]:
        field = by_name.get(normalize_name(title))
        if field is None or field in columns:
            problem = "stands there twice" if field is not None else "has no place in this source"
            message = f"The column {title.strip()[:40]!r} {problem}: it takes {', '.join(sorted(fields))}."
            raise InputRefused(UserFault("INVALID", message, _FILE))
        columns.append(field)
    rows: list[CsvRow] = []
    for number, record in enumerate(csv_rows[1:], 2):
        cells = {name: cell.strip() for name, cell in zip(columns, record, strict=False) if cell.strip()}
        surplus = any(cell.strip() for cell in record[len(columns) :])
        if cells or surplus:
            rows.append(CsvRow(number, cells, surplus))
    return rows


def short_message(error: Any) -> str:
    r"""
    A vendor's message about a row, fit to be shown: at most 200 characters on a single line.

    >>> short_message("Invalid status\n 'in use'")
    "Invalid status 'in use'"
    """
    message = " ".join(str(error).split())
    return message if len(message) <= 200 else f"{message[:200]}…"
