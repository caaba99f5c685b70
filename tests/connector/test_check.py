"""A vendor's description that is not sound is told of at start, with every fault and its place."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from gateway import settings
from gateway.app import open_sources, vendor_keys
from gateway.connector.description.fields import link, text
from gateway.connector.description.resource import Field, Filter, Link, Nested, Resource
from gateway.connector.fetching.check import check
from gateway.connector.fetching.source import Source
from gateway.upstream.transport.via_httpx import HttpxTransport
from tests.support.gateway import sandbox_sources


def halo() -> Source:
    environ = {f"GATEWAY_SOURCES__HALO__{key}": one for key, one in sandbox_sources()["halo"].items()}
    return open_sources(settings.load(config=None, environ=environ, vendors=vendor_keys()), HttpxTransport())[
        "halo"
    ]


def spoilt(**resources: Resource) -> Source:
    found = halo()
    return dataclasses.replace(found, resources={**found.resources, **resources})


def with_field(name: str, one: Field) -> Source:
    asset = halo().resources["Asset"]
    return spoilt(Asset=dataclasses.replace(asset, fields={**asset.fields, name: one}))


def test_a_sound_description_has_no_faults() -> None:
    assert list(check(halo())) == []


FAULTS: dict[str, tuple[Callable[[], Source], str]] = {
    "a part": (
        lambda: with_field("notes", text("notes", detail="nowhere")),
        "Asset.notes: there is no part 'nowhere'",
    ),
    "a table": (
        lambda: with_field("model", Field(read=lambda _row, _tables: None, refs=("Models",))),
        "Asset.model: there is no table Models",
    ),
    "a type": (
        lambda: spoilt(Boat=Resource(type="Boat", fields={"native_id": text("id")})),
        "Boat: there is no such type",
    ),
    "an id": (
        lambda: spoilt(Order=dataclasses.replace(halo().resources["Contract"], type="Order", fields={})),
        "Order: native_id is missing",
    ),
    "a way": (
        lambda: spoilt(Order=Resource(type="Order", fields={"native_id": text("id")})),
        "Order: nothing gives such records",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_with_its_place(name: str) -> None:
    make, fault = FAULTS[name]
    assert fault in list(check(make()))


def test_a_filter_a_link_and_a_nested_list_of_something_unknown() -> None:
    asset: Any = halo().resources["Asset"]
    broken = dataclasses.replace(
        asset,
        filters={**asset.filters, "colour": Filter(push=lambda _op, _asked: None)},
        links={
            **asset.links,
            "boat": link("Boat", "boat_id"),
            "car": Link(type="Car", id=lambda _row, _tables: None),
        },
        nested={**asset.nested, "boats": Nested(type="Boat", read=lambda _: ())},
    )
    assert set(check(spoilt(Asset=broken))) == {
        "Asset: colour is no filter of it",
        "Asset.boat: the vendor has no Boat",
        "Asset.car: the vendor has no Car",
        "Asset.boats: the vendor has no Boat",
        "Asset.boat: there is no such field",
        "Asset.boats: there is no such field: did you mean notes?",
        "Asset.car: there is no such field",
    }


def test_all_faults_are_told_at_once() -> None:
    asset = halo().resources["Asset"]
    fields = {**asset.fields, "notes": text("notes", detail="x"), "model": text("model", detail="y")}
    assert len(list(check(spoilt(Asset=dataclasses.replace(asset, fields=fields))))) == 2
