"""
Components: records tied by shared values. The rules run on each component alone, so that what changes elsewhere
changes nothing in it.
"""

from collections.abc import Collection, Iterator, Sequence

from gateway.identity.carriers import Carriers
from gateway.identity.clusters import Cluster, Clusters
from gateway.identity.compared import CanonicalRecord
from gateway.identity.decisions import Decisions
from gateway.identity.number_blocks import judge_number
from gateway.identity.rules import IdentityRule, JoinProposal
from gateway.identity.vetoes import LARGEST_GROUP, Vetoes

STEP_BLOCKS = 32  # values looked at between two yields


class ValueIndex:
    """Records by the values that may join: numbers, network cards, declared tags."""

    def __init__(self) -> None:
        self.numbers = Carriers()
        self.cards = Carriers()
        self.tags = Carriers()  # by (number of the group of sources that share them, tag)

    def add(self, index: int, record: CanonicalRecord) -> None:
        """Notes a record's values."""
        for number in record.numbers:
            self.numbers.add(number, index)
        if record.readings:
            for _, number in record.readings:
                if number not in record.numbers:
                    self.numbers.add(number, index)
        if record.tag_as_number:
            self.numbers.add(record.tag_as_number, index)
        if record.card:
            self.cards.add(record.card, index)
        if record.tag_scope is not None and record.tag:
            self.tags.add((record.tag_scope, record.tag), index)

    def discard(self, index: int, record: CanonicalRecord) -> None:
        """Forgets a record's values."""
        for carriers, value in self.values_of(record):
            carriers.discard(value, index)

    def values_of(self, record: CanonicalRecord) -> Iterator[tuple[Carriers, object]]:
        """A record's values, each with the index that it is in."""
        for number in numbers_of(record):
            yield self.numbers, number
        if record.card:
            yield self.cards, record.card
        if record.tag_scope is not None and record.tag:
            yield self.tags, (record.tag_scope, record.tag)


def numbers_of(record: CanonicalRecord) -> tuple[str, ...]:
    """All numbers that a record may be found by, each once."""
    if not record.readings and not record.tag_as_number:
        return record.numbers
    numbers = (*record.numbers, *(number for _, number in record.readings), record.tag_as_number)
    return tuple(number for number in dict.fromkeys(numbers) if number)


class Component:
    """
    Records tied by shared values, and the values. `solve` runs the rules, strongest first, and yields between its
    steps. `shared` tells for each number that several things carry why that is so.
    """

    def __init__(self, compared: Sequence[CanonicalRecord], index: ValueIndex, decisions: Decisions) -> None:
        self._compared = compared
        self._index = index
        self.shared: dict[str, str] = {}
        self.numbers: list[str] = []
        self.cards: list[str] = []
        self.tags: list[tuple[int, str]] = []
        self._values: set[object] = set()
        self._contested: dict[str, Sequence[int]] = {}
        self._clusters = Clusters(compared, Vetoes(decisions.different, self.shared))

    def take(self, record: CanonicalRecord) -> list[int]:
        """Notes the values that a record shares with others. Answers with the carriers of those that are new."""
        tied: list[int] = []
        for number in numbers_of(record):
            if number not in self._values and (others := self._index.numbers.others(number)):
                self._values.add(number)
                self.numbers.append(number)
                tied += others
        if (
            record.card
            and (card := ("card", record.card)) not in self._values
            and (others := self._index.cards.others(record.card))
        ):
            self._values.add(card)
            self.cards.append(record.card)
            tied += others
        if record.tag_scope is not None and record.tag:
            key = (record.tag_scope, record.tag)
            if key not in self._values and (others := self._index.tags.others(key)):
                self._values.add(key)
                self.tags.append(key)
                tied += others
        return tied

    def solve(self, same: Sequence[Sequence[int]]) -> Iterator[None]:
        """Runs the rules. `same`: records that the operator declared the same."""
        for group in same:
            self._clusters.declare(group)
        yield from self._join_numbers()
        for number in sorted(self._contested):
            for proposal in self._second_identifiers(number, self._contested[number]):
                self._clusters.join(proposal)
                yield
        self.tags.sort()
        for count, key in enumerate(self.tags, 1):
            if _once_per_source(members := self._index.tags.of(key), self._compared):
                self._clusters.join(JoinProposal(IdentityRule.ASSET_TAG, tuple(members), key[1]))
            if not count % STEP_BLOCKS:
                yield
        self.cards.sort()
        for count, card in enumerate(self.cards, 1):
            self._join_card(card)
            if not count % STEP_BLOCKS:
                yield

    def _join_numbers(self) -> Iterator[None]:
        """Rules 2 and 3. All numbers are judged, and joined by the stronger rule, before the weaker one is heard."""
        labels: list[JoinProposal] = []
        self.numbers.sort()
        for count, number in enumerate(self.numbers, 1):
            block = judge_number(number, self._index.numbers.of(number), self._compared)
            if block.shared:
                self.shared[number] = block.shared
            if block.contested:
                self._contested[number] = block.contested
            labels += [proposal for proposal in block.proposals if proposal.rule is IdentityRule.LABEL]
            for proposal in block.proposals:
                if proposal.rule is IdentityRule.SERIAL_NUMBER:
                    self._join(proposal)
            if not count % STEP_BLOCKS:
                yield
        for count, proposal in enumerate(labels, 1):
            self._join(proposal)
            if not count % STEP_BLOCKS:
                yield

    def groups(self) -> list[Cluster]:
        """Clusters of two records and more."""
        return self._clusters.repeated()

    def _join(self, proposal: JoinProposal) -> None:
        if self._clusters.join(proposal):
            return
        self._contested.setdefault(proposal.value, proposal.members)
        heads = {id(self._clusters.of(index)) for index in proposal.members}
        if proposal.rule is IdentityRule.SERIAL_NUMBER and len(heads) == len(proposal.members):
            self.shared.setdefault(proposal.value, "the records that carry it are not one thing")

    def _second_identifiers(self, number: str, members: Sequence[int]) -> Iterator[JoinProposal]:
        """Joins of records with a shared or weak number that have a second identifier, each once per source."""
        by_value: dict[tuple[str, object], list[int]] = {}
        for index in members:
            record = self._compared[index]
            if record.host:
                by_value.setdefault(("name", record.host), []).append(index)
            if record.card and not record.virtual:
                by_value.setdefault(("macAddress", record.card), []).append(index)
            if record.tag and record.tag_scope is not None:
                by_value.setdefault(("assetTag", (record.tag_scope, record.tag)), []).append(index)
        repeated = [(key, group) for key, group in by_value.items() if len(group) > 1]
        for (second, _), group in sorted(repeated, key=lambda item: (item[0][0] != "name", str(item[0]))):
            if not _once_per_source(group, self._compared):
                continue
            if (
                second != "name"
                and len({self._compared[index].host for index in group if self._compared[index].host}) > 1
            ):
                continue
            yield JoinProposal(IdentityRule.SECOND_IDENTIFIER, tuple(group), number, second)

    def _join_card(self, card: str) -> None:
        members = self._index.cards.of(card)
        if not _once_per_source(members, self._compared):
            return
        by_host: dict[str, list[int]] = {}
        for index in members:
            if self._compared[index].host:
                by_host.setdefault(self._compared[index].host, []).append(index)
        for group in by_host.values():
            if len(group) > 1:
                self._clusters.join(JoinProposal(IdentityRule.CARD, tuple(group), card))


def _once_per_source(members: Collection[int], compared: Sequence[CanonicalRecord]) -> bool:
    if not 1 < len(members) <= LARGEST_GROUP:
        return False
    sources = [compared[index].source for index in members]
    return len(set(sources)) == len(sources)
