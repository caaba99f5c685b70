"""Halo meter readings. Halo API, "DeviceMeterReading"."""

from datetime import tzinfo
from decimal import Decimal

from gateway.connector.description import convert
from gateway.connector.description.fields import (
    computed,
    flag,
    free_text,
    identity,
    link,
    money,
    query_param,
    text,
)
from gateway.connector.description.resource import Get, Resource
from gateway.connector.description.row_types import Row
from gateway.vendors.halo.lists import NO_ID, moment, paged_list
from gateway.vendors.halo.writes import READING_ACTIONS


def meter_readings(zone: tzinfo) -> Resource:
    """Readings of devices' counters."""
    return Resource(
        type="MeterReading",
        list=paged_list("/MeterReading", "meterreadings", "readings"),
        get=Get(path="/MeterReading/{id}", params={"includedetails": "true"}),
        actions=READING_ACTIONS,
        filters={"assetId": query_param("asset_id", exact=True)},
        fields={
            "native_id": identity("id"),
            "meter_name": text("meter_name"),
            "reading": money("reading"),
            "previous_reading": money("previous_reading"),
            "delta": computed(_delta, "reading", "previous_reading"),
            "taken_at": moment("timestamp", zone=zone),
            "taken_by": text("who"),
            "reason": free_text("reason"),
            "reviewed": flag("reviewed"),
            "warning": free_text("_warning"),
        },
        links={
            "asset": link("Asset", "asset_id", null_ids=NO_ID),
            "ticket": link("Ticket", "ticket_id", null_ids=NO_ID),
        },
    )


def _delta(row: Row) -> Decimal | None:
    reading, previous = convert.decimal(row.get("reading")), convert.decimal(row.get("previous_reading"))
    return None if reading is None or previous is None else reading - previous
