"""The sandbox's Tether: what its page says, and the oddities that clients meet."""

import csv
import io
import json
import struct
import zlib
from collections.abc import AsyncIterator
from decimal import Decimal
from importlib.resources import files
from typing import Any

import httpx
import pytest
import segno

from gateway.sandbox import make_company
from gateway.sandbox.vendors.tether import HOST, create_app, settings
from gateway.sandbox.vendors.tether.sign_in import CLIENT, MSP, ROOT_HOST

COMPANY = make_company(assets=300)
COUNT = sum("tether" in device.vendors for device in COMPANY.devices)


class Now:
    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now() -> Now:
    return Now()


def client_of(now: Now, *, limit: int | None = None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(COMPANY, asset_limit=limit, clock=now))
    return httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}/api")


async def log_in(client: httpx.AsyncClient, *, host: str = HOST, login: Any = CLIENT) -> None:
    form = {"username": login.email, "password": login.password}
    answer = await client.post("/auth/login", data=form, headers={"Host": host})
    assert answer.json()["token_type"] == "bearer"
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


@pytest.fixture
async def tether(now: Now) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(now) as client:
        await log_in(client)
        yield client


def sample(name: str) -> Any:
    return json.loads(files("gateway.vendors.tether").joinpath("samples").joinpath(name).read_text("utf-8"))


async def assets(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/assets", params=query)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()
    return found


def as_written(row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    body = {key: row[key] for key in sample("asset_create.json").keys() & row.keys()}
    body |= {f"{key}_id": row[key]["id"] if row[key] else None for key in ("category", "location")}
    return body | changes


async def test_rows_have_the_keys_of_the_documented_one(tether: httpx.AsyncClient) -> None:
    found = await assets(tether)
    assert len(found) == COUNT
    assert [row["asset_tag"] for row in found] == sorted(row["asset_tag"] for row in found)
    for row in found:
        assert list(row) == list(sample("assets.json")[0])
        assert row["purchase_cost"] is None or str(Decimal(row["purchase_cost"]).quantize(Decimal("0.01")))
        assert isinstance(row["purchase_cost"], str | None)
    assert {row["serial"] for row in found} >= {"", None}
    assert any(row["category"] is None for row in found)
    assert any(row["location"] is None for row in found)


async def test_login_is_form_encoded_only(tether: httpx.AsyncClient) -> None:
    good = {"username": CLIENT.email, "password": CLIENT.password}
    answer = await tether.post("/auth/login", json=good)
    assert answer.status_code == 422
    assert [fault["loc"] for fault in answer.json()["detail"]] == [["body", "username"], ["body", "password"]]
    wrong = await tether.post("/auth/login", data=good | {"password": "x"})
    assert (wrong.status_code, wrong.json()) == (401, {"detail": "Incorrect email or password"})


async def test_a_token_lasts_seven_days(tether: httpx.AsyncClient, now: Now) -> None:
    assert (await tether.get("/auth/me")).json()["email"] == CLIENT.email
    now.seconds += 7 * 24 * 3600 - 1
    assert (await tether.get("/assets")).status_code == 200
    now.seconds += 1
    assert (await tether.get("/assets")).status_code == 401
    await log_in(tether)
    assert (await tether.get("/assets")).status_code == 200


async def test_401_for_tokens_that_do_not_hold(tether: httpx.AsyncClient) -> None:
    good = tether.headers["Authorization"]
    for bad in (
        "",
        "Bearer",
        "Bearer x",
        "Bearer a.b.c",
        good[:-2],
        good.removeprefix("Bearer "),
        f"Basic {good[7:]}",
    ):
        answer = await tether.get("/assets", headers={"Authorization": bad})
        assert (answer.status_code, answer.json()) == (401, {"detail": "Could not validate credentials"})


async def test_the_host_decides_on_the_tenant(tether: httpx.AsyncClient) -> None:
    async def status(host: str, **query: str) -> int:
        return (await tether.get("/assets", headers={"Host": host}, params=query)).status_code

    assert await status(f"{HOST}:9004") == 200
    assert await status("other.atechsolutions.org") == 400
    assert await status("127.0.0.1:9004") == 400
    assert await status(ROOT_HOST) == 403
    await log_in(tether, host=ROOT_HOST, login=MSP)
    assert await status(ROOT_HOST) == 200
    narrowed = await tether.get("/assets", headers={"Host": ROOT_HOST}, params={"tenant": "brambling"})
    assert len(narrowed.json()) == COUNT
    assert (await tether.get("/assets", headers={"Host": ROOT_HOST}, params={"tenant": "acme"})).json() == []


async def test_filters(tether: httpx.AsyncClient) -> None:
    everything = await assets(tether)
    some = next(row for row in everything if row["category"] and row["location"] and row["serial"])
    term = some["serial"].strip()[:5]
    keys = ("asset_tag", "name", "serial", "model", "manufacturer")
    hits = [row for row in everything if any(term.lower() in (row[key] or "").lower() for key in keys)]
    assert await assets(tether, q=term.swapcase()) == hits
    assert 0 < len(hits) < COUNT
    for key in ("category", "location"):
        number = some[key]["id"]
        same = [row for row in everything if row[key] and row[key]["id"] == number]
        assert await assets(tether, **{f"{key}_id": number}) == same
    retired = await assets(tether, status="retired")
    assert retired == [row for row in everything if row["status"] == "retired"] != []
    assert (await tether.get("/assets?category_id=x")).status_code == 422


@pytest.mark.parametrize("column", ["name", "serial", "purchase_cost", "warranty_expiry"])
async def test_sorting(tether: httpx.AsyncClient, column: str) -> None:
    up = [row[column] for row in await assets(tether, sort=column)]
    down = [row[column] for row in await assets(tether, sort=column, order="desc")]
    told = [value for value in up if value is not None]
    assert told == sorted(told, key=Decimal if column == "purchase_cost" else str)
    assert up[len(told) :] == [None] * (len(up) - len(told))
    assert down == up[::-1]


async def test_create_read_replace_delete(tether: httpx.AsyncClient) -> None:
    body = sample("asset_create.json") | {"asset_tag": "NEW-1", "category_id": 3, "location_id": 12}
    made = (await tether.post("/assets", json=body)).json()
    assert made["purchase_cost"] == "1450.00"
    assert (made["category"]["id"], made["location"]["id"], made["assigned_to"]) == (3, 12, None)
    path = f"/assets/{made['id']}"
    changed = await tether.put(path, json=as_written(made, notes="öl", purchase_cost=7.5))
    assert changed.json() == made | {"notes": "öl", "purchase_cost": "7.50"}
    assert (await tether.get(path)).json() == changed.json()
    assert (await tether.delete(path)).status_code == 200
    assert [(await tether.get(each)).status_code for each in (path, f"{path}/history")] == [404, 404]
    again = (await tether.post("/assets", json=body)).json()
    assert again["id"] > made["id"]


async def test_null_empties_a_field(tether: httpx.AsyncClient) -> None:
    row = next(row for row in await assets(tether) if row["purchase_date"] and row["purchase_cost"])
    empty = dict.fromkeys(("purchase_date", "purchase_cost", "serial", "category_id"))
    changed = (await tether.put(f"/assets/{row['id']}", json=as_written(row, **empty))).json()
    assert [changed[key] for key in ("purchase_date", "purchase_cost", "serial", "category")] == [None] * 4


async def test_create_needs_little_and_refuses_a_known_tag(tether: httpx.AsyncClient) -> None:
    made = (await tether.post("/assets", json={"asset_tag": "NEW-2", "name": "Box"})).json()
    assert (made["status"], made["serial"], made["purchase_cost"]) == ("available", None, None)
    again = await tether.post("/assets", json={"asset_tag": "NEW-2", "name": "Box"})
    assert again.status_code == 400
    assert "NEW-2" in again.json()["detail"]


async def test_put_wants_every_field(tether: httpx.AsyncClient) -> None:
    row = (await assets(tether))[0]
    body = as_written(row)
    for name in sorted(body):
        answer = await tether.put(
            f"/assets/{row['id']}", json={key: body[key] for key in body if key != name}
        )
        assert answer.status_code == 422
        assert [fault["loc"] for fault in answer.json()["detail"]] == [["body", name]]
    assert (await tether.put(f"/assets/{row['id']}", json=body)).json() == row


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "in use"),
        ("purchase_date", "03/01/2024"),
        ("purchase_cost", "NaN"),
        ("purchase_cost", -1),
        ("purchase_cost", True),
        ("purchase_cost", "dear"),
        ("purchase_date", 5),
        ("location_id", True),
        ("category_id", "1"),
        ("name", ""),
        ("name", None),
        ("serial", 5),
    ],
)
async def test_422_says_which_field_does_not_fit(tether: httpx.AsyncClient, field: str, value: Any) -> None:
    row = (await assets(tether))[0]
    answer = await tether.put(f"/assets/{row['id']}", json=as_written(row, **{field: value}))
    assert answer.status_code == 422
    assert [fault["loc"] for fault in answer.json()["detail"]] == [["body", field]]


async def test_bodies_and_ids_that_are_none(tether: httpx.AsyncClient) -> None:
    assert (await tether.post("/assets", content=b"{")).status_code == 422
    assert (await tether.post("/assets", json=[])).status_code == 422
    assert (await tether.get("/assets/x")).status_code == 422
    assert (await tether.get("/assets/99999")).json() == {"detail": "Asset not found"}
    row = (await assets(tether))[0]
    answer = await tether.put(f"/assets/{row['id']}", json=as_written(row, location_id=1))
    assert (answer.status_code, answer.json()) == (400, {"detail": "Location 1 does not exist"})
    assert (await tether.patch(f"/assets/{row['id']}", json={})).status_code == 405


async def test_check_out_and_in(tether: httpx.AsyncClient) -> None:
    row = (await assets(tether, status="available"))[0]
    path = f"/assets/{row['id']}"
    before = (await tether.get(f"{path}/history")).json()
    holder = (await tether.get("/employees")).json()[6]
    body = sample("checkout.json") | {"employee_id": holder["id"]}
    out = (await tether.post(f"{path}/checkout", json=body)).json()
    assert out == row | {"status": "deployed", "assigned_to": {"id": holder["id"], "name": holder["name"]}}
    again = await tether.post(f"{path}/checkout", json=body)
    assert again.status_code == 400
    assert "not available" in again.json()["detail"]
    assert (await tether.post(f"{path}/checkin", json=sample("checkin.json"))).json() == row
    assert (await tether.post(f"{path}/checkin", json={})).status_code == 400
    happened = (await tether.get(f"{path}/history")).json()[len(before) :]
    assert [(event["action"], event["employee_name"]) for event in happened] == [
        ("checkout", holder["name"]),
        ("checkin", holder["name"]),
    ]
    assert list(happened[0]) == list(sample("history.json")[0])
    assert happened[0]["timestamp"] < happened[1]["timestamp"]
    assert (await tether.post(f"{path}/checkout", json={"employee_id": 1})).status_code == 404
    assert (await tether.post(f"{path}/checkout", json={})).status_code == 422
    assert (await tether.post(f"{path}/checkout", json=body | {"note": 5})).status_code == 422


async def test_a_put_keeps_who_holds_it(tether: httpx.AsyncClient) -> None:
    row = next(row for row in await assets(tether, status="deployed") if row["assigned_to"])
    path = f"/assets/{row['id']}"
    assert (await tether.put(path, json=as_written(row, notes="x"))).json()["assigned_to"] == row[
        "assigned_to"
    ]
    assert (await tether.put(path, json=as_written(row, status="retired"))).json()["assigned_to"] is None


async def test_history_tells_how_the_asset_came_to_be_held(tether: httpx.AsyncClient) -> None:
    for row in (await assets(tether))[:60]:
        events = (await tether.get(f"/assets/{row['id']}/history")).json()
        times = [event["timestamp"] for event in events]
        assert times == sorted(times)
        if row["assigned_to"]:
            assert (events[-1]["action"], events[-1]["employee_name"]) == (
                "checkout",
                row["assigned_to"]["name"],
            )
        else:
            assert not events or events[-1]["action"] == "checkin"


async def test_the_qr_code_needs_no_token_and_can_be_scanned(tether: httpx.AsyncClient) -> None:
    row = (await assets(tether))[0]
    answer = await tether.get(f"/assets/{row['id']}/qr", headers={"Authorization": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert struct.unpack(">II", answer.content[16:24]) == (200, 200)
    start = answer.content.index(b"IDAT") + 4
    pixels = zlib.decompress(answer.content[start:])
    lines = [pixels[at + 1 : at + 201] for at in range(0, len(pixels), 201)]
    assert len(lines) == 200
    modules = segno.make_qr(f"https://{HOST}/assets/{row['id']}", error="m").matrix
    scale = 200 // (len(modules) + 8)
    edge = (200 - scale * len(modules)) // 2
    steps = range(edge + scale // 2, edge + scale * len(modules), scale)
    assert [[int(lines[y][x] == 0) for x in steps] for y in steps] == [list(line) for line in modules]
    assert (await tether.get("/assets/99999/qr")).status_code == 404


async def test_export_holds_what_the_list_holds(tether: httpx.AsyncClient) -> None:
    answer = await tether.get("/assets/export/csv", params={"status": "retired"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    lines = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    found = await assets(tether, status="retired")
    assert [line["notes"] for line in lines] == [row["notes"] for row in found]
    assert [line["location"] for line in lines] == [
        row["location"]["name"] if row["location"] else "" for row in found
    ]


async def take_in(client: httpx.AsyncClient, text: str) -> httpx.Response:
    return await client.post("/assets/import/csv", files={"file": ("a.csv", text.encode(), "text/csv")})


async def test_import_takes_good_rows_and_names_the_bad_ones(tether: httpx.AsyncClient) -> None:
    known = next(row for row in await assets(tether) if row["serial"])
    answer = await take_in(
        tether,
        "Asset_Tag,NAME,Status,category,location,assigned_to,purchase_date,purchase_cost,colour\n"
        'IMP-1,Scanner,,Scanner,Head Office,"Newcomer, Nell",02/28/2025,"$1,200.50",red\n'
        "IMP-2,,,,,,28/02/2025,,\n"
        f"{known['asset_tag']},Renamed,retired,,,,,,\n"
        "IMP-3,Tablet,in use,,,,,,\n"
        ",No tag,,,,,,,\n"
        "IMP-4,Tablet,,,,,2025-13-40,,\n"
        "\n"
        "IMP-5,Tablet,,,,,,much,\n",
    )
    errors = answer.json().pop("errors")
    assert answer.json() == {"created": 2, "updated": 1, "errors": errors}
    assert answer.json().keys() == sample("import.json").keys()
    assert errors == [
        {"row": 5, "error": "Invalid status 'in use'"},
        {"row": 6, "error": "Missing asset_tag"},
        {"row": 7, "error": "Invalid date '2025-13-40'"},
        {"row": 9, "error": "Input should be a valid decimal"},
    ]
    first, second = await assets(tether, q="IMP-")
    assert (first["status"], first["assigned_to"]["name"]) == ("deployed", "Newcomer, Nell")
    assert (first["category"]["name"], first["location"]["id"]) == ("Scanner", 12)
    assert (first["purchase_date"], first["purchase_cost"]) == ("2025-02-28", "1200.50")
    assert (second["name"], second["status"], second["purchase_date"]) == ("IMP-2", "available", "2025-02-28")
    assert (await tether.get("/employees")).json()[-1]["name"] == "Newcomer, Nell"
    assert (await tether.get("/categories")).json()[-1]["name"] == "Scanner"
    after = (await tether.get(f"/assets/{known['id']}")).json()
    assert (after["name"], after["status"], after["serial"]) == ("Renamed", "retired", known["serial"])


async def test_an_export_can_be_imported_again(tether: httpx.AsyncClient) -> None:
    before = await assets(tether)
    text = (await tether.get("/assets/export/csv")).text
    assert (await take_in(tether, text)).json() == {"created": 0, "updated": COUNT, "errors": []}
    after = await assets(tether)
    assert [row["assigned_to"] for row in after] == [row["assigned_to"] for row in before]
    assert [row["purchase_cost"] for row in after] == [row["purchase_cost"] for row in before]


async def test_files_that_cannot_be_imported(tether: httpx.AsyncClient) -> None:
    assert (await take_in(tether, "name\nx\n")).status_code == 400
    assert (await take_in(tether, "")).status_code == 400
    assert (await tether.post("/assets/import/csv", files={"other": b"asset_tag\n"})).status_code == 422
    binary = await tether.post("/assets/import/csv", files={"file": b"\xff\xfe\x00"})
    assert binary.status_code == 400


async def test_402_at_the_plan_s_limit(now: Now) -> None:
    async with client_of(now, limit=COUNT + 1) as client:
        await log_in(client)
        both = await take_in(client, "asset_tag\nIMP-1\nIMP-2\n")
        assert (both.status_code, await assets(client, q="IMP-")) == (402, [])
        assert (await client.post("/assets", json={"asset_tag": "A", "name": "a"})).status_code == 200
        full = await client.post("/assets", json={"asset_tag": "B", "name": "b"})
        assert full.status_code == 402
        assert "limit" in full.json()["detail"]


async def test_reference_lists(tether: httpx.AsyncClient) -> None:
    found = await assets(tether)
    for path, key in (("/categories", "category"), ("/locations", "location"), ("/employees", "assigned_to")):
        listed = {row["id"]: row["name"] for row in (await tether.get(path)).json()}
        assert all(listed[row[key]["id"]] == row[key]["name"] for row in found if row[key])


async def test_the_same_bytes_for_the_same_seed(tether: httpx.AsyncClient, now: Now) -> None:
    transport = httpx.ASGITransport(create_app(make_company(assets=300), clock=now))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}/api") as again:
        await log_in(again)
        paths = [
            "/assets?sort=name",
            "/employees",
            "/assets/export/csv",
            f"/assets/{(await assets(tether))[0]['id']}/qr",
        ]
        for path in paths:
            assert (await tether.get(path)).content == (await again.get(path)).content


def test_settings_of_a_source() -> None:
    told = settings("http://127.0.0.1:9004")
    assert told["BASE_URL"] == "http://127.0.0.1:9004/api"
    assert told.keys() == {"VENDOR", "BASE_URL", "USERNAME", "PASSWORD", "HOST"}
