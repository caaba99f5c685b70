"""The age of a table's parts: which sources have to be read again, and whether a version may still be served."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.tables.manifest import SourcePart, TableSnapshot

#: A source that failed is not tried again sooner.
RETRY = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True)
class FreshnessPolicy:
    """
    Parts older than `refresh` are read again when somebody asks; none older than `max_age` is served. `written_at` is
    the moment of the last write to a source through the gateway.
    """

    refresh: timedelta
    max_age: timedelta | None = None
    written_at: Callable[[str], datetime | None] = lambda _: None

    def due(self, snapshot: TableSnapshot | None, sources: Collection[str], now: datetime) -> list[str]:
        """The sources that are to be read again, of those that list the table's records."""
        if snapshot is None:
            return list(sources)
        pause = max(self.refresh, timedelta(seconds=snapshot.seconds))
        return [name for name in sources if self._is_due(name, snapshot.sources.get(name), now, pause)]

    def is_too_old(self, snapshot: TableSnapshot, sources: Collection[str], now: datetime) -> list[str]:
        """The sources whose rows are older than may be served."""
        if self.max_age is None:
            return []
        parts = {name: part for name, part in snapshot.sources.items() if name in sources}
        return [
            name
            for name, part in parts.items()
            if part.read_at is not None and now - part.read_at > self.max_age
        ]

    def _is_due(self, name: str, part: SourcePart | None, now: datetime, pause: timedelta) -> bool:
        if part is None:
            return True
        if part.fault is not None and _age(now, part.tried_at) < RETRY:
            return False
        if part.fault is not None or part.read_at is None:
            return True
        written = self.written_at(name)
        if written is not None and written >= part.tried_at:
            return True
        return _age(now, part.read_at) >= pause


def _age(now: datetime, moment: datetime) -> timedelta:
    """An age, which is never negative, even if the clock was set back."""
    return max(timedelta(0), now - moment)


def missing(
    snapshot: TableSnapshot, sources: Mapping[str, object], columns: Collection[str] | None = None
) -> dict[str, SourcePart]:
    """The parts that lack rows, or values of these columns (None: of any), of the sources that are asked for."""
    return {
        name: part
        for name, part in snapshot.sources.items()
        if name in sources and part.is_missing and _lacks(part, columns)
    }


def _lacks(part: SourcePart, columns: Collection[str] | None) -> bool:
    return columns is None or not part.lacking or any(name in columns for name in part.lacking)


def stale(snapshot: TableSnapshot, sources: Mapping[str, object]) -> dict[str, SourcePart]:
    """The parts whose last read failed, of the sources that are asked for."""
    return {name: part for name, part in snapshot.sources.items() if name in sources and part.is_stale}
