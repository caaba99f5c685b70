"""The sandbox's Fiwit: what its page says, and the oddities that clients meet."""

import json
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any

import httpx
import pytest

from gateway.sandbox import make_company
from gateway.sandbox.vendors.fiwit import API_KEY, create_app, ruby, settings

COMPANY = make_company(assets=300)
KEY = {"Authorization": API_KEY, "Accept": "application/json"}


def client_of(**options: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(COMPANY, **options))
    return httpx.AsyncClient(transport=transport, base_url="http://fiwit", headers=KEY)


@pytest.fixture
async def fiwit() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of() as client:
        yield client


def sample(name: str) -> Any:
    return json.loads(files("gateway.vendors.fiwit").joinpath("samples").joinpath(name).read_text("utf-8"))


async def rows(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    answer = await client.get(path)
    assert answer.headers["content-type"] == "application/json"
    found: list[dict[str, Any]] = answer.json()
    return found


@pytest.mark.parametrize(
    "name",
    [
        "assets",
        "asset_fields",
        "asset_types",
        "tickets",
        "ticket_fields",
        "ticket_types",
        "locations",
        "users",
    ],
)
async def test_rows_have_the_keys_of_the_documented_ones(fiwit: httpx.AsyncClient, name: str) -> None:
    documented = sample(f"{name}.json")[0]
    found = await rows(fiwit, f"/{name}")
    assert found
    for row in found:
        assert row.keys() == documented.keys()
        for value in row.get("custom_field_values", []):
            assert value.keys() == sample("assets.json")[0]["custom_field_values"][0].keys()
            assert isinstance(value["value"], str)


async def test_asset_types_and_fields_stand_at_each_other_s_address(fiwit: httpx.AsyncClient) -> None:
    assert all("is_machine" in row for row in await rows(fiwit, "/asset_fields"))
    assert all(row["entity_type_type"] == "AssetType" for row in await rows(fiwit, "/asset_types"))
    assert all(row["entity_type_type"] == "TicketType" for row in await rows(fiwit, "/ticket_fields"))
    async with client_of(swapped=False) as straight:
        assert await rows(straight, "/asset_types") == await rows(fiwit, "/asset_fields")
        assert await rows(straight, "/asset_fields") == await rows(fiwit, "/asset_types")


async def test_serial_numbers_and_the_like_are_custom_fields(fiwit: httpx.AsyncClient) -> None:
    fields = {row["id"]: row for row in await rows(fiwit, "/asset_types")}
    found = await rows(fiwit, "/assets")
    names = set()
    for row in found:
        for value in row["custom_field_values"]:
            assert fields[value["custom_field_id"]]["entity_type_id"] == row["asset_type_id"]
            assert value["entity_id"] == row["id"]
            names.add(fields[value["custom_field_id"]]["name"].lower())
    assert names >= {
        "serial number",
        "numéro de série",
        "model",
        "manufacturer",
        "mac address",
        "purchase cost",
    }
    known = {"".join(device.serial_number.upper().split()) for device in COMPANY.devices}
    serials = [
        value["value"]
        for row in found
        for value in row["custom_field_values"]
        if "seri" in fields[value["custom_field_id"]]["name"].lower()
        or "série" in fields[value["custom_field_id"]]["name"]
    ]
    assert {"".join(serial.upper().split()) for serial in serials} <= known
    assert any(serial != serial.strip() for serial in serials)


async def test_links_lead_somewhere(fiwit: httpx.AsyncClient) -> None:
    for column, path in (
        ("location_id", "/locations"),
        ("assigned_id", "/users"),
        ("user_id", "/users"),
        ("asset_type_id", "/asset_fields"),
    ):
        ids = {row["id"] for row in await rows(fiwit, path)}
        linked = {row[column] for row in await rows(fiwit, "/assets")} - {None}
        assert linked
        assert linked <= ids


async def test_one_and_deleted_and_removed(fiwit: httpx.AsyncClient) -> None:
    for kind in ("assets", "tickets"):
        found = await rows(fiwit, f"/{kind}")
        assert (await fiwit.get(f"/{kind}/{found[3]['id']}")).json() == found[3]
        assert any(row["deleted_at"] for row in found)
        ids = {row["id"] for row in found}
        removed = next(number for number in range(min(ids), max(ids)) if number not in ids)
        assert (await fiwit.get(f"/{kind}/{removed}")).status_code == 410
        assert (await fiwit.patch(f"/{kind}/{removed}", json={"name": "x"})).status_code == 410
        assert (await fiwit.get(f"/{kind}/{max(ids) + 1}")).status_code == 404
        assert (await fiwit.get(f"/{kind}/x")).status_code == 404


async def test_the_pairing_token_is_told_in_answers_to_writes_only(fiwit: httpx.AsyncClient) -> None:
    made = (await fiwit.post("/assets/", json={"name": "Laptop Test"})).json()
    assert made.keys() == sample("asset_created.json").keys()
    assert len(made["pairing_token"]) == 24
    changed = (await fiwit.patch(f"/assets/{made['id']}", json={"name": "Laptop Test V2"})).json()
    assert changed == made | {"name": "Laptop Test V2", "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > made["updated_at"]
    read = (await fiwit.get(f"/assets/{made['id']}")).json()
    assert read == {key: changed[key] for key in changed if key != "pairing_token"}
    assert (await rows(fiwit, "/assets"))[-1] == read


async def test_custom_field_values_are_changed_or_added(fiwit: httpx.AsyncClient) -> None:
    row = next(row for row in await rows(fiwit, "/assets") if len(row["custom_field_values"]) > 3)
    first, second, third = row["custom_field_values"][:3]
    body = [{"id": first["id"], "value": "one"}, {"custom_field_id": second["custom_field_id"], "value": 2}]
    changed = (await fiwit.patch(f"/assets/{row['id']}", json={"custom_field_values": body})).json()
    values = changed["custom_field_values"]
    assert [value["value"] for value in values[:3]] == ["one", "2", third["value"]]
    assert len(values) == len(row["custom_field_values"])
    field = (await rows(fiwit, "/asset_types"))[0]["id"]
    body = [{"custom_field_id": field, "value": "new"}]
    made = (await fiwit.post("/assets/", json={"name": "x", "custom_field_values": body})).json()
    assert [(value["custom_field_id"], value["value"]) for value in made["custom_field_values"]] == [
        (field, "new")
    ]


async def test_tickets_are_written(fiwit: httpx.AsyncClient) -> None:
    made = (await fiwit.post("/tickets/", json={"priority": "medium"})).json()
    assert made.keys() == sample("ticket_created.json").keys()
    assert (made["status"], made["priority"]) == ("new", "medium")
    assert made["name"].startswith("T-")
    path = f"/tickets/{made['id']}"
    low = (await fiwit.patch(path, json={"priority": "low", "name": "Encre épuisée"})).json()
    assert low["name"] == "Encre épuisée"
    assert (low["priority"], low["status_changed_at"]) == ("low", made["status_changed_at"])
    done = (await fiwit.patch(path, json={"status": "closed"})).json()
    assert done["status_changed_at"] > made["status_changed_at"]
    assert (await fiwit.get(path)).json() == done


async def test_tickets_name_the_asset_in_words(fiwit: httpx.AsyncClient) -> None:
    assets = await rows(fiwit, "/assets")
    names = {row["name"] for row in assets}
    ids = {str(row["id"]) for row in assets}
    fields = {row["id"] for row in await rows(fiwit, "/ticket_fields") if row["name"] == "Asset impacted"}
    told = [value for row in await rows(fiwit, "/tickets") for value in row["custom_field_values"]]
    assert {value["custom_field_id"] for value in told} <= fields
    words = {value["value"] for value in told}
    assert words & names
    assert words & ids
    assert words - names - ids == {"my laptop"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/assets/", {"name": ""}),
        ("/assets/", {"name": 5}),
        ("/assets/", {"name": "x", "location_id": 1}),
        ("/assets/", {"name": "x", "asset_type_id": "362"}),
        ("/assets/", {"name": "x", "custom_field_values": "5"}),
        ("/assets/", {"name": "x", "custom_field_values": [{"custom_field_id": 1, "value": "5"}]}),
        ("/tickets/", {"priority": "very"}),
        ("/tickets/", {"status": 3}),
    ],
)
async def test_422_for_what_does_not_fit(fiwit: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    before = await rows(fiwit, path)
    assert (await fiwit.post(path, json=body)).status_code == 422
    assert await rows(fiwit, path) == before


async def test_400_and_405(fiwit: httpx.AsyncClient) -> None:
    assert (await fiwit.post("/assets/", content=b"{")).status_code == 400
    assert (await fiwit.post("/assets/", json=[])).status_code == 400
    assert (await fiwit.delete(f"/assets/{(await rows(fiwit, '/assets'))[0]['id']}")).status_code == 405


@pytest.mark.parametrize("accept", ["*/*", "text/html", ""])
async def test_html_unless_json_is_asked_for(fiwit: httpx.AsyncClient, accept: str) -> None:
    headers = {"Accept": accept} if accept else {}
    request = fiwit.build_request("GET", "/assets", headers=headers)
    if not accept:
        del request.headers["accept"]
    answer = await fiwit.send(request)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (await fiwit.get("/assets", headers={"Accept": "text/csv"})).status_code == 406


@pytest.mark.parametrize("key", ["", f"Bearer {API_KEY}", "wrong"])
async def test_401_unless_the_bare_key_is_sent(fiwit: httpx.AsyncClient, key: str) -> None:
    assert (await fiwit.get("/assets", headers={"Authorization": key})).status_code == 401


async def test_users_in_ruby_s_notation(fiwit: httpx.AsyncClient) -> None:
    assert (await fiwit.get("/teams")).status_code == 404
    users = await rows(fiwit, "/users")
    async with client_of(users="ruby") as client:
        assert (await client.get("/users")).status_code == 404
        answer = await client.get("/teams")
    assert answer.text.startswith('[{"id"=>85, "email"=>')
    assert json.loads(answer.text.replace("=>", ": ")) == users


def test_ruby_escapes_what_would_end_or_fill_a_string() -> None:
    assert ruby('a "b" #{c} \\') == r'"a \"b\" \#{c} \\"'


async def test_the_same_bytes_for_the_same_seed(fiwit: httpx.AsyncClient) -> None:
    transport = httpx.ASGITransport(create_app(make_company(assets=300)))
    async with httpx.AsyncClient(transport=transport, base_url="http://fiwit", headers=KEY) as again:
        for path in ("/assets", "/tickets", "/users", "/asset_types"):
            assert (await fiwit.get(path)).content == (await again.get(path)).content
        for client in (fiwit, again):
            await client.post("/assets/", json={"name": "x"})
        assert (await fiwit.get("/assets")).content == (await again.get("/assets")).content


def test_settings_of_a_source() -> None:
    told = settings("http://x:1")
    assert (told["BASE_URL"], told["API_KEY"]) == ("http://x:1", API_KEY)
