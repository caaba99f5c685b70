"""Things: unified assets as resolvers hand them on, made of one operation's records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.connector.records.record import Record
from gateway.identity.matching_view import ThingEvidence, ThingRecords
from resolvers.identity.reading import AssetReading

RecordEvidence = Mapping[str, Any]
"""A join of two records, by the schema's names: `rule`, `left`, `right`, `value`."""


@dataclass(frozen=True, eq=False)
class Thing:
    """
    A unified asset. `is_single`: it was asked for by itself, so that values that only a record's own call tells are
    read, too; in lists only those that the sources' lists tell.
    """

    id: str
    records: Sequence[Record]
    matched_by: Sequence[str]
    evidence: Sequence[RecordEvidence]
    serial_numbers: Sequence[str]
    complete: bool
    as_of: datetime
    is_single: bool = False

    @property
    def type_name(self) -> str:
        """The schema's type."""
        return "UnifiedAsset"


def make_thing(reading: AssetReading, thing: ThingRecords, *, is_single: bool = False) -> Thing:
    """A thing with its records out of a reading."""
    records = reading.records(thing.records)
    return Thing(
        id=thing.id,
        records=records,
        matched_by=thing.matched_by,
        evidence=make_evidence(reading, thing.evidence),
        serial_numbers=thing.serial_numbers,
        complete=reading.complete,
        as_of=reading.as_of,
        is_single=is_single,
    )


def make_evidence(reading: AssetReading, evidence: Sequence[ThingEvidence]) -> list[RecordEvidence]:
    """Evidence with its records."""
    return [
        {
            "rule": item.rule,
            "left": reading.record(item.lhs),
            "right": reading.record(item.rhs),
            "value": item.value or None,
        }
        for item in evidence
    ]
