"""A selection of a table's rows and columns, and its SQL over the snapshot's Parquet file."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from gateway.tables.columns import ColumnKind
from gateway.tables.duck import named, quoted
from gateway.tables.parquet import CHANGED


@dataclass(frozen=True, kw_only=True)
class RowSelection:
    """
    Columns with their kinds, in order. `sources` None means all; `changed_since` is inclusive. `switches` are the
    format's own. `scales` are the fewest decimals to write, by column and source.
    """

    columns: Mapping[str, ColumnKind]
    sources: tuple[str, ...] | None = None
    changed_since: datetime | None = None
    limit: int | None = None
    switches: frozenset[str] = frozenset()
    scales: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def digest(self, ending: str, origin: str) -> str:
        """A name for the file that this selection makes of the file `origin` of a version."""
        parts = (
            ending,
            origin,
            list(self.columns),
            self.sources,
            self.changed_since and self.changed_since.isoformat(),
            self.limit,
            sorted(self.switches),
        )
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:24]

    def is_whole(self, columns: Mapping[str, object]) -> bool:
        """True if it is all rows of all columns, as the version has them."""
        return (
            list(self.columns) == list(columns)
            and self.sources is None
            and self.changed_since is None
            and self.limit is None
        )

    def sql(self, path: Path) -> str:
        """The rows of a version's file, in its order."""
        return self.of(f"read_parquet({quoted(path)})")

    def of(self, relation: str) -> str:
        """The rows of a relation of SQL, in its order."""
        columns = ", ".join(map(named, self.columns))
        conditions: list[str] = []
        if self.sources is not None:
            conditions.append(f"source IN ({', '.join(map(quoted, self.sources))})")
        if self.changed_since is not None:
            conditions.append(f"{CHANGED} >= TIMESTAMPTZ {quoted(self.changed_since.isoformat())}")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        limit = f" LIMIT {self.limit}" if self.limit is not None else ""
        return f"SELECT {columns} FROM {relation}{where}{limit}"  # noqa: S608
