"""
View of a matching as one operation may show it: only records that its sources answered, though rows of sources that are
away still decide what is joined.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import NamedTuple

from gateway.concurrency.sorting import sort_steps
from gateway.identity.canonical import canonical_number, canonical_tag
from gateway.identity.label_forms import readings
from gateway.identity.matching import IdentityGroup, Matching
from gateway.identity.possible_matches import PossibleMatches, PossibleMatchPair
from gateway.identity.rules import Evidence
from gateway.identity.unified_id import find_things, serial_numbers, unified_id

_STEP_THINGS = 64


class ThingEvidence(NamedTuple):
    """A join, with the ids of both records. `rule` are GraphQL's `matchedBy` words, joined by a plus."""

    rule: str
    lhs: str
    rhs: str
    value: str


class ThingRecords(NamedTuple):
    """A thing: its id, the ids of its records in order, the evidence, and its serial numbers as compared."""

    id: str
    records: tuple[str, ...]
    matched_by: tuple[str, ...]
    evidence: tuple[ThingEvidence, ...]
    serial_numbers: tuple[str, ...]


class ThingKey(NamedTuple):
    """A thing in a list of all: its id, and the indices, the ids and the sources of its visible records."""

    id: str
    members: tuple[int, ...]
    record_ids: tuple[str, ...]
    sources: tuple[str, ...]


class MatchingView:
    """
    A matching, with the ids of the records that may be shown of each source that did not answer in full. It holds only
    while its job runs.
    """

    def __init__(
        self,
        matching: Matching,
        possible: PossibleMatches,
        partial: Mapping[str, frozenset[str]],
        cache: dict[int, list["ThingKey"]],
    ) -> None:
        """`cache` keeps the keys of all things by the matching's revision, for the operations that come."""
        self.matching = matching
        self.possible = possible
        self._partial = partial
        self._cache = cache

    def is_visible(self, index: int) -> bool:
        """True if the record's source answered with it."""
        record = self.matching.compared[index]
        shown = self._partial.get(record.source)
        return shown is None or record.id in shown

    def visible(self, members: Iterable[int]) -> tuple[int, ...]:
        """The visible ones of some records."""
        return tuple(index for index in members if self.is_visible(index))

    def keys(self) -> Generator[None, None, list[ThingKey]]:
        """Every thing that has a visible record, in the order of their ids."""
        revision = self.matching.revision
        cached = None if self._partial else self._cache.get(revision)
        if cached is not None:
            return cached
        keys: list[ThingKey] = []
        compared = self.matching.compared
        combinations: dict[tuple[str, ...], tuple[str, ...]] = {}  # few: each is held once
        for count, group in enumerate(self.matching.groups(), 1):
            members = self.visible(group.members) if self._partial else group.members
            if members:
                sources = tuple([compared[index].source for index in members])
                keys.append(
                    ThingKey(
                        unified_id(self.matching, group),
                        members,
                        tuple([compared[index].id for index in members]),
                        combinations.setdefault(sources, sources),
                    )
                )
            if not count % _STEP_THINGS:
                yield
        keys = yield from sort_steps(keys, key=attrgetter("id"))
        if not self._partial:
            self._cache.clear()
            self._cache[revision] = keys
        return keys

    def thing(self, group: IdentityGroup) -> ThingRecords | None:
        """A group as it is shown, or None if none of its records is."""
        members = frozenset(self.visible(group.members))
        if not members:
            return None
        compared = self.matching.compared
        shown = [item for item in group.evidence if item.lhs in members and item.rhs in members]
        shown.sort(key=lambda item: (item.rule, compared[item.lhs].id, compared[item.rhs].id))
        records = [compared[index] for index in group.members if index in members]
        return ThingRecords(
            unified_id(self.matching, group),
            tuple(record.id for record in records),
            tuple(dict.fromkeys(word for item in shown for word in item.matched_by)),
            tuple(self.evidence(item) for item in shown),
            tuple(serial_numbers(records)),
        )

    def thing_of(self, record_id: str) -> ThingRecords | None:
        """The thing that a record is of."""
        index = self.matching.position(record_id)
        return None if index is None else self.thing(self.matching.group_of(index))

    def evidence(self, item: Evidence) -> ThingEvidence:
        """Evidence in ids."""
        compared = self.matching.compared
        return ThingEvidence(
            "+".join(item.matched_by), compared[item.lhs].id, compared[item.rhs].id, item.value
        )

    def with_id(self, unified: str) -> list[IdentityGroup]:
        """Groups that a unified asset's id may mean."""
        return [group for group in find_things(self.matching, unified) if self.visible(group.members)]

    def with_serial_number(self, written: str) -> list[IdentityGroup]:
        """Groups with a record of this serial number: as it is written, else behind a maker's label."""
        number = canonical_number(written)
        for candidate in (number, *(reading for _, reading in readings(number, ""))):
            groups = self._groups(self.matching.index.numbers.of(candidate) if candidate else ())
            if groups:
                return groups
        return []

    def with_asset_tag(self, written: str) -> Generator[None, None, list[IdentityGroup]]:
        """Groups with a record of this asset tag."""
        tag = canonical_tag(written)
        carriers: list[int] = []
        for index, row in enumerate(self.matching.rows):
            if tag and row is not None and row.asset_tag and canonical_tag(row.asset_tag) == tag:
                carriers.append(index)
            if not index % 256:
                yield
        return self._groups(carriers)

    def possible_of(self, members: Iterable[int]) -> list[PossibleMatchPair]:
        """Possible matches of a thing's records, the likeliest first. `possible` must be prepared."""
        pairs = [pair for index in members for pair in self.possible.of(index) if self.is_visible(pair.rhs)]
        pairs.sort(key=lambda pair: (-pair.score, self.matching.compared[pair.rhs].id))
        return pairs

    def possible_pairs(self) -> Iterator[PossibleMatchPair | None]:
        """All possible matches of visible records, each pair once. None marks a step."""
        for pair in self.possible.pairs():
            if pair is None or (self.is_visible(pair.lhs) and self.is_visible(pair.rhs)):
                yield pair

    def _groups(self, carriers: Iterable[int]) -> list[IdentityGroup]:
        groups = dict.fromkeys(self.matching.group_of(index) for index in carriers if self.is_visible(index))
        return sorted(groups, key=lambda group: unified_id(self.matching, group))
