"""
How answers are written as JSON, and what has been written of kept answers already.

A list that is kept is asked for again and again, mostly in the same words. From the second time on its rows' objects
are kept as they are written.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter, is_
from typing import Any

import msgspec

from gateway.connector.record import Record
from gateway.connector.rows import Sheet
from gateway.engine.plan import Selection

#: Decimals are written as numbers, digit for digit.
ENCODER = msgspec.json.Encoder(decimal_format="number")

#: For so many selections the objects of an answer's rows are kept.
_SELECTIONS = 4
_SHEET, _LOADED = attrgetter("sheet"), attrgetter("loaded")


@dataclass
class _Written:
    """The objects of a sheet's rows for one selection, by id, made with these tables; none before the second time."""

    selection: Selection
    tables: Sequence[Any]
    rows: dict[str, msgspec.Raw] | None = None


def kept_sheet(records: Sequence[Record]) -> Sheet | None:
    """The kept sheet that all of these records are rows of, and no more than that."""
    sheet = records[0].sheet
    if sheet is None or not sheet.kept or any(map(_LOADED, records)) or len(set(map(_SHEET, records))) > 1:
        return None
    return sheet if len(sheet.places) == len(sheet.rows) else None


def written(
    sheet: Sheet,
    selection: Selection,
    tables: Sequence[Any],
    *,
    records: Sequence[Record],
    make: Callable[[Sequence[Record]], list[Any]],
) -> list[Any]:
    """The objects that `make` makes of records of a sheet; already written, where these were made before."""
    known = _known(sheet, selection, tables)
    if known is None:
        return make(records)
    missing = [record for record in records if record.native_id not in known]
    if missing:
        for record, made in zip(missing, make(missing), strict=True):
            known[record.native_id] = msgspec.Raw(ENCODER.encode(made))
    return [known[record.native_id] for record in records]


def _known(sheet: Sheet, selection: Selection, tables: Sequence[Any]) -> dict[str, msgspec.Raw] | None:
    """What is kept for the selection. The first time nothing is: it may be the only one."""
    for one in sheet.written:
        if one.selection is selection and all(map(is_, one.tables, tables)):
            rows: dict[str, msgspec.Raw] = {} if one.rows is None else one.rows
            one.rows = rows
            return rows
    if len(sheet.written) >= _SELECTIONS:
        sheet.written.pop(0)
    sheet.written.append(_Written(selection, tables))
    return None
