"""
Matching: which records are one thing. It is kept with the rows that it was made of, and made again only for what
changed; the result is that of a full run. Every run is a generator that yields after a bounded step, so that an
event loop can serve others in between.
"""

from collections import deque
from collections.abc import Collection, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from gateway.identity.compared import CanonicalRecord, RecordComparer
from gateway.identity.components import Component, ValueIndex, numbers_of
from gateway.identity.decisions import Decisions
from gateway.identity.record import IdentityRecord
from gateway.identity.rules import Evidence

if TYPE_CHECKING:
    from gateway.identity.carriers import Carriers

_STEP_RECORDS = 32  # records compared, or walked, between two yields

Steps = Generator[None, None, None]


class IdentityGroup(Struct, frozen=True, gc=False):
    """Records of one thing, by index, in the order of their ids, and the evidence for it."""

    members: tuple[int, ...]
    evidence: tuple[Evidence, ...]


@dataclass
class RowChanges:
    """Rows that are new or differ, and the ids of those that are gone."""

    changed: list[IdentityRecord] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)


class IndexObserver(Protocol):
    """A further index that follows a matching's rows."""

    def add(self, index: int, record: CanonicalRecord) -> None:
        """Notes a row."""

    def discard(self, index: int, record: CanonicalRecord) -> None:
        """Forgets a row."""


class Matching:
    """
    Rows, their values as compared, and the groups made of them. A row is known by its index, which stays its own
    until it is removed. Rows of a source that is away stay: what they speak against still counts. `revision` counts
    the changes.
    """

    def __init__(self, decisions: Decisions | None = None) -> None:
        self.decisions = decisions or Decisions()
        self.rows: list[IdentityRecord | None] = []
        self.compared: list[CanonicalRecord] = []
        self.index = ValueIndex()
        self.shared: dict[str, str] = {}
        self.revision = 0
        self.observers: list[IndexObserver] = []
        self._positions: dict[str, int] = {}
        self._free: list[int] = []
        self._groups: dict[int, IdentityGroup] = {}
        self._comparer = RecordComparer(self.decisions)
        self._same_of = {record: group for group in self.decisions.same for record in group}

    # ------------------------------------------------------------------------------------------------------ reading

    def __len__(self) -> int:
        return len(self._positions)

    def row(self, index: int) -> IdentityRecord:
        """A record's row. An index that was removed has none."""
        row = self.rows[index]
        assert row is not None, index
        return row

    def ids_of_groups(self) -> set[frozenset[str]]:
        """Every thing by the ids of its records: what two runs have to agree on."""
        return {frozenset(self.row(index).id for index in group.members) for group in self.groups()}

    def position(self, record_id: str) -> int | None:
        """Index of a record by its id."""
        return self._positions.get(record_id)

    def group_of(self, index: int) -> IdentityGroup:
        """The thing that a record is of: itself alone, if nothing was joined to it."""
        return self._groups.get(index) or IdentityGroup((index,), ())

    def groups(self) -> Iterator[IdentityGroup]:
        """Every thing once, things with one record included, in the order of the records."""
        for index, row in enumerate(self.rows):
            if row is None:
                continue
            group = self._groups.get(index)
            if group is None:
                yield IdentityGroup((index,), ())
            elif group.members[0] == index:
                yield group

    def visible(self, group: IdentityGroup, away: Collection[str]) -> IdentityGroup | None:
        """
        The group without the records of sources that are away; None if none is left. What these records tied stays
        tied.
        """
        members = tuple(index for index in group.members if self.compared[index].source not in away)
        if not members:
            return None
        evidence = tuple(item for item in group.evidence if item.lhs in members and item.rhs in members)
        return IdentityGroup(members, evidence)

    # ------------------------------------------------------------------------------------------------------ changing

    def find_changes(
        self, source: str, rows: Iterable[IdentityRecord], changes: RowChanges, *, keeps_missing: bool = False
    ) -> Steps:
        """Adds to `changes` what differs from a source's rows as they are now. `keeps_missing`: none is removed."""
        missing = (
            set()
            if keeps_missing
            else {row.id for row in self.rows if row is not None and row.source == source}
        )
        for count, row in enumerate(rows):
            missing.discard(row.id)
            index = self._positions.get(row.id)
            if index is None or self.rows[index] != row:
                changes.changed.append(row)
            if not count % 256:
                yield
        changes.removed |= missing

    def update(self, changed: Iterable[IdentityRecord], *, removed: Iterable[str] = ()) -> Steps:
        """
        Takes new and changed rows and ids of removed ones, and matches them, and what they are or were tied to,
        again.
        """
        pending: set[int] = set()
        loose: set[tuple[Carriers, object]] = set()  # values of rows as they were: their carriers may part
        declared: set[str] = set()
        self.revision += 1
        for count, record_id in enumerate(removed, 1):
            if (index := self._positions.get(record_id)) is not None:
                loose.update(self.index.values_of(self.compared[index]))
                declared.update(self._same_of.get(record_id, ()))
                self._remove(index)
            if not count % _STEP_RECORDS:
                yield
        for count, row in enumerate(changed, 1):
            if (index := self._positions.get(row.id)) is not None:
                loose.update(self.index.values_of(self.compared[index]))
                declared.update(self._same_of.get(row.id, ()))
                self._remove(index)
            pending.add(self._add(row))
            if not count % _STEP_RECORDS:
                yield
        for count, (carriers, value) in enumerate(loose, 1):
            pending.update(carriers.of(value))
            if not count % _STEP_RECORDS:
                yield
        pending.update(index for index in map(self._positions.get, declared) if index is not None)
        yield from self._solve(index for index in pending if self.rows[index] is not None)

    def _add(self, row: IdentityRecord) -> int:
        record = self._comparer.compare(row)
        if self._free:
            index = self._free.pop()
            self.rows[index] = row
            self.compared[index] = record
        else:
            index = len(self.rows)
            self.rows.append(row)
            self.compared.append(record)
        self._positions[row.id] = index
        self.index.add(index, record)
        for observer in self.observers:
            observer.add(index, record)
        return index

    def _remove(self, index: int) -> None:
        row = self.rows[index]
        assert row is not None
        self.index.discard(index, self.compared[index])
        for observer in self.observers:
            observer.discard(index, self.compared[index])
        for number in numbers_of(self.compared[index]):
            self.shared.pop(number, None)
        self.rows[index] = None
        del self._positions[row.id]
        self._free.append(index)
        for member in self._groups.pop(index, IdentityGroup((), ())).members:
            self._groups.pop(member, None)

    def _solve(self, starts: Iterable[int]) -> Steps:
        visited: set[int] = set()
        for count, start in enumerate(starts, 1):
            if not count % _STEP_RECORDS:
                yield
            if start not in visited:
                yield from self._solve_component(start, visited)

    def _solve_component(self, start: int, visited: set[int]) -> Steps:
        """Finds all records tied to one, through others too, and runs the rules on them."""
        record = self.compared[start]
        visited.add(start)
        self._groups.pop(start, None)
        if record.id not in self._same_of and not any(map(self.index.numbers.others, numbers_of(record))):
            card, tag = self.index.cards, self.index.tags
            if not (record.card and card.others(record.card)) and not (
                record.tag_scope is not None and tag.others((record.tag_scope, record.tag))
            ):
                return
        component = Component(self.compared, self.index, self.decisions)
        same: dict[tuple[str, ...], list[int]] = {}
        yield from self._walk(start, component, visited, same)
        for number in component.numbers:
            self.shared.pop(number, None)
        yield from component.solve([group for group in same.values() if len(group) > 1])
        self.shared.update(component.shared)
        for count, cluster in enumerate(component.groups(), 1):
            if not count % _STEP_RECORDS:
                yield
            members = tuple(sorted(cluster.members, key=lambda index: self.compared[index].id))
            group = IdentityGroup(members, tuple(cluster.evidence))
            for index in members:
                self._groups[index] = group

    def _walk(
        self, start: int, component: Component, visited: set[int], same: dict[tuple[str, ...], list[int]]
    ) -> Steps:
        """Collects the values that tie a component together, and what the operator declared the same in it."""
        members = [start]
        for position, index in enumerate(members):
            record = self.compared[index]
            self._groups.pop(index, None)
            tied = component.take(record)
            if (declared := self._same_of.get(record.id)) is not None and declared not in same:
                same[declared] = [other for other in map(self._positions.get, declared) if other is not None]
                tied = [*tied, *same[declared]]
            for other in tied:
                if other not in visited:
                    visited.add(other)
                    members.append(other)
            if position and not position % _STEP_RECORDS:
                yield


def run(steps: Iterable[None]) -> None:
    """Runs all steps at once."""
    deque(steps, maxlen=0)


def match(rows: Iterable[IdentityRecord], decisions: Decisions | None = None) -> Matching:
    """
    Matching of all rows at once.

    >>> rows = [IdentityRecord(f"{source}:Asset:1", source, "4HJT9X3", manufacturer="Dell") for source in "ab"]
    >>> [group.members for group in match(rows).groups()]
    [(0, 1)]
    """
    matching = Matching(decisions)
    run(matching.update(rows))
    return matching
