"""
Ids of unified assets: `unified:UnifiedAsset:NUMBER`, made of the serial number where it identifies the thing, else
of a record's id. They depend neither on which sources answer nor on how many records there are; an id once made
finds the thing as long as a record with that number, or that record, is there.
"""

import hashlib
from collections.abc import Iterable

from gateway.identity.compared import CanonicalRecord
from gateway.identity.components import numbers_of
from gateway.identity.matching import IdentityGroup, Matching
from gateway.identity.placeholders import is_mixed, is_weak

UNIFIED_SOURCE = "unified"
_PREFIX = "unified:UnifiedAsset:"
_LONGEST_NUMBER = 64
_FAMILY_MARK = "~"  # no canonical number has it: before the maker, of numbers that several makers may give


def unified_id(matching: Matching, group: IdentityGroup) -> str:
    """Id of a thing."""
    records = [matching.compared[index] for index in group.members]
    family = next((record.family for record in records if record.family), "")
    number = principal_number(records, matching.shared)
    if number:
        carriers = matching.index.numbers.of(number)
        rivals = {matching.compared[index].family for index in carriers if index not in group.members}
        if not family and not rivals and is_mixed(number):
            return _PREFIX + _bounded(number)
        if family and family not in rivals:
            alone = is_mixed(number) and rivals <= {""}
            return _PREFIX + _bounded(number) + ("" if alone else _FAMILY_MARK + family)
    return _PREFIX + records[0].id


def principal_number(records: Iterable[CanonicalRecord], shared: Iterable[str]) -> str:
    """
    The serial number that a thing is known by: off the maker's label; an integrator's own count only if there is no
    other.
    """
    family = next((record.family for record in records if record.family), "")
    numbers: dict[str, bool] = {}
    for record in records:
        for number in record.numbers:
            bare = (
                next((reading for maker, reading in record.readings if maker == family), number)
                if record.readings and number == record.numbers[0]
                else number
            )
            if number in shared or bare in shared or (bare not in numbers and is_weak(bare, family)):
                continue
            numbers[bare] = numbers.get(bare, False) or (
                record.secondary != "" and number == record.secondary
            )
    if len(numbers) == 1:
        return next(iter(numbers))
    return min(numbers, key=lambda number: (numbers[number], number), default="")


def find_things(matching: Matching, global_id: str) -> list[IdentityGroup]:
    """
    Things that an id may mean: one, as a rule; none if it is no unified asset's or nothing has it; several if they
    share the number.
    """
    if not global_id.startswith(_PREFIX):
        return []
    key = global_id.removeprefix(_PREFIX)
    if ":" in key:
        index = matching.position(key)
        return [] if index is None else [matching.group_of(index)]
    number, _, family = key.partition(_FAMILY_MARK)
    groups = dict.fromkeys(matching.group_of(index) for index in matching.index.numbers.of(number))
    if family:
        groups = dict.fromkeys(group for group in groups if _families(matching, group) <= {"", family})
    exact = [group for group in groups if unified_id(matching, group) == global_id]
    return exact or list(groups)


def serial_numbers(records: Iterable[CanonicalRecord]) -> list[str]:
    """All serial numbers of a thing as compared, each once; those behind a label of the thing's own maker only."""
    return sorted(
        {
            number
            for record in records
            for number in numbers_of(record)
            if number in record.numbers or record.family
        }
    )


def _families(matching: Matching, group: IdentityGroup) -> set[str]:
    return {matching.compared[index].family for index in group.members}


def _bounded(number: str) -> str:
    """
    The number, or, where it is no length for an id, its digest: such an id finds nothing once the rows have
    changed.
    """
    return number if len(number) <= _LONGEST_NUMBER else hashlib.sha256(number.encode()).hexdigest()
