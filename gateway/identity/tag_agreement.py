"""
Tag agreement: how often two sources write the same tag on what other identifiers have joined. It tells which are
worth declaring.
"""

from collections.abc import Generator
from typing import NamedTuple

from gateway.identity.matching import Matching
from gateway.identity.rules import IdentityRule

_FEWEST = 5  # pairs that are needed to say anything
_STEP_GROUPS = 64


class TagAgreement(NamedTuple):
    """Pairs of records of two sources joined by serial number that both have a tag, and those whose tags are equal."""

    pairs: int
    equal: int

    @property
    def is_foreign(self) -> bool:
        """The two sources number their things differently: an equal tag means nothing."""
        return self.pairs >= _FEWEST and self.equal * 2 < self.pairs

    @property
    def is_shared(self) -> bool:
        """The two sources look as if they shared their tags."""
        return self.pairs >= _FEWEST and self.equal * 50 >= self.pairs * 49


def tag_agreements(matching: Matching) -> Generator[None, None, dict[frozenset[str], TagAgreement]]:
    """Agreement by pair of sources; yields between its steps."""
    counts: dict[frozenset[str], TagAgreement] = {}
    for count, group in enumerate(matching.groups()):
        if not count % _STEP_GROUPS:
            yield
        if len(group.members) < 2 or any(evidence.rule not in _BY_NUMBER for evidence in group.evidence):
            continue
        tagged = [record for record in map(matching.compared.__getitem__, group.members) if record.tag]
        for position, lhs in enumerate(tagged):
            for rhs in tagged[:position]:
                if lhs.source != rhs.source:
                    key = frozenset({lhs.source, rhs.source})
                    pairs, equal = counts.get(key, (0, 0))
                    counts[key] = TagAgreement(pairs + 1, equal + (lhs.tag == rhs.tag))
    return counts


_BY_NUMBER = (IdentityRule.SERIAL_NUMBER, IdentityRule.LABEL)
