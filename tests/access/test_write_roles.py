"""Writes by roles: what may be changed, with which values, and what is seen of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.sandbox import make_company
from gateway.testing.harness import Gateway
from tests.support.gateway import sandbox
from tests.support.roles import ask_as, get_as, roles_file

ROLES = """
[roles.all]
sources = ["*"]
read = ["*"]
write = ["*"]
[roles.other]
sources = ["*"]
read = ["*"]
write = ["*"]
[roles.desk]
sources = ["fiwit", "tether"]
read = ["Asset", "Ticket"]
write = ["ticket.*", "asset.update", "asset.import", "asset.checkout", "asset.delete"]
[roles.desk.rows]
tether = { category = ["Laptop"] }
[roles.thrifty]
sources = ["tether"]
read = ["Asset"]
write = ["asset.*"]
hide = ["Asset.purchaseCost", "Asset.updatedAt"]
[roles.clerk]
sources = ["tether"]
write = ["asset.update"]
"""
UPDATE = (
    "mutation ($input: UpdateAssetInput!) { updateAsset(input: $input) { userErrors { code field } %s } }"
)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    names = ("all", "other", "desk", "thrifty", "clerk")
    path = roles_file(tmp_path, ROLES, *((name, name) for name in names))
    async with sandbox(make_company(seed=3, assets=20), config=path) as opened:
        yield opened


async def tether_assets(gateway: Gateway) -> dict[str, str | None]:
    query = '{ assets(first: 100, filter: {source: {eq: "tether"}}) { nodes { id category } } }'
    nodes = (await ask_as(gateway, "all", query)).whole["assets"]["nodes"]
    return {node["id"]: node["category"] for node in nodes}


def writes(gateway: Gateway) -> list[str]:
    return [line for line in gateway.upstreams.lines() if not line.endswith("/auth/token")]


async def test_a_record_outside_the_rows_is_not_there_to_be_changed(gateway: Gateway) -> None:
    assets = await tether_assets(gateway)
    hidden = next(name for name, category in assets.items() if category != "Laptop")
    seen = next(name for name, category in assets.items() if category == "Laptop")
    update = UPDATE % "asset { id name }"
    refused = await ask_as(gateway, "desk", update, input={"id": hidden, "name": "x"})
    missing = await ask_as(gateway, "desk", update, input={"id": "tether:Asset:999999", "name": "x"})
    assert refused.data == missing.data
    assert refused.data["updateAsset"]["userErrors"] == [{"code": "NOT_FOUND", "field": ["id"]}]
    answer = "planned { url } userErrors { code }"
    delete = f"mutation ($id: ID!) {{ deleteAsset(input: {{id: $id, dryRun: true}}) {{ {answer} }} }}"
    dry = (await ask_as(gateway, "desk", delete, id=hidden)).whole["deleteAsset"]
    assert dry == {"planned": None, "userErrors": [{"code": "NOT_FOUND"}]}
    done = await ask_as(gateway, "desk", update, input={"id": seen, "name": "renamed"})
    assert done.whole["updateAsset"] == {"userErrors": [], "asset": {"id": seen, "name": "renamed"}}


async def test_what_cannot_be_compared_with_the_rows_is_refused(gateway: Gateway) -> None:
    seen = next(name for name, category in (await tether_assets(gateway)).items() if category == "Laptop")
    values = {"id": seen, "vendorFields": {"category_id": 1}}
    assert (await ask_as(gateway, "desk", UPDATE % "asset { id }", input=values)).codes == ["FORBIDDEN"]
    assert writes(gateway) == []
    operations = (await ask_as(gateway, "desk", "{ sources { name operations } }")).whole["sources"]
    assert "asset.update" in next(source for source in operations if source["name"] == "tether")["operations"]
    assert "asset.create" not in str(operations)


@pytest.mark.parametrize(
    "values",
    [
        {"purchaseCost": "5"},
        {"ifUnchangedSince": "2030-01-01T00:00:00Z"},
        {"vendorFields": {"order_number": "1"}},
    ],
)
async def test_hidden_fields_are_neither_written_nor_compared(
    gateway: Gateway, values: dict[str, object]
) -> None:
    asset = next(iter(await tether_assets(gateway)))
    answer = await ask_as(gateway, "thrifty", UPDATE % "asset { name }", input={"id": asset, **values})
    assert answer.codes == ["FORBIDDEN"]
    assert answer.errors[0]["path"] == ["updateAsset"]
    assert writes(gateway) == []


async def test_a_dry_run_does_not_show_what_it_would_send_back(gateway: Gateway) -> None:
    asset = next(iter(await tether_assets(gateway)))
    dry = UPDATE % "planned { method body }"
    values = {"id": asset, "name": "x", "dryRun": True}
    whole = (await ask_as(gateway, "all", dry, input=values)).whole["updateAsset"]["planned"]
    shown = (await ask_as(gateway, "thrifty", dry, input=values)).whole["updateAsset"]["planned"]
    assert "purchase_cost" in whole[-1]["body"]
    assert shown == [{**request, "body": None} for request in whole]


async def test_an_answer_that_selects_what_is_hidden_changes_nothing(gateway: Gateway) -> None:
    asset = next(iter(await tether_assets(gateway)))
    for caller, selected in (("thrifty", "asset { purchaseCost }"), ("clerk", "asset { id }")):
        answer = await ask_as(gateway, caller, UPDATE % selected, input={"id": asset, "name": "x"})
        assert answer.codes == ["FORBIDDEN"]
        assert answer.data is None
        assert writes(gateway) == []
    written = await ask_as(gateway, "clerk", UPDATE % "warnings", input={"id": asset, "name": "x"})
    assert written.whole["updateAsset"] == {"userErrors": [], "warnings": []}


async def test_operations_are_allowed_by_source_and_ids_are_those_of_seen_records(gateway: Gateway) -> None:
    answer = "ticket { id } userErrors { code field }"
    create = f"mutation ($input: CreateTicketInput!) {{ createTicket(input: $input) {{ {answer} }} }}"
    values = {"source": "fiwit", "subject": "s", "description": "d"}
    foreign = await ask_as(gateway, "desk", create, input={**values, "source": "halo"})
    assert foreign.codes == ["BAD_USER_INPUT"]
    assert "halo:" not in foreign.text
    person = await ask_as(gateway, "desk", create, input={**values, "assigneeId": "fiwit:Person:1"})
    assert person.data["createTicket"]["userErrors"] == [{"code": "INVALID", "field": ["assigneeId"]}]
    assert writes(gateway) == []


async def test_a_key_of_another_caller_is_another_key(gateway: Gateway) -> None:
    create = "mutation ($input: CreateAssetInput!) { createAsset(input: $input) { asset { id } userErrors { code } } }"
    values = {"source": "tether", "name": "new", "assetTag": "N-1", "idempotencyKey": "k"}
    ids = [
        (await ask_as(gateway, caller, create, input={**values, "assetTag": tag})).data["createAsset"]
        for caller, tag in (("all", "N-1"), ("all", "N-1"), ("other", "N-2"), ("all", "N-3"))
    ]
    assert ids[0] == ids[1] != ids[2]
    assert ids[2]["userErrors"] == []
    assert ids[3]["userErrors"] == [{"code": "CONFLICT"}]


async def test_pictures_are_of_seen_assets(gateway: Gateway) -> None:
    assets = await tether_assets(gateway)
    hidden = next(name for name, category in assets.items() if category != "Laptop")
    seen = next(name for name, category in assets.items() if category == "Laptop")
    assert (await get_as(gateway, "desk", f"/assets/{seen}/qr.png")).status_code == 200
    for name in (hidden, "halo:Asset:1", "nowhere:Asset:1"):
        assert (await get_as(gateway, "desk", f"/assets/{name}/qr.png")).status_code == 404
    assert (await get_as(gateway, "clerk", f"/assets/{seen}/qr.png")).status_code == 404
