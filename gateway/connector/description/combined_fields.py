"""Fields that are made of other fields, read column by column."""

from collections.abc import Sequence
from typing import Any

from gateway.connector.description.fields import text
from gateway.connector.description.resource import Field
from gateway.connector.description.row_types import ReferenceTables, Row


def when(condition: Field, value: Any, *, otherwise: Field) -> Field:
    """
    Field with this value in the rows of which a condition is true, and with another field's in all others. Only one of
    the two may have a detail.

    >>> from gateway.connector.description.fields import flag
    >>> status = when(flag("inactive"), "RETIRED", otherwise=text("status"))
    >>> status.read({"inactive": True, "status": "Live"}, {}), status.read({"inactive": 0, "status": "Live"}, {})
    ('RETIRED', 'Live')
    """

    def read(row: Row, tables: ReferenceTables) -> Any:
        return value if condition.read(row, tables) else otherwise.read(row, tables)

    def read_column(rows: Sequence[Row], tables: ReferenceTables) -> list[Any]:
        pairs = zip(condition.values(rows, tables), otherwise.values(rows, tables), strict=True)
        return [value if is_true else other for is_true, other in pairs]

    reads = (condition.reads, otherwise.reads)
    return Field(
        read=read,
        read_column=read_column,
        keys=tuple(dict.fromkeys((*condition.keys, *otherwise.keys))),
        refs=(*condition.refs, *otherwise.refs),
        detail=condition.detail or otherwise.detail,
        columns=None if reads[0] is None or reads[1] is None else {**reads[0], **reads[1]},
    )


def joined(*paths: str) -> Field:
    """
    Field of the texts at these paths with a blank between them, null if there is none.

    >>> name = joined("first_name", "last_name")
    >>> name.read({"first_name": "Ada", "last_name": "Lovelace"}, {}), name.read({"last_name": "Turing"}, {})
    ('Ada Lovelace', 'Turing')
    """
    parts = [text(path) for path in paths]

    def read_column(rows: Sequence[Row], tables: ReferenceTables) -> list[Any]:
        columns = [part.values(rows, tables) for part in parts]
        return [" ".join(filter(None, texts)) or None for texts in zip(*columns, strict=True)]

    keys = tuple(dict.fromkeys(key for part in parts for key in part.keys))
    return Field(read=lambda row, tables: read_column((row,), tables)[0], read_column=read_column, keys=keys)
