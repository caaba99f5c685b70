"""
Number blocks: all records that carry one serial number, and what that number is worth. The data itself unmasks
numbers that identify nothing: no list has to know them.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from gateway.identity.compared import CanonicalRecord
from gateway.identity.models import same_model
from gateway.identity.placeholders import is_mixed, is_weak
from gateway.identity.rules import IdentityRule, JoinProposal
from gateway.identity.shared_numbers import LARGEST_BLOCK, is_wordy, sharing
from gateway.identity.vetoes import anything_against

_BELIEVED_LENGTH = 7


class NumberBlock(NamedTuple):
    """
    A number's worth: why it is shared by several things ("" if it is not), the joins that it proposes, and the
    carriers that need a second identifier.
    """

    shared: str
    proposals: tuple[JoinProposal, ...]
    contested: Sequence[int]


class _BlockCarriers:
    """
    Carriers of a number, by how they carry it. `firm`: as their own number or behind the label of the maker that
    they name.
    """

    def __init__(self, number: str, carriers: Iterable[int], compared: Sequence[CanonicalRecord]) -> None:
        self.number = number
        self.compared = compared
        self.firm: list[int] = []
        self.labelled: set[int] = set()
        self.guesses: list[tuple[int, str]] = []  # no maker named: may be behind the label of this one
        self.tags: list[int] = []
        for index in carriers:
            record = compared[index]
            if number in record.numbers:
                self.firm.append(index)
            elif number == record.tag_as_number:
                self.tags.append(index)
            elif record.family:
                self.firm.append(index)
                self.labelled.add(index)
            else:
                self.guesses.extend(
                    (index, family) for family, reading in record.readings if reading == number
                )

    @property
    def has_unnamed(self) -> bool:
        """True if one of them names no maker."""
        return any(not self.compared[index].family for index in self.firm)

    def of_family(self, family: str) -> list[int]:
        return [index for index in self.firm if self.compared[index].family == family]


def judge_number(number: str, carriers: Collection[int], compared: Sequence[CanonicalRecord]) -> NumberBlock:
    """Worth of a number that two or more records carry, by index into `compared`."""
    parts = _BlockCarriers(number, carriers, compared)
    firm = parts.firm
    if not firm:
        return NumberBlock("", (), ())
    if len(firm) <= LARGEST_BLOCK:
        firm.sort(key=lambda index: compared[index].id)
    if reason := sharing([compared[index] for index in firm[: LARGEST_BLOCK + 1]]):
        return NumberBlock(reason, (), (*firm, *parts.tags))
    if is_wordy(number, [compared[index] for index in firm]):
        return NumberBlock("", (), (*firm, *parts.tags))
    typed = [
        index for index in firm if compared[index].has_tag_as_serial and compared[index].numbers[0] == number
    ]
    if len(typed) > 1:  # the tag, typed into the serial number, on both sides
        firm = parts.firm = [index for index in firm if index not in typed]
    families = dict.fromkeys(compared[index].family for index in firm if compared[index].family)
    groups = {family: parts.of_family(family) for family in families if not is_weak(number, family)}
    if not is_weak(number, ""):
        if parts.tags or not groups or parts.has_unnamed:
            _assign_unnamed(parts, families, groups)
        _assign_guesses(parts, groups)
    assigned = {index for group in groups.values() for index in group}
    contested = [index for index in firm if index not in assigned] if len(firm) > 1 else []
    if contested and len(contested) < len(firm):
        contested = firm
    proposals = [proposal for group in groups.values() for proposal in _proposals(parts, group)]
    return NumberBlock("", tuple(proposals), contested)


def _assign_unnamed(parts: _BlockCarriers, families: Iterable[str], groups: dict[str, list[int]]) -> None:
    """Adds records without a maker, and those with the number as their tag, to the group that they fit."""
    compared = parts.compared
    unnamed = [index for index in parts.firm if not compared[index].family]
    believed = len(parts.number) >= _BELIEVED_LENGTH and is_mixed(parts.number)
    believed = believed and not any(compared[index].words for index in parts.firm)
    members = {family: parts.of_family(family) for family in families}
    if not members:
        groups[""] = _agreeing(unnamed, compared, believed=believed)
    rivals = {compared[index].model for index in unnamed if compared[index].model}
    for index in unnamed if members else ():
        family = _fitting_family(index, members, compared, believed=believed, rivals=rivals)
        if family in groups:
            groups[family].append(index)
    if members:
        assigned = {index for group in groups.values() for index in group}
        unassigned = _agreeing(
            [index for index in unnamed if index not in assigned], compared, believed=False
        )
        if len(unassigned) > 1:
            groups[""] = unassigned
    tags = parts.tags if len(parts.number) >= _BELIEVED_LENGTH else []
    if len({compared[index].tag_scope for index in tags}) > 1 or (
        len(tags) > 1 and compared[tags[0]].tag_scope is None
    ):
        return
    for index in tags:
        own = compared[index].family
        targets = {own: members[own]} if own in members else {} if own and members else members
        if not members:
            fits = bool(groups[""]) and _fits(index, groups[""], compared, believed=believed)
            family = "" if fits else None
        else:
            family = _fitting_family(index, targets, compared, believed=believed, rivals=rivals)
        if family is not None and groups.get(family):
            groups[family].append(index)


def _fitting_family(
    index: int,
    members: dict[str, list[int]],
    compared: Sequence[CanonicalRecord],
    *,
    believed: bool,
    rivals: set[tuple[str, ...]],
) -> str | None:
    """The one family in play whose models the record fits; without a model, the only one in play."""
    model = compared[index].model
    if len(members) == 1:
        family, group = next(iter(members.items()))
        if not model and any(not _agrees(rival, group, compared) for rival in rivals):
            return None  # another thing without a maker carries the number: it may be that one's
        return family if _fits(index, group, compared, believed=believed) else None
    fitting = [
        family for family, group in members.items() if model and _fits(index, group, compared, believed=False)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _fits(index: int, group: Sequence[int], compared: Sequence[CanonicalRecord], *, believed: bool) -> bool:
    """
    The record's model agrees with all of the group's; where none is told on either side, the number must be
    believed.
    """
    model = compared[index].model
    models = [compared[other].model for other in group if other != index and compared[other].model]
    if not model or not models:
        return believed and not any(
            anything_against(compared[index], compared[other]) for other in group if other != index
        )
    return all(same_model(model, other) for other in models)


def _agrees(model: tuple[str, ...], group: Sequence[int], compared: Sequence[CanonicalRecord]) -> bool:
    return all(not compared[other].model or same_model(model, compared[other].model) for other in group)


def _agreeing(unnamed: Sequence[int], compared: Sequence[CanonicalRecord], *, believed: bool) -> list[int]:
    """Records without a maker that may be one thing: if their models contradicted, the number would be shared."""
    if believed and any(anything_against(compared[a], compared[b]) for a, b in combinations(unnamed, 2)):
        return []
    if believed:
        return list(unnamed)
    with_model = [index for index in unnamed if compared[index].model]
    models = {compared[index].model for index in with_model}
    return with_model if all(same_model(a, b) for a, b in combinations(models, 2)) else []


def _assign_guesses(parts: _BlockCarriers, groups: dict[str, list[int]]) -> None:
    """
    Adds a record without a maker that may have this number behind a maker's label: only to one that names this
    maker and has the number.
    """
    for index, family in parts.guesses:
        owners = [
            other for other in groups.get(family, ()) if other not in parts.labelled and other in parts.firm
        ]
        if any(parts.compared[other].family == family for other in owners) and _agrees(
            parts.compared[index].model, owners, parts.compared
        ):
            groups[family].append(index)
            parts.labelled.add(index)


def _proposals(parts: _BlockCarriers, group: Sequence[int]) -> list[JoinProposal]:
    """Rule 2 for records with the number itself; rule 3 for those that have it behind a label or as their tag."""
    if len(group) < 2:
        return []
    whole = [index for index in group if index not in parts.labelled and index not in parts.tags]
    proposals = []
    if len(whole) > 1:
        proposals.append(JoinProposal(IdentityRule.SERIAL_NUMBER, tuple(whole), parts.number))
    if len(whole) < len(group):
        proposals.append(JoinProposal(IdentityRule.LABEL, tuple(group), parts.number))
    return proposals
