"""Fills of the kept tables, over shared connections or their own."""

# ruff: noqa: PLC0415 (a server fills in a process of its own, and loads nothing for it)

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gateway import vendors
from gateway.app.sources import open_each_source
from gateway.coordination.write_coordination import WriteCoordination
from gateway.identity import Decisions
from gateway.settings import Settings
from gateway.tables.derivation import tables
from gateway.tables.fillers import Filler, FillerProcess, FillerTask
from gateway.tables.requests import FillRequests
from gateway.tables.setup import SnapshotFolder, fill_contexts, freshness_policy, shared_out
from gateway.tables.store import SnapshotStore
from gateway.upstream.dispatch.budget import Priority
from gateway.upstream.transport.choose import make_transport
from gateway.upstream.upstreams import UpstreamFactory
from schema.build import build_schema

if TYPE_CHECKING:
    from gateway.tables.run import FillRun


def fill_run(
    settings: Settings,
    store: SnapshotStore,
    snapshots: SnapshotFolder,
    decisions: Callable[[], Decisions],
    *,
    priority: Priority = Priority.EXPORT,
) -> "FillRun":
    """
    A fill of the snapshots in `store` from the sources of `snapshots`, which others may share, by the operator's
    `decisions`.
    """
    from gateway.tables.history.keeper import HistoryKeeper
    from gateway.tables.run import FillRun

    sources = snapshots.sources
    days = snapshots.history(store)
    return FillRun(
        store=store,
        tables=tables(build_schema(vendors.load().values())._schema),  # noqa: SLF001
        sources=sources,
        open_context=fill_contexts(settings, sources, priority),
        policy=freshness_policy(settings.tables, FillRequests(store.folder)),
        decisions=decisions,
        history=HistoryKeeper(store, days, max_bytes=settings.tables.history_bytes) if days else None,
        detail_seconds=settings.tables.refresh_minutes * 60 if settings.tables.details else None,
    )


def filler_maker(
    settings: Settings,
    snapshots: SnapshotFolder,
    decisions: Callable[[], Decisions],
    *,
    undivided: Settings | None,
) -> Callable[[SnapshotStore], Filler]:
    """
    Maker of what fills `snapshots` in a store: a process of its own with the settings `undivided`, which are those of
    all workers together, or without these a task over the same connections.
    """

    def make_filler(store: SnapshotStore) -> Filler:
        if undivided is None:
            return FillerTask(fill_run(settings, store, snapshots, decisions))
        return FillerProcess(undivided, store.folder, decisions)

    return make_filler


@asynccontextmanager
async def opened_fill(
    settings: Settings, decisions: Callable[[], Decisions], folder: Path | None = None
) -> "AsyncIterator[FillRun]":
    """
    A fill over connections of its own, with its share of each source's rate, of the snapshots in `folder`; without that
    of those of the settings.
    """
    from gateway.tables.reference_cache import ReferenceCache

    upstreams = UpstreamFactory(
        make_transport(settings.upstream.transport),
        ReferenceCache(),
        max_bytes=settings.upstream.answer_bytes,
    )
    try:
        sources = open_each_source(shared_out(settings), upstreams, WriteCoordination()).all_or_raise()
        snapshots = SnapshotFolder(settings=settings.tables, sources=sources)
        store = snapshots.store() if folder is None else snapshots.store_at(folder)
        try:
            yield fill_run(settings, store, snapshots, decisions, priority=Priority.INTERACTIVE)
        finally:
            snapshots.close()
    finally:
        await upstreams.close()
