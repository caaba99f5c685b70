"""Wiring of the snapshots: their folder, and the parts of a fill, for the server and for the process that fills."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.connector.fetching.source import Source
from gateway.settings import Settings, TableSettings
from gateway.tables.freshness import FreshnessPolicy
from gateway.tables.history.days import HistoryDays
from gateway.tables.lock import FolderLock
from gateway.tables.requests import FillRequests
from gateway.tables.store import FILL_LOCK, OWNER_LOCK, SnapshotStore, fingerprint
from gateway.upstream.dispatch.budget import Priority
from resolvers.context import RequestContext

if TYPE_CHECKING:
    from gateway.tables.stretches import OpenContext

_OWNER_SECONDS = 1.0
#: Calls under way at once at one source, of a fill.
_CONCURRENCY = 2
_STRETCH_SECONDS = 3600.0
_UNLIMITED = 2**31 - 1
_LOOK_SECONDS = 1.0
_LEAST_SHARE = 0.1
_log = logging.getLogger("gateway.tables")


@dataclass(kw_only=True)
class SnapshotFolder:
    """
    The folder that holds the snapshots of one configuration, opened when it is first used: the one of the settings, of
    the workers on this machine, or a private one that `private` gives.

    Two gateways with different sources on one folder: the second one takes a folder of its own below it.
    """

    settings: TableSettings
    sources: Mapping[str, Source]
    shared: Path | None = None
    private: Callable[[], Path] | None = None
    _owner: FolderLock | None = None
    _opened: Path | None = None

    def store(self) -> SnapshotStore:
        """The snapshots. Raises OSError if the folder cannot be used."""
        self._opened = self._folder()
        return self.store_at(self._opened)

    def store_at(self, folder: Path) -> SnapshotStore:
        """The snapshots in a folder that somebody else has chosen. Raises OSError if it cannot be used."""
        return SnapshotStore(folder, self._digest)

    def history(self, store: SnapshotStore) -> HistoryDays | None:
        """The kept days beside the snapshots; None if none are kept."""
        if not self.settings.history_days:
            return None
        accounts = {name: fingerprint([(name, account)]) for name, account in self._accounts}
        return HistoryDays(store.folder, accounts, days=self.settings.history_days, clock=store.clock)

    def is_being_filled(self) -> bool:
        """True if a process fills it at this moment. Opens nothing."""
        folder = self._opened or self.settings.dir or (self.shared and self.shared / "tables")
        return folder is not None and not FolderLock(Path(folder) / FILL_LOCK, shared=True).is_free()

    def close(self) -> None:
        """Let others have the folder."""
        if self._owner is not None:
            self._owner.release()

    @cached_property
    def _digest(self) -> str:
        return fingerprint(self._accounts)

    @property
    def _accounts(self) -> list[tuple[str, str]]:
        return [(source.name, source.upstream.target.account) for source in self.sources.values()]

    def _folder(self) -> Path:
        if self.settings.dir is None:
            assert self.private is not None
            return self.shared / "tables" if self.shared is not None else self.private()
        folder = Path(self.settings.dir).absolute()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._owner = _own(folder, self._digest)
        if self._owner is not None:
            return folder
        own = folder / self._digest[:16]
        _log.warning(
            "%s is in use by a gateway with other sources: the tables of this one go to %s", folder, own
        )
        return own


def _own(folder: Path, digest: str) -> FolderLock | None:
    """
    A lock that says whose the folder is, as long as it is held; None if gateways of another configuration hold it.
    Without any such gateway the folder is taken over.
    """
    path, ends = folder / OWNER_LOCK, time.monotonic() + _OWNER_SECONDS
    while True:
        exclusive = FolderLock(path)
        if exclusive.try_acquire():
            path.write_text(digest)
            exclusive.release()
        shared = FolderLock(path, shared=True)
        if shared.try_acquire():
            if path.read_text() == digest:
                return shared
            shared.release()
        if time.monotonic() > ends:
            return None
        time.sleep(0.02)


def freshness_policy(settings: TableSettings, requests: FillRequests) -> FreshnessPolicy:
    """The ages that the settings allow."""
    refresh = timedelta(minutes=settings.refresh_minutes)
    max_age = None if settings.max_age_minutes is None else timedelta(minutes=settings.max_age_minutes)
    return FreshnessPolicy(
        refresh=refresh if max_age is None else min(refresh, max_age),
        max_age=max_age,
        written_at=requests.written_at,
    )


def shared_out(settings: Settings) -> Settings:
    """The settings of the process that fills: its share of each source's rate, few calls at once, and patience."""
    sources = tuple(
        replace(
            source,
            rate_per_minute=source.rate_per_minute * settings.tables.share,
            concurrency=min(_CONCURRENCY, source.concurrency),
            max_wait_seconds=_STRETCH_SECONDS,
        )
        for source in settings.sources
    )
    return replace(settings, sources=sources)


def fill_contexts(settings: Settings, sources: Mapping[str, Source], priority: Priority) -> "OpenContext":
    """
    Contexts for the stretches of a fill: without a limit on calls, since they end with the list, and with much time,
    since a refusal for the rate is waited out.
    """

    @asynccontextmanager
    async def open_context(fresh: bool) -> AsyncIterator[RequestContext]:  # noqa: FBT001
        context = RequestContext(
            sources,
            calls=_UNLIMITED,
            max_page_size=_UNLIMITED,
            caching=settings.cache.enabled and not fresh,
            base_url=lambda: settings.public_url or "",
            seconds=_STRETCH_SECONDS,
            priority=priority,
        )
        try:
            yield context
        finally:
            await context.close()

    return open_context


async def lend_rates(folder: SnapshotFolder, use_share: Callable[[float], None]) -> None:
    """Leave a fill its share of the sources' rates, as long as one is under way in another process."""
    lent = False
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        if folder.is_being_filled() != lent:
            lent = not lent
            # With the whole rate for a fill, front ends would stand still.
            use_share(max(_LEAST_SHARE, 1 - folder.settings.share) if lent else 1.0)
