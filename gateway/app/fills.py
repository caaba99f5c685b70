"""Fills of the kept tables, over shared connections or their own."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from gateway import vendors
from gateway.app.sources import open_each_source
from gateway.connector.fetching.source import Source
from gateway.coordination.write_coordination import WriteCoordination
from gateway.identity import Decisions
from gateway.settings import Settings
from gateway.tables.derivation import tables
from gateway.tables.fillers import Filler, FillerProcess, FillerTask
from gateway.tables.reference_cache import ReferenceCache
from gateway.tables.requests import FillRequests
from gateway.tables.run import FillRun
from gateway.tables.setup import SnapshotFolder, fill_contexts, freshness_policy, shared_out
from gateway.tables.store import SnapshotStore
from gateway.upstream.dispatch.budget import Priority
from gateway.upstream.transport.choose import make_transport
from gateway.upstream.upstreams import UpstreamFactory
from schema.build import build_schema


def fill_run(
    settings: Settings,
    store: SnapshotStore,
    sources: Mapping[str, Source],
    decisions: Callable[[], Decisions],
    *,
    priority: Priority = Priority.EXPORT,
) -> FillRun:
    """A fill of these snapshots from these sources, which others may share, by the operator's `decisions`."""
    return FillRun(
        store=store,
        tables=tables(build_schema(vendors.load().values())._schema),  # noqa: SLF001
        sources=sources,
        open_context=fill_contexts(settings, sources, priority),
        policy=freshness_policy(settings.tables, FillRequests(store.folder)),
        decisions=decisions,
        detail_seconds=settings.tables.refresh_minutes * 60 if settings.tables.details else None,
    )


def filler_maker(
    settings: Settings,
    sources: Mapping[str, Source],
    decisions: Callable[[], Decisions],
    *,
    undivided: Settings | None,
) -> Callable[[SnapshotStore], Filler]:
    """
    Maker of what fills the snapshots of a store: a process of its own with the settings `undivided`, which are those of
    all workers together, or without these a task over the same connections.
    """

    def make_filler(store: SnapshotStore) -> Filler:
        if undivided is None:
            return FillerTask(fill_run(settings, store, sources, decisions))
        return FillerProcess(undivided, store.folder, decisions)

    return make_filler


@asynccontextmanager
async def opened_fill(
    settings: Settings, decisions: Callable[[], Decisions], folder: Path | None = None
) -> AsyncIterator[FillRun]:
    """
    A fill over connections of its own, with its share of each source's rate, of the snapshots in `folder`; without that
    of those of the settings.
    """
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
            yield fill_run(settings, store, sources, decisions, priority=Priority.INTERACTIVE)
        finally:
            snapshots.close()
    finally:
        await upstreams.close()
