"""Report on a matching: joins by rule, numbers unmasked, and tags that look shared and would be worth declaring."""

from collections import Counter
from typing import NamedTuple

from gateway.identity.matching import Matching, Steps
from gateway.identity.rules import IdentityRule
from gateway.identity.tag_agreement import TagAgreement, tag_agreements


class MatchingReport(NamedTuple):
    """
    Counts of a matching. `unmasked`: numbers that identify nothing, and why, most carried first. `tags`: pairs of
    sources by name.
    """

    records: int
    things: int
    joins: dict[IdentityRule, int]
    unmasked: tuple[tuple[str, int, str], ...]
    tags_worth_declaring: tuple[tuple[str, str, TagAgreement], ...]


class MatchingReporter:
    """Makes the report in steps, for a matching that must not hold up others."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        self.report: MatchingReport | None = None

    def steps(self) -> Steps:
        """Makes `report`."""
        matching = self._matching
        agreements = yield from tag_agreements(matching)
        joins: Counter[IdentityRule] = Counter()
        things = 0
        for group in matching.groups():
            things += 1
            joins.update(IdentityRule(evidence.rule) for evidence in group.evidence)
            if not things % 64:
                yield
        carried = (
            (number, len(matching.index.numbers.of(number)), why) for number, why in matching.shared.items()
        )
        self.report = MatchingReport(
            records=len(matching),
            things=things,
            joins=dict(sorted(joins.items())),
            unmasked=tuple(sorted(carried, key=lambda item: (-item[1], item[0]))),
            tags_worth_declaring=tuple(
                (min(pair), max(pair), agreement)
                for pair, agreement in sorted(agreements.items(), key=lambda item: sorted(item[0]))
                if agreement.is_shared and not self._declared(pair)
            ),
        )

    def _declared(self, pair: frozenset[str]) -> bool:
        scopes = [
            {number for (source, _), number in self._matching.decisions.tag_scopes.items() if source == name}
            for name in sorted(pair)
        ]
        return not scopes[0].isdisjoint(scopes[1])
