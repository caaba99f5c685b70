"""
Possible matches: pairs that are offered to the operator, not joined. Each comes with the reasons for it and what
speaks against it. What is certainly different is never offered.
"""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from gateway.identity.compared import CanonicalRecord
from gateway.identity.components import numbers_of
from gateway.identity.hint_index import SHORTEST_FORM, HintIndex
from gateway.identity.matching import IdentityGroup, Matching, Steps
from gateway.identity.models import same_model
from gateway.identity.near_numbers import is_near, look_alike_form
from gateway.identity.rules import IdentityRule
from gateway.identity.tag_agreement import TagAgreement, tag_agreements
from gateway.identity.vetoes import Vetoes, whole_numbers

MOST_PER_RECORD = 5
_MOST_CARRIERS = 12  # a value on more records tells nothing about any two of them
_STEP_RECORDS = 32
_HINTS = {
    "serial number": 3,
    "look-alike serial numbers": 2,
    "declared tag": 3,
    "tag": 1,
    "serial number as tag": 1,
    "host name": 2,
    "network card": 2,
}
_NEEDED = 1


class PossibleMatchPair(NamedTuple):
    """Two records that may be one thing, by index, with the reasons for and against."""

    lhs: int
    rhs: int
    score: int
    reasons: tuple[str, ...]
    against: tuple[str, ...]


class PossibleMatches:
    """
    Possible matches of a matching. The index of hints is made by `prepare`, in steps, and follows the matching's
    changes from then on.
    """

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        self._hints: HintIndex | None = None
        self._agreements: dict[frozenset[str], TagAgreement] = {}
        self._revision = -1
        self._ranks: dict[int, list[PossibleMatchPair]] = {}

    def prepare(self) -> Steps:
        """Makes the index of hints, if there is none yet, and counts how tags agree, if rows have changed."""
        matching = self._matching
        if self._hints is None:
            hints = HintIndex()
            for index, row in enumerate(matching.rows):
                if row is not None:
                    hints.add(index, matching.compared[index])
                if not index % _STEP_RECORDS:
                    yield
            self._hints = hints
            matching.observers.append(hints)
        if self._revision != matching.revision:
            self._agreements = yield from tag_agreements(matching)
            self._revision = matching.revision
            self._ranks.clear()

    def of(self, index: int) -> list[PossibleMatchPair]:
        """
        Possible matches of a record, the likeliest first: at most `MOST_PER_RECORD`, each of which has this one
        among its own, too.
        """
        return [
            pair
            for pair in self._ranked(index)
            if any(other.rhs == index for other in self._ranked(pair.rhs))
        ]

    def pairs(self) -> Iterator[PossibleMatchPair | None]:
        """All possible matches, each pair once. None marks a step."""
        for index, row in enumerate(self._matching.rows):
            if row is not None:
                yield from (pair for pair in self.of(index) if index < pair.rhs)
            if not index % _STEP_RECORDS:
                yield None

    def _ranked(self, index: int) -> list[PossibleMatchPair]:
        ranked = self._ranks.get(index)
        if ranked is None:
            ranked = self._ranks[index] = self._rank(index)
        return ranked

    def _rank(self, index: int) -> list[PossibleMatchPair]:
        matching = self._matching
        group = matching.group_of(index)
        pairs = []
        for other, reasons in self._hinted(index, group).items():
            if (pair := self._judge(index, other, reasons, group)) is not None:
                pairs.append(pair)
        pairs.sort(key=lambda pair: (-pair.score, matching.compared[pair.rhs].id))
        return pairs[:MOST_PER_RECORD]

    def _hinted(self, index: int, group: IdentityGroup) -> dict[int, list[str]]:
        """Records of other sources and things that share a value with this one, and the kinds of value."""
        record = self._matching.compared[index]
        hinted: dict[int, list[str]] = {}
        for hint, carriers in self._shared_values(record):
            if len(carriers) <= _MOST_CARRIERS:
                for other in carriers:
                    if self._matching.compared[other].source != record.source and other not in group.members:
                        hints = hinted.setdefault(other, [])
                        if hint not in hints:
                            hints.append(hint)
        return hinted

    def _shared_values(self, record: CanonicalRecord) -> Iterator[tuple[str, Collection[int]]]:
        """Kinds of value that may hint at a match, and all records that carry the record's."""
        assert self._hints is not None, "prepare first"
        index = self._matching.index
        for number in numbers_of(record):
            yield "serial number", index.numbers.of(number)
            yield "serial number as tag", self._hints.tags.of(number)
            form = look_alike_form(number)
            if len(form) >= SHORTEST_FORM:
                yield "look-alike serial numbers", self._hints.forms.of(form)
        if record.tag:
            yield "tag", self._hints.tags.of(record.tag)
            yield "serial number as tag", index.numbers.of(record.tag)
        if record.host:
            yield "host name", self._hints.hosts.of(record.host)
        if record.card and not record.virtual:
            yield "network card", index.cards.of(record.card)

    def _judge(
        self, index: int, other: int, hints: list[str], group: IdentityGroup
    ) -> PossibleMatchPair | None:
        """The pair with its score, or None if it is certainly different, or too little speaks for it."""
        matching = self._matching
        lhs, rhs = matching.compared[index], matching.compared[other]
        rival = matching.group_of(other)
        if self._certainly_different(group, rival):
            return None
        if "serial number" in hints and "look-alike serial numbers" in hints:
            hints = [hint for hint in hints if hint != "look-alike serial numbers"]
        declared = lhs.tag_scope is not None and lhs.tag_scope == rhs.tag_scope
        agreement = self._agreements.get(frozenset({lhs.source, rhs.source}))
        if "tag" in hints and not declared and agreement is not None and agreement.is_foreign:
            hints = [hint for hint in hints if hint != "tag"]
        hosts_differ = bool(lhs.host and rhs.host and lhs.host != rhs.host)
        if "serial number" in hints and hosts_differ:
            return None  # a number that machines of different names share, as clones and blades do
        models_agree = bool(lhs.model and rhs.model and same_model(lhs.model, rhs.model))
        vetoes = Vetoes(matching.decisions.different, matching.shared)
        against = list(vetoes.against([lhs], [rhs], IdentityRule.ASSET_TAG))
        if "serial number as tag" in hints:  # the tag was typed into the serial number: it is none
            against = [reason for reason in against if not reason.startswith("serial numbers differ")]
        if hosts_differ:
            against.append(f"host names differ: {lhs.host}, {rhs.host}")
        score = sum(_HINTS["declared tag" if hint == "tag" and declared else hint] for hint in hints)
        score += models_agree - len(against) * 2 + hosts_differ
        for record, joined in ((lhs, rival), (rhs, group)):
            if any(matching.compared[member].source == record.source for member in joined.members):
                against.append(f"another record of {record.source} is joined to the other")
                score -= 1
        if score < _NEEDED or not hints:
            return None
        return PossibleMatchPair(
            index, other, score, tuple(self._reason(hint, lhs, rhs) for hint in hints), tuple(against)
        )

    def _certainly_different(self, group: IdentityGroup, rival: IdentityGroup) -> bool:
        """Declared different, of different makers, or of models that contradict each other, on any of their records."""
        compared = self._matching.compared
        ours = [compared[index] for index in group.members]
        theirs = [compared[index] for index in rival.members]
        different = self._matching.decisions.different
        if different and any(record.id in different.get(other.id, ()) for record in ours for other in theirs):
            return True
        families = {record.family for record in ours if record.family}
        others = {record.family for record in theirs if record.family}
        if families and others and families.isdisjoint(others):
            return True
        if any(a.model and b.model and not same_model(a.model, b.model) for a in ours for b in theirs):
            return True
        numbers = whole_numbers(ours, self._matching.shared)
        rivals = whole_numbers(theirs, self._matching.shared)
        sources = {record.source for record in ours} & {record.source for record in theirs}
        return bool(sources and numbers and rivals) and not any(
            is_near(a, b) for a in numbers for b in rivals
        )

    @staticmethod
    def _reason(hint: str, lhs: CanonicalRecord, rhs: CanonicalRecord) -> str:
        match hint:
            case "tag":
                shared = (
                    "declared to be shared"
                    if lhs.tag_scope is not None and lhs.tag_scope == rhs.tag_scope
                    else "not declared to be shared"
                )
                return f"asset tags are equal: {lhs.tag}, {shared}"
            case "serial number as tag":
                return f"one's serial number is the other's asset tag: {lhs.tag if lhs.tag in rhs.numbers else rhs.tag}"
            case "host name":
                return f"host names are equal: {lhs.host}"
            case "network card":
                return f"network cards are equal: {lhs.card}"
            case "look-alike serial numbers":
                return f"serial numbers look alike: {', '.join(numbers_of(lhs)[:1] + numbers_of(rhs)[:1])}"
        common = set(numbers_of(lhs)) & set(numbers_of(rhs))
        return f"serial numbers are equal: {min(common, default='')}"
