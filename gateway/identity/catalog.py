"""
Catalog: the matching of all sources' assets, kept between operations and redone only for rows that changed. Work runs
in steps with pauses, so that other requests go on meanwhile. Rows of a source that does not answer are kept for an
hour: what they speak against still counts.
"""

import asyncio
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any, TypeVar

from gateway.concurrency.slices import run_in_slices
from gateway.identity.decision_watch import DecisionWatch
from gateway.identity.decisions import Decisions
from gateway.identity.derived_values import DerivedValues
from gateway.identity.matching import Matching, RowChanges
from gateway.identity.matching_view import MatchingView, ThingKey
from gateway.identity.possible_matches import PossibleMatches
from gateway.identity.record import IdentityRecord

T = TypeVar("T")

AWAY_SECONDS = 3600.0
_CONFLICTS = 32
#: An order of 50,000 things takes about 15 MB.
_ORDERS = 3


@dataclass(frozen=True, eq=False)
class SourceRows:
    """A source's rows as one operation read them. `complete` is false if some or all are missing."""

    rows: Sequence[IdentityRecord]
    complete: bool = True


class MatchingCatalog:
    """
    The matching of one process, by the operator's decisions as they are now. One operation uses it at a time; an update
    that its operation left behind is ended before the next one begins.
    """

    def __init__(
        self, watch: DecisionWatch | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.conflicts: DerivedValues[Any, frozenset[str]] = DerivedValues(_CONFLICTS)
        """The ids of the things in conflict, by field."""
        self.orders: DerivedValues[Any, Sequence[Any]] = DerivedValues(_ORDERS)
        """All things in an order, by the order."""
        self._watch = watch or DecisionWatch(None, sources=())
        self._clock = clock
        self._lock = asyncio.Lock()
        self._update: asyncio.Task[None] | None = None
        self._applied: dict[str, Sequence[IdentityRecord]] = {}
        self._answered_at: dict[str, float] = {}
        self._revision = self.revision()
        self._start(_matching_part(self.decisions()))

    def without_rows(self) -> "MatchingCatalog":
        """Another matching by the same decisions, of other rows."""
        return MatchingCatalog(self._watch, clock=self._clock)

    def decisions(self) -> Decisions:
        """The operator's decisions as they are now."""
        return self._watch.current()

    def revision(self) -> int:
        """The number of changes of the decisions so far."""
        return self._watch.poll()

    async def use(
        self,
        rows: Mapping[str, SourceRows],
        job: Callable[[MatchingView], Generator[None, None, T]],
    ) -> T:
        """The result of a job on the matching of these rows, by source. The job must not keep the view."""
        async with self._lock:
            await self._settle()
            if not self._is_current(rows):
                self._update = asyncio.create_task(self._apply(rows))
                self._update.add_done_callback(_retrieve)
                # Half an update is none: it goes on if its operation ends.
                await asyncio.shield(self._update)
            return await run_in_slices(job(self._view(rows)))

    async def close(self) -> None:
        """End an update that is under way."""
        if self._update is not None:
            self._update.cancel()
            await self._settle()

    async def _settle(self) -> None:
        if self._update is not None and not self._update.done():
            await asyncio.wait({self._update})
        self._update = None

    def _is_current(self, rows: Mapping[str, SourceRows]) -> bool:
        return self._revision == self.revision() and all(
            part.complete and self._applied.get(name) is part.rows for name, part in rows.items()
        )

    async def _apply(self, rows: Mapping[str, SourceRows]) -> None:
        try:
            revision = self.revision()
            decisions = _matching_part(self.decisions())
            if self._revision != revision and self._matching.decisions != decisions:
                await self._rematch(decisions)
            self._revision = revision
            # Of all sources at once: a thing that several of them know is matched once.
            changes = RowChanges()
            for name, part in rows.items():
                await self._find_changes(name, part, changes)
            if changes.changed or changes.removed:
                await run_in_slices(self._matching.update(changes.changed, removed=changes.removed))
            self._note_answers(rows)
        except BaseException:
            self._start(self._matching.decisions)
            self._applied, self._answered_at = {}, {}
            raise

    async def _rematch(self, decisions: Decisions) -> None:
        """All rows by other decisions. Those of a source that is away are among them."""
        before = [row for row in self._matching.rows if row is not None]
        self._start(decisions)
        await run_in_slices(self._matching.update(before))

    async def _find_changes(self, name: str, part: SourceRows, changes: RowChanges) -> None:
        """Adds what differs in one source. Missing rows are gone, unless the source is away for a while only."""
        if part.complete and self._applied.get(name) is part.rows:
            return
        is_away = not part.complete and self._clock() - self._answered_at.get(name, -inf) < AWAY_SECONDS
        await run_in_slices(self._matching.find_changes(name, part.rows, changes, keeps_missing=is_away))

    def _note_answers(self, rows: Mapping[str, SourceRows]) -> None:
        for name, part in rows.items():
            if part.complete:
                self._applied[name], self._answered_at[name] = part.rows, self._clock()
            else:
                self._applied.pop(name, None)

    def _view(self, rows: Mapping[str, SourceRows]) -> MatchingView:
        partial = {
            name: frozenset(row.id for row in part.rows) for name, part in rows.items() if not part.complete
        }
        return MatchingView(self._matching, self._possible, partial, self._keys)

    def _start(self, decisions: Decisions) -> None:
        """A matching without rows."""
        self._matching = Matching(decisions)
        self._possible = PossibleMatches(self._matching)
        self._keys: dict[int, list[ThingKey]] = {}


def _matching_part(decisions: Decisions) -> Decisions:
    """The decisions without what is only shown by them."""
    return replace(decisions, prefer={})


def _retrieve(task: "asyncio.Task[None]") -> None:
    """Mark the exception of an update as seen, if nobody waits for it any more."""
    if not task.cancelled():
        task.exception()
