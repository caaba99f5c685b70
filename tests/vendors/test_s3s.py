"""S3S: its documented samples as our records, and its oddities."""

from typing import Any

import pytest

from gateway.testing.selections import leaves
from gateway.testing.upstreams import answered
from tests.support.samples import of_samples, sample
from tests.support.words import without_empty

CONTRACT = "Standard Warranty (3 years)"
PROMISE = "3 Years Standard Warranty, advanced replacement is included."
ASSET = {
    "id": "s3s:Asset:123",
    "source": {"name": "s3s"},
    "nativeId": "123",
    "name": "US.2018.213",
    "serialNumber": "C123456789ABCDEF",
    "secondarySerialNumber": "US.2018.213",
    "status": "BUILT",
    "statusRaw": "finished",
    "warranty": {"status": "UNKNOWN", "type": CONTRACT, "notes": PROMISE},
    "createdAt": "2018-01-16T08:42:50Z",
    "updatedAt": "2018-01-16T13:31:49Z",
}


def item(number: int, name: str, description: str) -> dict[str, Any]:
    return {
        "id": f"s3s:ChecklistItem:123-{number}",
        "name": name,
        "description": description,
        "category": "Components",
        "optionType": "checkbox",
        "defaultSettings": {"checked": False},
        "value": True,
        "checked": True,
    }


CHECKLIST = {
    "id": "s3s:Checklist:123",
    "source": {"name": "s3s"},
    "nativeId": "123",
    "chassisSerialNumber": "C123456789ABCDEF",
    "assemblySerialNumber": "US.2018.213",
    "status": "finished",
    "builtBy": ["John", "Jane"],
    "serviceContract": {"name": CONTRACT, "description": PROMISE, "durationYears": 3},
    "createdAt": "2018-01-16T08:42:50Z",
    "updatedAt": "2018-01-16T13:31:49Z",
    "items": [
        item(19, "Case", "with stand-offs in correct spot"),
        item(24, "HDD(s)", "Check if installed."),
        item(22, "Heatsink", "Check if properly attached."),
    ],
    "checkedCount": 3,
    "itemCount": 3,
}


async def test_the_sample_is_an_asset() -> None:
    async with of_samples("s3s") as gateway:
        data = (await gateway.ask(f"{{ assets {{ nodes {leaves('Asset')} }} }}")).whole
    assert [without_empty(node) for node in data["assets"]["nodes"]] == [ASSET]


async def test_the_sample_is_a_checklist() -> None:
    async with of_samples("s3s") as gateway:
        data = (await gateway.ask(f"{{ checklists {{ nodes {leaves('Checklist')} }} }}")).whole
    assert [without_empty(node) for node in data["checklists"]["nodes"]] == [CHECKLIST]


async def test_a_get_answered_with_a_list_of_one_is_the_record() -> None:
    query = f"""{{ asset(id: "s3s:Asset:123") {leaves("Asset")}
                   checklist(id: "s3s:Checklist:123") {leaves("Checklist")} }}"""
    async with of_samples("s3s") as gateway:
        data = (await gateway.ask(query)).whole
    assert (without_empty(data["asset"]), without_empty(data["checklist"])) == (ASSET, CHECKLIST)


async def test_a_checklist_and_its_asset_lead_to_each_other_with_one_call() -> None:
    query = (
        '{ asset(id: "s3s:Asset:123") { contract { id name } checklists { id status asset { id name } } } }'
    )
    async with of_samples("s3s") as gateway:
        data, lines = await gateway.measure(query)
    assert data["asset"] == {
        "contract": {"id": "s3s:Contract:checklist-123", "name": CONTRACT},
        "checklists": [
            {
                "id": "s3s:Checklist:123",
                "status": "finished",
                "asset": {"id": "s3s:Asset:123", "name": "US.2018.213"},
            }
        ],
    }
    assert lines == ["s3s /assets/checklists/123"]


@pytest.mark.parametrize("written", ["US.2018.213", "us.2018.213", "C123456789ABCDEF"])
async def test_a_checklist_is_found_by_either_serial_number_also_where_the_path_does_not_know_it(
    written: str,
) -> None:
    async with of_samples("s3s") as gateway:
        data = (await gateway.ask(f'{{ checklist(id: "s3s:Checklist:{written}") {{ id }} }}')).whole
    assert data["checklist"] == {"id": "s3s:Checklist:123"}
    assert gateway.upstreams.lines() == ["s3s /assets/checklists", f"s3s /assets/checklists/{written}"]


async def test_an_unknown_number_is_not_searched_for_in_the_list() -> None:
    async with of_samples("s3s") as gateway:
        data = (await gateway.ask('{ checklist(id: "s3s:Checklist:999") { id } }')).whole
    assert data == {"checklist": None}
    assert gateway.upstreams.lines() == ["s3s /assets/checklists/999"]


async def test_orders_are_passed_on_whole() -> None:
    row = {
        "id": 7,
        "status": "shipped",
        "created_at": {"date": "2026-07-01 10:00:00", "timezone_type": 3, "timezone": "UTC"},
    }
    async with of_samples("s3s", but={"/assets/orders": {"data": [row]}}) as gateway:
        data = (await gateway.ask(f"{{ orders {{ nodes {leaves('Order')} }} }}")).whole
    assert data["orders"]["nodes"] == [
        {
            "id": "s3s:Order:7",
            "source": {"name": "s3s"},
            "nativeId": "7",
            "status": "shipped",
            "createdAt": "2026-07-01T10:00:00Z",
            "payload": row,
        }
    ]


async def test_statistics_and_test_results_are_passed_on_whole() -> None:
    results = {"burn_in": [1.5, "ok"]}
    but = {"/assets/statistics": {"built": 3}, "/assets/test_results/123": results}
    query = """{ buildStatistics(source: "s3s") testResults(source: "s3s", id: "s3s:Checklist:123")
                 checklist(id: "s3s:Checklist:123") { testResults } }"""
    async with of_samples("s3s", but=but) as gateway:
        data, lines = await gateway.measure(query)
    assert data == {
        "buildStatistics": {"built": 3},
        "testResults": results,
        "checklist": {"testResults": results},
    }
    assert lines.count("s3s /assets/test_results/123") == 1


@pytest.mark.parametrize("zone", [("3", "Europe/Brussels"), ("1", "+01:00"), ("2", "CET")])
async def test_local_times_are_told_in_utc_whichever_way_the_zone_is_written(zone: tuple[str, str]) -> None:
    body = sample("s3s", "checklist")
    body["data"][0]["created_at"] = {
        "date": "2018-01-16 09:42:50.000000",
        "timezone_type": int(zone[0]),
        "timezone": zone[1],
    }
    async with of_samples("s3s", but={"/assets/checklists": body}) as gateway:
        data = (await gateway.ask("{ assets { nodes { createdAt } } }")).whole
    assert data["assets"]["nodes"] == [{"createdAt": "2018-01-16T08:42:50Z"}]


@pytest.mark.parametrize(
    ("status", "setting", "ours"),
    [
        ("finished", "", "BUILT"),
        ("assembling", "", "UNKNOWN"),
        ("assembling", "assembling", "IN_BUILD"),
        (None, "x", "UNKNOWN"),
    ],
)
async def test_a_status_is_in_build_only_where_the_operator_says_so(
    status: str | None, setting: str, ours: str
) -> None:
    body = sample("s3s", "checklist")
    body["data"][0]["status"] = status
    settings = {"IN_BUILD_STATUSES": setting} if setting else {}
    async with of_samples("s3s", but={"/assets/checklists": body}, settings=settings) as gateway:
        data = (await gateway.ask("{ assets { nodes { status statusRaw } } }")).whole
    assert data["assets"]["nodes"] == [{"status": ours, "statusRaw": status}]


async def test_the_name_is_the_servers_reference_where_there_is_one() -> None:
    body = sample("s3s", "checklist")
    body["data"][0] |= {"server_reference": "rack-7", "server_type": "R640"}
    async with of_samples("s3s", but={"/assets/checklists": body}) as gateway:
        data = (await gateway.ask("{ assets { nodes { name model assetType } } }")).whole
    assert data["assets"]["nodes"] == [{"name": "rack-7", "model": "R640", "assetType": "R640"}]


async def test_pages_are_read_fifty_rows_at_a_time_until_a_short_one() -> None:
    row = sample("s3s", "checklist")["data"][0]

    def page(request: Any) -> Any:
        number, size = int(request.url.params["page"]), int(request.url.params["page_size"])
        assert size == 50
        rows = [{**row, "id": row_id} for row_id in range(1, 121)]
        return answered({"data": rows[(number - 1) * size : number * size]})

    async with of_samples("s3s", but={"/assets/checklists": page}) as gateway:
        data, lines = await gateway.measure("{ assets(first: 500) { totalCount totalIsExact nodes { id } } }")
    assert len(data["assets"]["nodes"]) == data["assets"]["totalCount"] == 120
    assert len(lines) == 3
