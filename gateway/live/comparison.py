"""Comparison of rows before and after: the changes that they are, with the records that filters are decided on."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from gateway.connector.fetching.session import Session
from gateway.connector.lists.filtering import visible_records
from gateway.connector.records.record import Record
from gateway.errors import GatewayError
from gateway.live.field_changes import field_changes, needed_tables
from gateway.live.snapshot import decode_row
from resolvers.asset_changes import ASSET, RecordChange


class RowPair(NamedTuple):
    """An asset's row before and after, as JSON; None where there is none. `loaded` are the details in the latter."""

    native_id: str
    before: bytes | None
    after: bytes | None
    loaded: frozenset[str] = frozenset()


class ComparedChange(NamedTuple):
    """A change, and the asset before and after it."""

    change: RecordChange
    before: Record | None
    after: Record | None


class RowComparison(NamedTuple):
    """The changes of rows as one session's source shows them. `error`: that of assets that may be hidden, or not."""

    session: Session
    changes: Sequence[ComparedChange]
    error: GatewayError | None


async def compare(session: Session, pairs: Sequence[RowPair], seen_at: datetime) -> RowComparison:
    """
    The changes among the pairs. Rows that differ in nothing that the source shows are none; an asset that row rules
    hide is not there.
    """
    resource = session.source.resources[ASSET]
    await session.read_tables(needed_tables(resource))
    befores = [
        None if pair.before is None else session.record(resource, decode_row(pair.before)) for pair in pairs
    ]
    rows = [None if pair.after is None else decode_row(pair.after) for pair in pairs]
    afters = [
        session.record(resource, row, loaded=pair.loaded) for pair, row in zip(pairs, rows, strict=True)
    ]
    error: GatewayError | None = None
    changes: list[ComparedChange] = []
    shown = zip(
        await visible_records(session, resource, befores),
        await visible_records(session, resource, afters),
        strict=True,
    )
    for pair, row, (before, after) in zip(pairs, rows, shown, strict=True):
        await session.time_slice.pause()
        if isinstance(before, GatewayError):
            error = before
            continue
        if isinstance(after, GatewayError):
            error = after
            continue
        fields = field_changes(before, after) if before is not None and after is not None else ()
        if (before is None) is (after is None) and not fields:
            continue
        change = RecordChange(
            kind="CREATED" if before is None else "DELETED" if after is None else "UPDATED",
            source=session.source,
            seen_at=seen_at,
            native_id=pair.native_id,
            row=None if after is None else row,
            loaded=pair.loaded,
            fields=fields,
        )
        changes.append(ComparedChange(change, before, after))
    return RowComparison(session, changes, error)
