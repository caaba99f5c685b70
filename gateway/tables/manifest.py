"""
The manifest of the kept snapshots: one file that names each table's newest version, and the state of each source in it.

Whatever the manifest does not name does not exist: a file becomes part of the snapshots by the manifest's replacement.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

FORMAT = 1


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A source's failure, as it may be shown: without credential and vendor body."""

    code: str
    message: str
    vendor: str
    retryable: bool = False
    retry_after: float | None = None


class SourcePart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    One source's rows in a table. `read_at` is the moment they were read, None if they could never be read whole;
    `tried_at` the last attempt, which ended with `fault`, if any. If only values of some columns are missing, these are
    `lacking`.

    `not_read` are columns that cost a call for each record and stand empty; `unfit` counts by column the values that
    its type cannot hold; `scales` are the fewest decimals that the source writes in each decimal column.

    Of the tables that are read along, `relations` are the faults, and `unread` those that were not read for every
    record.
    """

    rows: int
    read_at: datetime | None
    tried_at: datetime
    fault: Fault | None = None
    lacking: tuple[str, ...] = ()
    not_read: tuple[str, ...] = ()
    unfit: Mapping[str, int] = {}
    scales: Mapping[str, int] = {}
    relations: Mapping[str, Fault] = {}
    unread: tuple[str, ...] = ()

    @property
    def is_stale(self) -> bool:
        """True if the last attempt failed, and the rows of the one before it stand in."""
        return self.fault is not None and self.read_at is not None

    @property
    def is_missing(self) -> bool:
        """True if rows are missing, with no earlier ones to stand in."""
        return self.read_at is None


class TableSnapshot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One version of a table: `DIR/<version>/<table>.parquet`. `columns` are their kinds by name, in order."""

    version: str
    rows: int
    bytes: int
    sha256: str
    filled_at: datetime
    seconds: float
    columns: Mapping[str, str]
    sources: Mapping[str, SourcePart] = {}

    def oldest(self, sources: Mapping[str, object]) -> datetime:
        """When the oldest part was read, of the sources that are asked for."""
        moments = [part.read_at for name, part in self.sources.items() if name in sources and part.read_at]
        return min(moments, default=self.filled_at)


class Replacement(msgspec.Struct, frozen=True, kw_only=True):
    """A version that a newer one has replaced. It stays for readers that have begun on it."""

    table: str
    snapshot: TableSnapshot
    replaced_at: datetime


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """
    All snapshots of one configuration. `fingerprint` is a digest of its sources and accounts: another configuration
    does not read them.
    """

    fingerprint: str
    tables: Mapping[str, TableSnapshot] = {}
    replaced: tuple[Replacement, ...] = ()
    format: int = FORMAT


def encode(manifest: Manifest) -> bytes:
    """The manifest as JSON, indented for people."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def decode(content: bytes, fingerprint: str) -> Manifest:
    """The manifest of this configuration. Raises ValueError if the content is another's, or no manifest."""
    manifest = msgspec.json.decode(content, type=Manifest)  # ValidationError is a ValueError
    if manifest.format != FORMAT or manifest.fingerprint != fingerprint:
        raise ValueError("it belongs to another configuration or release")
    return manifest


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)
