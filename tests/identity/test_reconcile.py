from datetime import UTC, date, datetime
from typing import Any

import pytest

from gateway.identity import (
    PersonValue,
    PlaceValue,
    ReconcilePolicy,
    RecordValues,
    TermValue,
    conflicts,
    reconcile,
)


def _record(source: str, day: int | None = None, **values: Any) -> RecordValues:
    changed_at = datetime(2026, 1, day, tzinfo=UTC) if day else None
    return RecordValues(f"{source}:Asset:1", source, values, changed_at)


def test_the_operators_order_stands_before_the_vendors_and_empty_is_no_value() -> None:
    records = [
        _record("tether", purchaseCost="10.00", status="UNKNOWN", name=""),
        _record("revnue", purchaseCost="12.00", status="IN_USE", name="b"),
        _record("halo", purchaseCost="11.00", name="h"),
    ]
    policy = ReconcilePolicy(
        {"default": ("halo",), "purchaseCost": ("sap", "tether")},
        {"purchaseCost": ("revnue",), "status": ("tether",)},
    )
    chosen = reconcile(records, policy)
    assert {name: value.source for name, value in chosen.items()} == {
        "purchaseCost": "tether",
        "status": "revnue",
        "name": "halo",
    }
    assert (
        reconcile(records, ReconcilePolicy({}, {"purchaseCost": ("revnue",)}))["purchaseCost"].value
        == "12.00"
    )


def test_newest_counts_only_sources_that_tell_a_time() -> None:
    records = [_record("tether", name="t"), _record("fiwit", 2, name="f"), _record("halo", 3, name="h")]
    assert reconcile(records, ReconcilePolicy({"name": "newest"}))["name"].value == "h"
    assert reconcile(records[:1], ReconcilePolicy({"name": "newest"}))["name"].value == "t"


def test_most_counts_values_that_say_the_same() -> None:
    records = [_record("a", model="L13"), _record("b", model="ThinkPad T14s"), _record("c", model="T14s")]
    assert reconcile(records, ReconcilePolicy({"default": "most"}))["model"].source == "b"


def test_a_warranty_comes_whole_from_one_record() -> None:
    records = [
        _record("tether", warranty=TermValue(date(2027, 1, 1), "tether's")),
        _record("revnue", warranty=TermValue(date(2026, 1, 1), "revnue's")),
    ]
    chosen = reconcile(records, ReconcilePolicy({}, {"warranty": ("revnue", "tether")}))
    assert chosen["warranty"].value == TermValue(date(2026, 1, 1), "revnue's")


@pytest.mark.parametrize(
    ("field", "lhs", "rhs", "differ"),
    [
        ("manufacturer", "Hewlett-Packard", "HPE", False),
        ("manufacturer", "Dell", "HPE", True),
        ("manufacturer", "S3S", "Vexa", False),
        ("model", "ThinkPad T14s", "T14s", False),
        ("model", "T14s", "L13", True),
        ("location", PlaceValue("Head-Office", "DE"), PlaceValue("head office", "Germany"), False),
        ("location", PlaceValue("Berlin", "DE"), PlaceValue("Berlin", "France"), True),
        ("assignedTo", PersonValue("Doe, Jane"), PersonValue("Jane Doe", "jane@example.com"), False),
        (
            "assignedTo",
            PersonValue("J. Doe", "Jane@example.com"),
            PersonValue("Jane Doe", "jane@example.com"),
            False,
        ),
        ("assignedTo", PersonValue("Jane Doe"), PersonValue("John Doe"), True),
        ("purchaseDate", date(2024, 1, 1), date(2024, 1, 2), False),
        ("purchaseDate", date(2024, 1, 1), date(2024, 1, 3), True),
        ("purchaseCost", "10.00", "10.01", False),
        ("purchaseCost", "10.00", "10.02", True),
        ("status", "RETIRED", "IN_USE", True),
        ("status", "UNKNOWN", "IN_USE", False),
        ("serialNumber", "1S20XWCTO1WWPF3K7QJD", "pf3k7qjd", False),
        ("warranty", TermValue(date(2024, 1, 1)), TermValue(date(2025, 1, 1)), True),
        ("ipAddress", "::1", "0:0:0:0:0:0:0:1", False),
        ("macAddress", "A0-29-19-44-00-7E", "a0:29:19:44:00:7e", False),
    ],
)
def test_values_are_compared_fairly(field: str, lhs: object, rhs: object, *, differ: bool) -> None:
    records = [
        RecordValues(f"{source}:Asset:1", source, {field: value})
        for source, value in (("a", lhs), ("b", rhs))
    ]
    assert [conflict.field for conflict in conflicts(records, ReconcilePolicy())] == (
        [field] if differ else []
    )
    assert bool(conflicts(records[::-1], ReconcilePolicy())) == differ
