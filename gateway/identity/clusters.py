"""Clusters: records joined so far. Joins of one proposal are decided together, so that no order decides them."""

from collections.abc import Sequence

from gateway.identity.compared import CanonicalRecord
from gateway.identity.rules import Evidence, IdentityRule, JoinProposal
from gateway.identity.vetoes import LARGEST_GROUP, Vetoes


class Cluster:
    """Indices of records that are one thing, and the evidence for it."""

    __slots__ = ("declared", "evidence", "members")

    def __init__(self, index: int) -> None:
        self.members = [index]
        self.evidence: list[Evidence] = []
        self.declared = False


class Clusters:
    """The clusters of one component of tied records."""

    def __init__(self, compared: Sequence[CanonicalRecord], vetoes: Vetoes) -> None:
        self._compared = compared
        self._vetoes = vetoes
        self._by_index: dict[int, Cluster] = {}

    def of(self, index: int) -> Cluster:
        """The record's cluster."""
        cluster = self._by_index.get(index)
        if cluster is None:
            cluster = self._by_index[index] = Cluster(index)
        return cluster

    def repeated(self) -> list[Cluster]:
        """Clusters of two records and more, each once."""
        return list(
            {id(cluster): cluster for cluster in self._by_index.values() if len(cluster.members) > 1}.values()
        )

    def declare(self, members: Sequence[int]) -> None:
        """Joins records as the operator says, whatever speaks against it."""
        proposal = JoinProposal(IdentityRule.DECLARED, tuple(members), "")
        for index in members[1:]:
            self._unite(members[0], index, proposal)
        self.of(members[0]).declared = True

    def join(self, proposal: JoinProposal) -> bool:
        """
        Joins the proposal's records where nothing speaks against it. If something speaks against some of them, only
        those are joined of whom all may be: a record that fits two things that differ goes to neither. Answers if
        nothing spoke against it.
        """
        compared = self._compared
        members = sorted(proposal.members, key=lambda index: compared[index].id)
        first: dict[int, int] = {}
        for index in members:
            first.setdefault(id(self.of(index)), index)
        heads = list(first.values())
        if len(heads) < 2:
            return True
        if len(heads) > LARGEST_GROUP:
            return False
        refused: set[tuple[int, int]] = set()
        for position, rhs in enumerate(heads):
            for lhs in heads[:position]:
                if self._refused(lhs, rhs, proposal.rule):
                    refused |= {(lhs, rhs), (rhs, lhs)}
        for clique in _cliques(heads, refused) if refused else [heads]:
            for index in clique[1:]:
                if len(clique) > 2 and self._refused(clique[0], index, proposal.rule):
                    refused.add((clique[0], index))  # each may be joined to the first, but not all of them
                else:
                    self._unite(clique[0], index, proposal)
        return not refused

    def _refused(self, lhs: int, rhs: int, rule: IdentityRule) -> bool:
        a, b = self.of(lhs), self.of(rhs)
        compared = self._compared
        if len(a.members) == len(b.members) == 1 and self._vetoes.are_clear(
            compared[lhs], compared[rhs], rule
        ):
            return False
        reasons = self._vetoes.against(
            [compared[index] for index in a.members],
            [compared[index] for index in b.members],
            rule,
            declared=a.declared or b.declared,
        )
        return next(reasons, None) is not None

    def _unite(self, lhs: int, rhs: int, proposal: JoinProposal) -> None:
        larger, smaller = self.of(lhs), self.of(rhs)
        if larger is smaller:
            return
        evidence = Evidence(
            int(proposal.rule), self._matched_by(lhs, rhs, proposal), lhs, rhs, proposal.value
        )
        if len(larger.members) < len(smaller.members):
            larger, smaller = smaller, larger
        larger.members += smaller.members
        larger.evidence += smaller.evidence
        larger.evidence.append(evidence)
        larger.declared = larger.declared or smaller.declared
        for index in smaller.members:
            self._by_index[index] = larger

    def _matched_by(self, lhs: int, rhs: int, proposal: JoinProposal) -> tuple[str, ...]:
        match proposal.rule:
            case IdentityRule.DECLARED:
                return ("declared",)
            case IdentityRule.ASSET_TAG:
                return ("assetTag",)
            case IdentityRule.CARD:
                return ("macAddress", "name")
        records = self._compared[lhs], self._compared[rhs]
        by_second = any(
            record.secondary == proposal.value and record.numbers[:1] != (proposal.value,)
            for record in records
        )
        number = "secondarySerialNumber" if by_second else "serialNumber"
        return (number, proposal.second) if proposal.second else (number,)


def _cliques(heads: Sequence[int], refused: set[tuple[int, int]]) -> list[list[int]]:
    """Connected parts of the accepted pairs within which every pair is accepted."""
    cliques: list[list[int]] = []
    remaining = list(heads)
    while remaining:
        part = [remaining.pop(0)]
        for member in part:
            accepted = [head for head in remaining if (member, head) not in refused]
            part += accepted
            remaining = [head for head in remaining if head not in accepted]
        if not any((lhs, rhs) in refused for lhs in part for rhs in part):
            cliques.append(part)
    return cliques
