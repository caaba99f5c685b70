"""
Explanation: why records are one thing, or are not: the rules, what spoke against it, the values as written and as
compared.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from typing import NamedTuple

from gateway.identity.compared import CanonicalRecord
from gateway.identity.components import numbers_of
from gateway.identity.matching import Matching
from gateway.identity.placeholders import is_weak
from gateway.identity.record import IdentityRecord
from gateway.identity.rules import Evidence, IdentityRule
from gateway.identity.shared_numbers import LARGEST_BLOCK, is_wordy
from gateway.identity.vetoes import Vetoes


class ValueComparison(NamedTuple):
    """A value as written and as compared (None where nothing is left of it), if it identifies, and why or why not."""

    field: str
    written: str | None
    compared: str | None
    identifies: bool
    why: str | None = None


class RecordComparison(NamedTuple):
    """A record, by index, and its values."""

    position: int
    values: tuple[ValueComparison, ...]


class MatchExplanation(NamedTuple):
    """If the records are one thing, the evidence for it, and what spoke against it."""

    joined: bool
    evidence: tuple[Evidence, ...]
    against: tuple[str, ...]
    records: tuple[RecordComparison, ...]


def explain(matching: Matching, indices: Sequence[int]) -> MatchExplanation:
    """
    Explains two and more records, by index: the evidence of their groups, and what spoke against those that were
    not joined.
    """
    groups = list(dict.fromkeys(matching.group_of(index) for index in indices))
    evidence = dict.fromkeys(item for group in groups for item in group.evidence)
    against: list[str] = []
    for lhs, rhs in combinations(groups, 2):
        against += _against(matching, lhs.members, rhs.members)
    records = tuple(RecordComparison(index, tuple(_values(matching, index))) for index in indices)
    return MatchExplanation(len(groups) == 1, tuple(evidence), tuple(dict.fromkeys(against)), records)


def _against(matching: Matching, lhs: Sequence[int], rhs: Sequence[int]) -> Iterator[str]:
    ours = [matching.compared[index] for index in lhs]
    theirs = [matching.compared[index] for index in rhs]
    common = {number for record in ours for number in numbers_of(record)} & {
        number for record in theirs for number in numbers_of(record)
    }
    family = next((record.family for record in (*ours, *theirs) if record.family), "")

    identifying = False
    for number in sorted(common):
        carriers = islice(matching.index.numbers.of(number), LARGEST_BLOCK)
        if number in matching.shared:
            yield f"{number} identifies nothing: {matching.shared[number]}"
        elif is_weak(number, family):
            yield f"{number} is weak: it is good only with a second identifier"
        elif is_wordy(number, [matching.compared[index] for index in carriers]):
            yield f"{number} looks like words that people type: it is good only with a second identifier"
        else:
            identifying = True
    rule = IdentityRule.SERIAL_NUMBER if common else IdentityRule.ASSET_TAG
    reasons = list(Vetoes(matching.decisions.different, matching.shared).against(ours, theirs, rule))
    yield from reasons
    if not common and not reasons:
        yield "no rule ties them: no serial number, declared tag, or network card with host name is equal"
    elif identifying and not reasons:
        yield "the number alone is not enough: a maker or a model is missing, and it fits more than one thing"


def _values(matching: Matching, index: int) -> Iterator[ValueComparison]:
    row, record = matching.rows[index], matching.compared[index]
    assert row is not None
    yield _number(
        "serialNumber",
        row.serial_number,
        record.numbers[0] if record.numbers and record.numbers[0] != record.secondary else "",
        record,
        matching,
    )
    if row.secondary_serial_number:
        yield _number(
            "secondarySerialNumber", row.secondary_serial_number, record.secondary, record, matching
        )
    yield from _plain_values(row, record)


def _number(
    field: str, written: str | None, number: str, record: CanonicalRecord, matching: Matching
) -> ValueComparison:
    if not written:
        return ValueComparison(field, written, None, identifies=False, why="no value")
    if not number or number not in record.numbers:
        why = (
            "it is the record's own asset tag"
            if record.has_tag_as_serial
            else "a placeholder, too short, or ignored by the operator"
        )
        return ValueComparison(field, written, None, identifies=False, why=why)
    if number in matching.shared:
        return ValueComparison(field, written, number, identifies=False, why=matching.shared[number])
    if is_weak(number, record.family):
        return ValueComparison(
            field, written, number, identifies=False, why="weak: good only with a second identifier"
        )
    forms = ", ".join(f"{reading} as {family}'s label" for family, reading in record.readings)
    return ValueComparison(field, written, number, identifies=True, why=forms or None)


def _plain_values(row: IdentityRecord, record: CanonicalRecord) -> Iterator[ValueComparison]:
    if row.asset_tag:
        shared = record.tag_scope is not None
        why = (
            None
            if shared
            else "it stands for the serial number"
            if record.tag_as_number
            else "its source is not declared to share tags"
        )
        yield ValueComparison(
            "assetTag",
            row.asset_tag,
            record.tag or None,
            identifies=shared or bool(record.tag_as_number),
            why=why,
        )
    if row.name:
        why = "with a network card or a shared number" if record.host else "it is no host name of its own"
        yield ValueComparison("name", row.name, record.host or None, identifies=False, why=why)
    if row.mac_address:
        why = "a virtual machine's" if record.virtual else "with a host name or a shared number"
        yield ValueComparison("macAddress", row.mac_address, record.card or None, identifies=False, why=why)
    for field, written, compared in (
        ("manufacturer", row.manufacturer, record.family),
        ("model", row.model, " ".join(record.model)),
        (
            "purchaseDate",
            row.purchase_date and row.purchase_date.isoformat(),
            row.purchase_date and row.purchase_date.isoformat(),
        ),
        (
            "warranty.endDate",
            row.warranty_end and row.warranty_end.isoformat(),
            row.warranty_end and row.warranty_end.isoformat(),
        ),
    ):
        if written:
            yield ValueComparison(
                field, written, compared or None, identifies=False, why="it can speak against a match only"
            )
