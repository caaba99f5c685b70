"""Revnue: its documented samples as our records, whatever envelope they come in."""

from typing import Any

import httpx
import pytest

from tests.support.samples import of_samples, sample
from tests.support.selections import leaves
from tests.support.upstreams import answered
from tests.support.words import said

ASSET = {
    "id": "revnue:Asset:4711",
    "source": {"name": "revnue"},
    "nativeId": "4711",
    "name": "Core switch 1",
    "assetTag": "SW-0001",
    "serialNumber": "FOC1234A5B6",
    "status": "IN_USE",
    "statusRaw": "production",
    "manufacturer": "Cisco",
    "category": "Network",
    "organisation": "Operations",
    "purchaseCost": "3980.5",
    "warranty": {
        "status": "WITHIN_WARRANTY",
        "type": "oem",
        "provider": "Cisco Systems",
        "startDate": "2024-01-15",
        "endDate": "2027-01-14",
        "contactPhone": "",
        "contactEmail": "",
        "notes": "",
    },
    "support": {"status": "NONE", "type": "none", "contactPhone": "", "contactEmail": "", "notes": ""},
    "supplier": "Pennine IT Supplies Ltd",
    "depreciationSchedule": "5_year_20_percent",
    "salvageValue": "398.05",
    "notes": "",
    "customFields": [
        {
            "id": None,
            "name": "MAC address",
            "type": None,
            "value": "70:35:09:AB:12:CD",
            "displayValue": "70:35:09:AB:12:CD",
        },
        {"id": None, "name": "Rack unit", "type": None, "value": 3, "displayValue": "3"},
    ],
}
PLACE = {
    "id": "revnue:Location:asset-4711",
    "source": {"name": "revnue"},
    "nativeId": "asset-4711",
    "name": "Rack 3",
    "address": "14 Wellington Street",
    "city": "Leeds",
    "region": "West Yorkshire",
    "country": "United Kingdom",
}
OWNER = {
    "id": "revnue:Person:9",
    "source": {"name": "revnue"},
    "nativeId": "9",
    "name": "Ruth Walker",
    "email": "ruth.walker@acme.example",
    "phone": "+44 113 496 0000",
}
CONTRACT = {
    "id": "revnue:Contract:5217",
    "source": {"name": "revnue"},
    "nativeId": "5217",
    "number": "BA-2021-0001",
    "name": "Network maintenance",
    "status": "active",
    "startDate": "2024-01-01",
    "endDate": "2026-12-31",
}


async def test_the_sample_is_an_asset() -> None:
    async with of_samples("revnue") as gateway:
        listed = (await gateway.ask(f"{{ assets {{ nodes {leaves('Asset')} }} }}")).whole
        got = (await gateway.ask(f'{{ asset(id: "revnue:Asset:4711") {leaves("Asset")} }}')).whole
    assert [said(one) for one in [*listed["assets"]["nodes"], got["asset"]]] == [ASSET, ASSET]


async def test_place_and_owner_are_told_by_the_asset_without_a_call() -> None:
    query = f"{{ assets {{ nodes {{ location {leaves('Location')} assignedTo {leaves('Person')} owner {{ id }} }} }} }}"
    async with of_samples("revnue") as gateway:
        data, lines = await gateway.measure(query)
    [asset] = data["assets"]["nodes"]
    assert (said(asset["location"]), said(asset["assignedTo"]), asset["owner"]) == (
        PLACE,
        OWNER,
        {"id": OWNER["id"]},
    )
    assert lines == ["revnue /asset/"]


async def test_the_contracts_number_costs_no_call_and_the_rest_of_it_one() -> None:
    async with of_samples("revnue") as gateway:
        data, lines = await gateway.measure("{ assets { nodes { contract { id number } } } }")
        assert data["assets"]["nodes"] == [{"contract": {"id": CONTRACT["id"], "number": CONTRACT["number"]}}]
        assert lines == ["revnue /asset/"]
        query = f"{{ assets {{ nodes {{ contract {leaves('Contract')} }} }} }}"
        but = {"/contract/5217/": sample("revnue", "contracts")[0]}
    async with of_samples("revnue", but=but) as gateway:
        data, lines = await gateway.measure(query)
        assert said(data["assets"]["nodes"][0]["contract"]) == CONTRACT
        assert len(lines) == 2


async def test_the_sample_of_contracts() -> None:
    async with of_samples("revnue") as gateway:
        data = (await gateway.ask(f"{{ contracts {{ nodes {leaves('Contract')} }} }}")).whole
    assert [said(one) for one in data["contracts"]["nodes"]] == [CONTRACT]


async def test_the_sample_of_form_templates_is_two_fields() -> None:
    async with of_samples("revnue") as gateway:
        data = (await gateway.ask(f"{{ assetFields {leaves('FieldDefinition')} }}")).whole
    assert [said(one) for one in data["assetFields"]] == [
        {
            "id": f"revnue:FieldDefinition:12-{number}",
            "source": {"name": "revnue"},
            "nativeId": f"12-{number}",
            "name": name,
            "type": kind,
            "appliesTo": "IT hardware",
            "description": "",
        }
        for number, name, kind in ((301, "MAC address", "text"), (303, "Rack unit", "number"))
    ]


def rows(*numbers: int) -> list[dict[str, Any]]:
    return [sample("revnue", "asset") | {"id": number} for number in numbers]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (rows(1, 2), 2),
        (rows(1)[0], 1),
        ({"count": 2, "next": None, "previous": None, "results": rows(1, 2)}, 2),
        ({"data": rows(1, 2, 3)}, 3),
        ({"count": 0, "next": None, "previous": None, "results": []}, 0),
        ([], 0),
    ],
)
async def test_a_list_in_any_of_its_likely_envelopes(body: Any, found: int) -> None:
    async with of_samples("revnue", but={"/asset/": answered(body)}) as gateway:
        data = (await gateway.ask("{ assets { totalCount complete nodes { id } } }")).whole
    assert (len(data["assets"]["nodes"]), data["assets"]["totalCount"]) == (found, found)


def paged(following: str) -> Any:
    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("page") == "2":
            return answered({"count": 2, "next": None, "results": rows(2)})
        return answered({"count": 2, "next": following, "results": rows(1)})

    return handle


async def test_the_next_page_is_followed_with_the_company_and_below_the_same_address() -> None:
    following = "http://revnue.test/api/v2/asset/?company=1&page=2"
    async with of_samples("revnue", but={"/asset/": paged(following)}, settings={"COMPANY": "1"}) as gateway:
        data = (await gateway.ask("{ assets { nodes { nativeId } } }")).whole
        assert [one["nativeId"] for one in data["assets"]["nodes"]] == ["1", "2"]
        assert [call.params for call in gateway.calls] == [{"company": "1"}, {"company": "1", "page": "2"}]


@pytest.mark.parametrize(
    "following", ["http://elsewhere.test/api/v2/asset/?page=2", "http://revnue.test/admin/?page=2"]
)
async def test_a_next_page_elsewhere_is_not_followed(following: str) -> None:
    async with of_samples("revnue", but={"/asset/": paged(following)}) as gateway:
        answer = await gateway.ask("{ assets { complete nodes { nativeId } } }")
    assert answer.codes == ["UPSTREAM_GARBLED"]
    assert answer.data["assets"]["complete"] is False
    assert gateway.upstreams.strays == []
    assert len(gateway.calls) == 1


async def test_pages_that_name_themselves_as_the_next_end() -> None:
    following = "http://revnue.test/api/v2/asset/?company=1"
    body = {"count": 2, "next": following, "results": rows(1)}
    async with of_samples("revnue", but={"/asset/": answered(body)}, settings={"COMPANY": "1"}) as gateway:
        answer = await gateway.ask("{ assets { complete nodes { nativeId } } }")
    assert [one["nativeId"] for one in answer.data["assets"]["nodes"]] in ([], ["1"])
    assert len(gateway.calls) <= 2


@pytest.mark.parametrize(
    ("usage", "told", "status"),
    [
        ({"id": 1, "name": "production"}, "production", "IN_USE"),
        ("production", "production", "IN_USE"),
        ({"id": 2, "name": "non_production"}, "non_production", "UNKNOWN"),
        ("none", "none", "UNKNOWN"),
        (None, None, "UNKNOWN"),
    ],
)
async def test_usage_as_an_object_or_as_a_word(usage: Any, told: str | None, status: str) -> None:
    row = sample("revnue", "asset") | {"usage_status": usage}
    async with of_samples("revnue", but={"/asset/": [row]}) as gateway:
        data = (await gateway.ask("{ assets { nodes { status statusRaw } } }")).whole
    assert data["assets"]["nodes"] == [{"status": status, "statusRaw": told}]


async def test_the_serial_number_called_list_is_never_asked_of_it() -> None:
    for asked in ('serialNumber: {eq: "list"}', 'search: "list"'):
        async with of_samples("revnue") as gateway:
            data = (await gateway.ask(f"{{ assets(filter: {{{asked}}}) {{ nodes {{ id }} }} }}")).whole
            assert data["assets"]["nodes"] == []
            assert all("list" not in call.params.values() for call in gateway.calls)


async def test_a_place_by_its_id_costs_one_get() -> None:
    query = f'{{ location(id: "revnue:Location:asset-4711") {leaves("Location")} }}'
    async with of_samples("revnue") as gateway:
        data, lines = await gateway.measure(query)
    assert said(data["location"]) == PLACE
    assert lines == ["revnue /asset/4711/"]


async def test_an_asset_without_an_address_is_nowhere() -> None:
    bare = dict.fromkeys(("address", "city", "region", "country", "location_description"))
    row = sample("revnue", "asset") | bare
    async with of_samples("revnue", but={"/asset/": [row]}) as gateway:
        data = (await gateway.ask("{ assets { nodes { location { id } } } }")).whole
    assert data["assets"]["nodes"] == [{"location": None}]
