"""
Details: columns and relations that cost a call for each record. They are read for rows that are new or have changed
since the version before, as long as there is time; what is left over is read by the next fill.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from gateway.connector.records.record import Record
from gateway.errors import GatewayError, UpstreamError
from gateway.tables.columns import ColumnKind, FlatColumn
from gateway.tables.duck import connect, quoted
from gateway.tables.parquet import REUSED
from gateway.tables.reading import ValueReader
from gateway.tables.relation_rows import ReadRelation, RelationRows
from resolvers.context import RequestContext

#: Records whose details are read at the same time.
_AT_ONCE = 20

#: The file of a version that says which rows have their details: from which list row they were read.
DETAILS = "details"
DETAIL_COLUMNS = (
    *(
        FlatColumn(name=name, kind=ColumnKind.TEXT, description="")
        for name in ("id", "source", "native_id", "fingerprint")
    ),
    REUSED,
)


@dataclass
class ChunkDetails:
    """Details of some records: by record if they are those of the version before, fingerprints, values, rows."""

    reused: list[bool]
    fingerprints: list[str | None]
    values: dict[str, list[Any]]
    rows: dict[str, RelationRows] = field(default_factory=dict)


class DetailReader:
    """
    Reads the details of one source's records. `known` are the fingerprints of the rows whose details the version before
    has; `ends` is the moment, of the monotonic clock, after which no more are read. `unread` counts what is left over.
    """

    def __init__(
        self,
        columns: Sequence[FlatColumn],
        relations: Mapping[str, ReadRelation],
        known: Mapping[str, str],
        *,
        ends: float,
    ) -> None:
        self.unread = 0
        self.columns = columns
        self.relations = relations
        self._known = known
        self._ends = ends

    async def read(self, context: RequestContext, records: Sequence[Record]) -> ChunkDetails:
        """The details of these records, as far as they are known or there is time."""
        fingerprints = [fingerprint(record.row) for record in records]
        reused = [
            self._known.get(record.id) == digest for record, digest in zip(records, fingerprints, strict=True)
        ]
        details = ChunkDetails(
            reused=reused,
            fingerprints=[
                digest if is_reused else None for digest, is_reused in zip(fingerprints, reused, strict=True)
            ],
            values={column.name: [None] * len(records) for column in self.columns},
            rows={name: [] for name in self.relations},
        )
        due = [index for index, is_reused in enumerate(reused) if not is_reused]
        for start in range(0, len(due), _AT_ONCE):
            indices = due[start : start + _AT_ONCE]
            if time.monotonic() >= self._ends:
                break
            for index in await self._read(context, records, indices, details):
                details.fingerprints[index] = fingerprints[index]
        self.unread += details.fingerprints.count(None)
        return details

    async def _read(
        self,
        context: RequestContext,
        records: Sequence[Record],
        indices: Sequence[int],
        details: ChunkDetails,
    ) -> Sequence[int]:
        """Put the details of the records at `indices` into `details`, and give the indices of those that are whole."""
        batch = [records[index] for index in indices]
        columns = await ValueReader(context, self.columns, frozenset()).values(batch) if self.columns else []
        failed = {
            position for values in columns for position, value in enumerate(values) if self._is_failure(value)
        }
        whole = [position for position in range(len(batch)) if position not in failed]
        try:
            rows = {
                name: await read(context, [batch[position] for position in whole])
                for name, read in self.relations.items()
                if whole
            }
        except GatewayError as exc:
            self._is_failure(exc)
            return ()
        for name, relation_rows in rows.items():
            details.rows[name] += relation_rows
        for position in whole:
            for column, values in zip(self.columns, columns, strict=True):
                details.values[column.name][indices[position]] = values[position]
        return [indices[position] for position in whole]

    def _is_failure(self, value: Any) -> bool:
        if not isinstance(value, BaseException):
            return False
        if not isinstance(value, GatewayError):
            raise value
        if isinstance(value, UpstreamError) and value.retryable:
            # The source is down or refuses: the rest is left for the next fill.
            self._ends = 0.0
        return True


def fingerprint(row: Any) -> str:
    """
    A digest of a list's row.

    >>> fingerprint({"id": 1}) == fingerprint({"id": 1}), fingerprint({"id": 1}) == fingerprint({"id": 2})
    (True, False)
    """
    return hashlib.blake2b(msgspec.json.encode(row, order="deterministic"), digest_size=9).hexdigest()


def known_details(path: Path, source: str) -> Mapping[str, str]:
    """The fingerprints by id of a source's rows that have their details, from the file at `path`."""
    if not path.is_file():
        return {}
    with connect(path.parent.parent) as connection:
        rows = connection.execute(
            f"SELECT id, fingerprint FROM {quoted(path)} WHERE source = {quoted(source)}"  # noqa: S608
        ).fetchall()
    return dict(rows)
