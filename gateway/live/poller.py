"""Poller of one source: reads its list of assets as often as its share of the rate allows, and tells what changed."""

import asyncio
import logging
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

from gateway.connector.fetching.source import Source
from gateway.connector.records.record import Record
from gateway.errors import GatewayError, TooComplex, drop_traceback
from gateway.live.comparison import RowPair
from gateway.live.schedule import poll_interval
from gateway.live.snapshot import Snapshot, differences, encode_row
from gateway.live.subscriber import Subscriber
from gateway.live.subscriber_groups import Interest, OpenContext, SubscriberGroups
from gateway.live.writes import OwnWrites
from gateway.settings import LiveSettings
from resolvers.asset_changes import ASSET, gap
from resolvers.context import RequestContext
from resolvers.lists import whole_list

SNAPSHOT_BYTES = 128 * 1024 * 1024
"""Bytes of a source's rows that are kept for comparison. A source with more has a gap, and no changes."""
_EPOCH_CHECK_SECONDS = 1.0

_log = logging.getLogger("gateway.live")


class _PollCost(NamedTuple):
    calls: int = 1
    seconds: float = 0.0


class SourcePoller:
    """
    Poller. It runs as long as somebody subscribes, and until the next poll would be due: who comes back sooner finds
    it running, so that nobody can have a source polled more often.

    If another process writes to the source, the next poll is brought forward, and those after it keep their times. A
    poll that fails, or that has not all rows, is a gap; nothing is concluded from it.
    """

    def __init__(self, source: Source, open_context: OpenContext, settings: LiveSettings) -> None:
        self.source = source
        self._open_context = open_context
        self._settings = settings
        self._groups = SubscriberGroups()
        self._writes = OwnWrites()
        self._snapshot: Snapshot | None = None
        self._cost = _PollCost()
        self._is_failing = False
        self._epoch = 0
        self._comparing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @property
    def interval(self) -> float:
        """Seconds between two polls, by what the last one took."""
        return poll_interval(
            calls=self._cost.calls,
            seconds=self._cost.seconds,
            per_minute=self.source.upstream.calls_per_minute,
            share=self._settings.share,
            least=self._settings.poll_seconds,
        )

    def add(self, subscriber: Subscriber, interest: Interest) -> None:
        """Add a subscriber."""
        self._groups.add(subscriber, interest)
        if self._is_failing:
            subscriber.put(gap(interest.source, datetime.now(UTC)))
        if self._task is None:
            self._start()

    def remove(self, subscriber: Subscriber, interest: Interest) -> None:
        """Remove a subscriber."""
        self._groups.remove(subscriber, interest)

    def on_written(self, record: Record) -> None:
        """Tell of a record that this process has written."""
        if self._snapshot is not None and not record.stub:
            self._writes.add(record.native_id, encode_row(record.row), record.loaded)

    def on_deleted(self, native_id: str) -> None:
        """Tell of an asset that this process has deleted."""
        if self._snapshot is not None:
            self._writes.add(native_id, None)

    async def close(self) -> None:
        """End it."""
        if self._task is not None:
            self._task.remove_done_callback(self._on_end)
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def _start(self) -> None:
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(self._on_end)

    def _on_end(self, task: asyncio.Task[None]) -> None:
        self._task, self._snapshot, self._is_failing = None, None, False
        self._writes.clear()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("the poller of %s ended", self.source.name, exc_info=error)
        if not self._groups.is_empty:
            self._start()  # somebody came at the very end

    async def _run(self) -> None:
        writes = asyncio.create_task(self._tell_writes())
        try:
            due = time.monotonic()
            while not self._groups.is_empty:
                await self._poll()
                due = max(due, time.monotonic() - self.interval) + self.interval
                if await self._wait(due):
                    await self._poll()
                    due += self.interval
                    await self._wait(due, brings_forward=False)
        finally:
            writes.cancel()
            await asyncio.wait({writes})

    async def _wait(self, due: float, *, brings_forward: bool = True) -> bool:
        """Wait until a poll is due. True if it is brought forward, because another process has written."""
        while (remaining := due - time.monotonic()) > 0:
            await asyncio.sleep(min(remaining, _EPOCH_CHECK_SECONDS))
            epoch = await self.source.upstream.epoch()
            if epoch != self._epoch and self._writes.take_mark():
                self._epoch = epoch  # the writes were our own, and are told
            elif brings_forward and epoch != self._epoch:
                return True
        return False

    async def _poll(self) -> None:
        begun = time.monotonic()
        self._epoch = await self.source.upstream.epoch()
        self._writes.forget_told()
        ctx = self._open_context(self.source)
        is_failing = True
        try:
            snapshot = await self._read(ctx)
            async with self._comparing:
                await self._compare(ctx, snapshot)
            is_failing = False
        except GatewayError as exc:
            drop_traceback(exc)
        except Exception:  # noqa: BLE001 (a gap is told, and the next poll may succeed)
            _log.exception("a poll of %s failed", self.source.name)
        finally:
            calls = max(ctx.reads.spent, self._cost.calls if is_failing else 1)
            self._cost = _PollCost(calls, time.monotonic() - begun)
            await ctx.close()
        if is_failing and not self._is_failing:
            await self._groups.publish_gap(ctx.time_slice)
        self._is_failing = is_failing

    async def _read(self, ctx: RequestContext) -> Snapshot:
        """All rows of the source. Raises GatewayError if one is missing, or they are too many to be kept."""
        page = await whole_list(ctx, ASSET, self.source.name)
        for error in page.errors:
            raise error
        snapshot: Snapshot = {}
        size = 0
        async for records in ctx.time_slice.chunks(page.nodes, 200):
            for record in records:
                row = snapshot[record.native_id] = encode_row(record.row)
                size += len(row)
            if size > SNAPSHOT_BYTES:
                raise TooComplex(f"{self.source.name} has more rows than are compared")
        return snapshot

    async def _compare(self, ctx: RequestContext, snapshot: Snapshot) -> None:
        """Tell how the rows differ from those of the poll before; those written meanwhile are told already."""
        self._writes.apply_told(snapshot)
        before, self._snapshot = self._snapshot, snapshot
        if before is None:
            return
        changed = differences(before, snapshot)
        pairs = [
            RowPair(native_id, before.get(native_id), snapshot.get(native_id))
            for native_ids in changed
            for native_id in native_ids
        ]
        await self._groups.publish(pairs, ctx.session(self.source), self._open_context)

    async def _tell_writes(self) -> None:
        while True:
            await self._writes.wait()
            ctx = self._open_context(self.source)
            try:
                async with self._comparing:
                    pairs = self._writes.take(self._snapshot)
                    await self._groups.publish(pairs, ctx.session(self.source), self._open_context)
            except Exception:  # noqa: BLE001 (the next poll tells it)
                _log.exception("a write to %s was not told", self.source.name)
            finally:
                await ctx.close()
