"""The subscription `assetChanged`: what is told of changes at the vendor, of our own, and of what cannot be seen."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.live import poller, subscriber
from gateway.testing.harness import Gateway
from tests.live.conftest import Account, Opened
from tests.support.asgi_websocket import AsgiWebSocket, opened_websocket
from tests.support.roles import key_of, roles_file

CHANGES = """
subscription($filter: AssetFilter) {
  assetChanged(filter: $filter) {
    kind id asset { id name ipAddress location { name } } fields { name old new } source { name } seenAt
  }
}
"""


CREATE = """
mutation($name: String!) { createAsset(input: {source: "fiwit", name: $name}) { asset { id } userErrors { message } } }
"""
UPDATE = "mutation($id: ID!, $name: String!) { updateAsset(input: {id: $id, name: $name}) { userErrors { message } } }"


async def following(
    ws: AsgiWebSocket, gateway: Gateway, operation_id: str = "1", query: str = CHANGES, **variables: Any
) -> None:
    """Subscribe, and wait for the state that changes are told from."""
    before = polls(gateway)
    await ws.subscribe(query, operation_id, **variables)
    await polled(gateway, before + 2)


def polls(gateway: Gateway) -> int:
    return sum(call.path.rstrip("/") == "/assets" for call in gateway.calls if call.method == "GET")


async def polled(gateway: Gateway, times: int) -> None:
    async with asyncio.timeout(5):
        while polls(gateway) < times:
            await asyncio.sleep(0.01)


async def change(ws: AsgiWebSocket) -> Any:
    return (await ws.data())["assetChanged"]


async def test_a_change_at_the_vendor(gateway: Gateway, account: Account) -> None:
    async with opened_websocket(gateway.app) as ws:
        await following(ws, gateway)
        row = (await gateway.ask("{ assets { nodes { nativeId name } } }")).whole["assets"]["nodes"][0]
        await account.write("PATCH", f"/assets/{row['nativeId']}", name="renamed")
        told = await change(ws)
        assert (told["kind"], told["source"]) == ("UPDATED", {"name": "fiwit"})
        assert told["id"] == told["asset"]["id"] == f"fiwit:Asset:{row['nativeId']}"
        assert told["asset"]["name"] == "renamed"
        fields = {field["name"]: (field["old"], field["new"]) for field in told["fields"]}
        assert fields.pop("name") == (row["name"], "renamed")
        assert fields.keys() <= {"updatedAt"}
        assert told["seenAt"].endswith("Z")


async def test_a_link_that_changes(gateway: Gateway, account: Account) -> None:
    async with opened_websocket(gateway.app) as ws:
        await following(ws, gateway)
        locations = (await gateway.ask("{ locations { nodes { nativeId } } }")).whole["locations"]["nodes"]
        first, second = (int(location["nativeId"]) for location in locations[:2])
        created = await account.write("POST", "/assets", name="new", location_id=first)
        told = await change(ws)
        assert (told["kind"], told["fields"]) == ("CREATED", [])
        assert told["asset"]["location"]["name"]
        await account.write("PATCH", f"/assets/{created['id']}", location_id=second)
        fields = {field["name"]: (field["old"], field["new"]) for field in (await change(ws))["fields"]}
        assert fields["location"] == (f"fiwit:Location:{first}", f"fiwit:Location:{second}")


async def test_an_asset_that_is_gone(gateway: Gateway, account: Account) -> None:
    async with opened_websocket(gateway.app) as ws:
        await following(ws, gateway)
        native_id = (await gateway.ask("{ assets { nodes { nativeId } } }")).whole["assets"]["nodes"][2][
            "nativeId"
        ]
        account.hidden.add(int(native_id))
        told = await change(ws)
        assert (told["kind"], told["id"], told["asset"]) == ("DELETED", f"fiwit:Asset:{native_id}", None)


@pytest.mark.parametrize("fault", ["fails", "cuts"])
async def test_a_poll_that_fails_is_a_gap_and_no_deletion(
    gateway: Gateway, account: Account, fault: str
) -> None:
    async with opened_websocket(gateway.app) as ws:
        await following(ws, gateway)
        setattr(account, fault, True)
        told = await change(ws)
        assert (told["kind"], told["id"], told["asset"], told["fields"]) == ("GAP", None, None, [])
        await ws.subscribe("subscription { assetChanged { kind } }", "late")
        assert await ws.data() == {"assetChanged": {"kind": "GAP"}}
        await account.write("POST", "/assets", name="meanwhile")
        setattr(account, fault, False)
        assert [(await change(ws))["kind"] for _ in range(2)] == ["CREATED", "CREATED"]


async def test_own_writes_are_told_at_once_and_once(opened: Opened) -> None:
    async with opened(GATEWAY_LIVE__POLL_SECONDS="1.2") as gateway, opened_websocket(gateway.app) as ws:
        await ws.subscribe(CHANGES)
        await polled(gateway, 1)
        await asyncio.sleep(0.1)
        created = (await gateway.ask(CREATE, name="ours")).whole["createAsset"]["asset"]["id"]
        told = await asyncio.wait_for(change(ws), 0.5)
        assert (told["kind"], told["id"], told["asset"]["name"]) == ("CREATED", created, "ours")
        await gateway.ask(UPDATE, id=created, name="hers")
        told = await asyncio.wait_for(change(ws), 0.5)
        assert told["kind"] == "UPDATED"
        assert {"name": "name", "old": "ours", "new": "hers"} in told["fields"]
        await polled(gateway, polls(gateway) + 1)
        with pytest.raises(TimeoutError):
            await ws.hear(0.3)


@pytest.mark.parametrize(
    ("filter_input", "kinds"),
    [
        ({"name": {"eq": "first"}}, ["UPDATED"]),
        ({"name": {"eq": "second"}}, ["UPDATED"]),
        ({"name": {"eq": "third"}}, []),
        ({"source": {"eq": "fiwit"}}, ["UPDATED"]),
    ],
)
async def test_a_filter_is_about_before_and_after(
    gateway: Gateway, account: Account, filter_input: Any, kinds: list[str]
) -> None:
    created = await account.write("POST", "/assets", name="first")
    async with opened_websocket(gateway.app) as ws:
        await ws.subscribe(CHANGES, filter=filter_input)
        await following(ws, gateway, "all")
        await account.write("PATCH", f"/assets/{created['id']}", name="second")
        heard = [await ws.hear() for _ in range(1 + len(kinds))]
        told = [
            message["payload"]["data"]["assetChanged"]["kind"] for message in heard if message["id"] == "1"
        ]
        assert told[: len(kinds)] == kinds


async def test_one_poll_for_all_subscribers(gateway: Gateway, account: Account) -> None:
    async with opened_websocket(gateway.app) as first, opened_websocket(gateway.app) as second:
        for number in range(20):
            await first.subscribe(CHANGES, str(number))
            await second.subscribe(CHANGES, str(number))
        await polled(gateway, 2)
        assert gateway.upstreams.busiest["fiwit"] == 1
        await account.write("POST", "/assets", name="new")
        for ws in (first, second):
            assert {(await ws.hear())["id"] for _ in range(20)} == {str(number) for number in range(20)}


async def test_nobody_is_polled_without_subscribers(gateway: Gateway) -> None:
    async with opened_websocket(gateway.app) as ws:
        await following(ws, gateway)
        await ws.say({"type": "complete", "id": "1"})
        await asyncio.sleep(0.2)
        count = polls(gateway)
        await asyncio.sleep(0.2)
        assert polls(gateway) == count


async def test_a_poll_takes_its_share_of_the_rate(opened: Opened) -> None:
    rate = {"GATEWAY_SOURCES__FIWIT__RATE_PER_MINUTE": "60", "GATEWAY_LIVE__SHARE": "0.1"}
    async with opened(**rate) as gateway, opened_websocket(gateway.app) as ws:
        seconds = "{ sources { pollEverySeconds } }"
        assert (await gateway.ask(seconds)).whole == {"sources": [{"pollEverySeconds": 10}]}
        await ws.subscribe(CHANGES)
        await polled(gateway, 1)
        await asyncio.sleep(0.3)
        assert polls(gateway) == 1


async def test_a_poll_neither_reads_the_cache_nor_fills_it(gateway: Gateway, account: Account) -> None:
    names = "{ assets(first: 100) { nodes { name } } }"
    await gateway.ask(names)
    count = polls(gateway)
    async with opened_websocket(gateway.app) as ws:
        await following(ws, gateway)
        await account.write("POST", "/assets", name="seen at once")
        assert (await change(ws))["asset"]["name"] == "seen at once"
        # what was cached is renewed by the poll: a page that reads its list again sees what it was told of
        before = polls(gateway)
        answer = (await gateway.ask(names)).whole
        assert {"name": "seen at once"} in answer["assets"]["nodes"]
        assert polls(gateway) - before <= 1
    assert count == 1


async def test_a_slow_subscriber_has_a_gap(
    gateway: Gateway, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber, "CAPACITY", 3)
    async with opened_websocket(gateway.app, unread=1) as ws:
        await following(ws, gateway)
        for number in range(12):
            await account.write("POST", "/assets", name=f"new {number}")
        await polled(gateway, polls(gateway) + 2)
        kinds = []
        while "GAP" not in kinds:
            kinds.append((await change(ws))["kind"])
        assert len(kinds) < 10


async def test_too_many_rows_are_a_gap(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poller, "SNAPSHOT_BYTES", 1000)
    async with opened_websocket(gateway.app) as ws:
        await ws.subscribe(CHANGES)
        assert (await change(ws))["kind"] == "GAP"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('subscription { assetChanged(filter: {source: {eq: "nobody"}}) { kind } }', "BAD_USER_INPUT"),
        ('subscription { assetChanged(filter: {id: {eq: "x"}}) { kind } }', "BAD_USER_INPUT"),
        ("subscription { assetChanged { kind } other: assetChanged { kind } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription($f: AssetFilter!) { assetChanged(filter: $f) { kind } }", "BAD_USER_INPUT"),
        (
            "subscription { assetChanged { asset { tickets(first: 100000) { totalCount } } } }",
            "BAD_USER_INPUT",
        ),
    ],
)
async def test_a_refused_subscription_asks_nobody(gateway: Gateway, query: str, code: str) -> None:
    async with opened_websocket(gateway.app) as ws:
        await ws.subscribe(query)
        message = await ws.hear()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", code)
    assert not gateway.calls


async def test_a_subscription_by_a_plain_request_is_refused_in_words(gateway: Gateway) -> None:
    answer = await gateway.ask("subscription { assetChanged { kind } }")
    assert answer.codes == ["BAD_REQUEST"]
    assert "WebSocket" in answer.errors[0]["message"]


ROLES = """
[roles.report]
sources = ["*"]
read = ["*"]
hide = ["Asset.ipAddress"]
[roles.desk]
sources = ["fiwit"]
read = ["Asset"]
rows = { fiwit = { name = ["mine"] } }
[roles.tickets]
sources = ["fiwit"]
read = ["Ticket"]
"""


async def test_changes_are_told_as_far_as_a_caller_may_see_them(
    opened: Opened, account: Account, tmp_path: Path
) -> None:
    path = roles_file(tmp_path, ROLES, *((name, name) for name in ("report", "desk", "tickets")))
    keys = {name: {"Authorization": f"Bearer {key_of(name)}"} for name in ("report", "desk", "tickets")}
    created = await account.write("POST", "/assets", name="hers")
    query = "subscription { assetChanged { kind asset { name } fields { name } } }"
    async with (
        opened(path) as gateway,
        opened_websocket(gateway.app, keys["tickets"]) as tickets,
        opened_websocket(gateway.app, keys["report"]) as report,
        opened_websocket(gateway.app, keys["desk"]) as desk,
    ):
        await tickets.subscribe(query)
        assert (await tickets.hear())["payload"][0]["extensions"]["code"] == "FORBIDDEN"
        assert not gateway.calls
        await report.subscribe(query)
        await following(desk, gateway, "1", query)
        await account.write("PATCH", f"/assets/{created['id']}", name="mine", ip_address="10.0.0.1")
        told = await change(report)
        assert {field["name"] for field in told["fields"]} - {"updatedAt"} == {"name"}
        assert await change(desk) == {"kind": "CREATED", "asset": {"name": "mine"}, "fields": []}
        await account.write("PATCH", f"/assets/{created['id']}", name="hers again")
        assert await change(desk) == {"kind": "DELETED", "asset": None, "fields": []}
