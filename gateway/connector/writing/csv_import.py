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
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_HEAD_BYTES = 1000
_SAVE_AS = 'save it as "CSV UTF-8 (comma delimited)"'
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
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
    text = _decode(file.content)
    try:
        rows = list(_limit_rows(csv.reader(io.StringIO(text, newline=""), strict=True)))
    except csv.Error:
        raise _refused("The file is not CSV: its quotes do not match.") from None
    if len(rows) < 2:
        raise _refused(
            "The file has no rows: its first line names the columns, each further one is an asset."
        )
    _check_separator(rows[0])
    return rows


def _refused(message: str) -> InputRefused:
    return InputRefused(UserFault("INVALID", message, _FILE))


def _decode(content: bytes) -> str:
    """The text of a file in UTF-8, with or without a byte order mark. Raises InputRefused for other encodings."""
    if content.startswith(_UTF16_MARKS) or b"\0" in content[:_HEAD_BYTES]:
        raise _refused(f"The file is in UTF-16, not in UTF-8: {_SAVE_AS}.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise _refused(
            f"The file is not in UTF-8: line {line} has a character of another encoding, such as Windows' (cp1252): "
            f"{_SAVE_AS}."
        ) from None


def _check_separator(header: Sequence[str]) -> None:
    """Raise InputRefused if the columns are separated by anything but commas, as in many countries' spreadsheets."""
    line = ",".join(header)
    if line.strip().lower().startswith("sep="):
        raise _refused(
            "The first line is a spreadsheet's `sep=`: remove it, and separate the columns with commas."
        )
    if len(header) > 1:
        return
    name = next((name for character, name in _SEPARATORS.items() if character in line), None)
    if name is not None:
        raise _refused(
            f"The columns are separated by {name}: separate them with commas, and numbers' decimals with a point."
        )


def _limit_rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    for number, record in enumerate(reader):
        if number > MAX_ROWS:
            raise _refused(f"The file has more than {MAX_ROWS} rows: send it in parts.")
        yield record


def parse_rows(csv_rows: Sequence[Sequence[str]], fields: Sequence[str]) -> list[CsvRow]:
    """
    The rows with their cells by the input's field names. Empty cells are left out, so that they change nothing.

    Raises InputRefused if a column is none of `fields`, or occurs twice.
    """
    by_name = {normalize_name(name): name for name in fields}
    by_name |= {name: field for name, field in _COLUMN_ALIASES.items() if field in fields}
    columns: list[str] = []
    for number, title in enumerate(csv_rows[0], 1):
        if not title.strip():
            raise _refused(
                f"Column {number} ({_letters(number)}) has no title: give it one, or remove it. It takes "
                f"{', '.join(sorted(fields))}."
            )
        field = by_name.get(normalize_name(title))
        if field is None or field in columns:
            problem = "stands there twice" if field is not None else "has no place in this source"
            raise _refused(
                f"The column {title.strip()[:40]!r} {problem}: it takes {', '.join(sorted(fields))}."
            )
        columns.append(field)
    rows: list[CsvRow] = []
    for number, record in enumerate(csv_rows[1:], 2):
        cells = {name: cell.strip() for name, cell in zip(columns, record, strict=False) if cell.strip()}
        surplus = any(cell.strip() for cell in record[len(columns) :])
        if cells or surplus:
            rows.append(CsvRow(number, cells, surplus))
    return rows


def _letters(number: int) -> str:
    """
    A column's letters in a spreadsheet.

    >>> _letters(1), _letters(26), _letters(27)
    ('A', 'Z', 'AA')
    """
    letters = ""
    while number:
        number, index = divmod(number - 1, 26)
        letters = chr(ord("A") + index) + letters
    return letters


def short_message(error: Any) -> str:
    r"""
    A vendor's message about a row, fit to be shown: at most 200 characters on a single line.

    >>> short_message("Invalid status\n 'in use'")
    "Invalid status 'in use'"
    """
    message = " ".join(str(error).split())
    return message if len(message) <= 200 else f"{message[:200]}…"
