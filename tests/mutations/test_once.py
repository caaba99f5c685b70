"""The same key and input: done once, however often and however fast it comes."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gateway.coordination.idempotency import ClaimState, InProcessIdempotency
from tests.mutations.house import House, codes

Opened = Callable[..., House]
NEW = {"source": "tether", "assetTag": "ONCE", "name": "once", "idempotencyKey": "k1"}


async def test_again_gives_the_first_result_and_writes_nothing(house: Opened) -> None:
    async with house("tether") as gateway:
        first = await gateway.do("createAsset", "asset { id assetTag name }", NEW)
        again = await gateway.do("createAsset", "asset { id assetTag name }", dict(reversed(NEW.items())))
        assert again == first
        assert len(gateway.vendor.writes) == 1


async def test_two_at_once_write_once(house: Opened) -> None:
    async with house("tether") as gateway:
        payloads = await asyncio.gather(*(gateway.do("createAsset", "asset { id }", NEW) for _ in range(5)))
        assert len({payload["asset"]["id"] for payload in payloads}) == 1
        assert len(gateway.vendor.writes) == 1


async def test_another_input_or_mutation_is_a_conflict(house: Opened) -> None:
    async with house("tether") as gateway:
        id_ = (await gateway.do("createAsset", "asset { id }", NEW))["asset"]["id"]
        other = await gateway.do("createAsset", "asset { id }", {**NEW, "name": "other"})
        assert codes(other) == [("CONFLICT", "idempotencyKey")]
        update = await gateway.do(
            "updateAsset", "asset { id }", {"id": id_, "name": "x", "idempotencyKey": "k1"}
        )
        assert codes(update) == [("CONFLICT", "idempotencyKey")]
        assert len(gateway.vendor.writes) == 1


async def test_a_dry_run_uses_no_key_up(house: Opened) -> None:
    async with house("tether") as gateway:
        await gateway.do("createAsset", "asset { id }", {**NEW, "dryRun": True})
        assert (await gateway.do("createAsset", "asset { id }", NEW))["asset"]["id"]


async def test_what_was_refused_may_be_tried_again(house: Opened) -> None:
    async with house("tether") as gateway:
        asset = (await gateway.assets("id", status={"eq": "IN_USE"}))[0]
        person = (await gateway.ask("{ people(first: 1) { nodes { id } } }")).whole["people"]["nodes"][0][
            "id"
        ]
        input_values = {"id": asset["id"], "employeeId": person, "idempotencyKey": "k2"}
        assert codes(await gateway.do("checkoutAsset", "asset { id }", input_values)) == [("CONFLICT", "id")]
        await gateway.do("checkinAsset", "asset { id }", {"id": asset["id"]})
        assert codes(await gateway.do("checkoutAsset", "asset { id }", input_values)) == []


@pytest.mark.parametrize("failure", ["before", "after"])
async def test_what_is_not_known_is_looked_for_and_never_sent_again(house: Opened, failure: str) -> None:
    async with house("tether") as gateway:
        gateway.vendor.lose = failure
        answer = await gateway.attempt("createAsset", "asset { id name }", NEW)
        for _ in range(2):
            again = await gateway.attempt("createAsset", "asset { id name }", NEW)
            assert again.codes == answer.codes == (["OUTCOME_UNKNOWN"] if failure == "before" else [])
            assert again.data["createAsset"]["asset"] == answer.data["createAsset"]["asset"]
        assert len(gateway.vendor.writes) == 1


@pytest.mark.parametrize("failure", ["before", "after"])
async def test_one_that_looks_the_same_settles_nothing_where_such_may_be_twice(
    house: Opened, failure: str
) -> None:
    async with house("fiwit") as gateway:
        input_values = {"source": "fiwit", "name": "L", "assetTypeId": "363", "serialNumber": "L-1"}
        await gateway.do("createAsset", "asset { id }", input_values)
        gateway.vendor.writes.clear()
        gateway.vendor.lose = failure
        answer = await gateway.attempt("createAsset", "asset { id }", input_values)
        assert (answer.codes, answer.data["createAsset"]["asset"]) == (["OUTCOME_UNKNOWN"], None)
        assert len(gateway.vendor.writes) == 1


async def test_what_was_ended_halfway_is_in_doubt(house: Opened) -> None:
    async with house("tether", environ={"GATEWAY_LIMITS__DEADLINE_SECONDS": "1"}) as gateway:
        ask = gateway.vendor._ask

        async def slow(request: httpx.Request) -> httpx.Response:
            if request.method == "POST" and "auth" not in request.url.path:
                await asyncio.sleep(3)
            answer: Any = ask(request)
            return await answer  # type: ignore[no-any-return]

        gateway.vendor._ask = slow
        late = await gateway.attempt("createAsset", "asset { id }", NEW)
        assert late.codes == ["OUTCOME_UNKNOWN"]
        gateway.vendor._ask = ask
        again = await gateway.attempt("createAsset", "asset { id }", NEW)
        assert again.codes == ["OUTCOME_UNKNOWN"]
        assert len(gateway.vendor.writes) == 1


async def test_a_key_ends_after_a_day_and_the_oldest_go_first() -> None:
    now = [0.0]
    store = InProcessIdempotency(seconds=100, keys=3, clock=lambda: now[0])
    for key in "abcd":
        assert (await store.claim(key, "f")).state is ClaimState.NEW
        await store.complete(key, {"native": key})
    assert (await store.claim("d", "f")).result == {"native": "d"}
    assert (await store.claim("b", "f")).result == {"native": "b"}
    assert (await store.claim("b", "g")).state is ClaimState.MISMATCH
    now[0] = 101
    assert (await store.claim("b", "g")).state is ClaimState.NEW
    await store.release("b")
    assert (await store.claim("b", "h")).state is ClaimState.NEW


async def test_who_waits_takes_over_what_was_given_up() -> None:
    store = InProcessIdempotency()
    await store.claim("k", "f")
    waiting = asyncio.create_task(store.claim("k", "f"))
    await asyncio.sleep(0)
    await store.release("k")
    assert (await waiting).state is ClaimState.NEW
    later = asyncio.create_task(store.claim("k", "f"))
    await asyncio.sleep(0)
    await store.mark_unknown("k")
    assert (await later).state is ClaimState.UNKNOWN


async def test_a_waiter_who_is_cancelled_takes_nothing_along() -> None:
    store = InProcessIdempotency()
    await store.claim("k", "f")
    waiting = asyncio.create_task(store.claim("k", "f"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await store.complete("k", {"native": "1"})
    assert (await store.claim("k", "f")).result == {"native": "1"}


@pytest.mark.parametrize("mutation", ["updateAsset", "deleteAsset", "checkinAsset"])
async def test_an_answer_that_is_none_tells_nothing_of_the_change(house: Opened, mutation: str) -> None:
    async with house("tether") as gateway:
        asset = (await gateway.assets("id name", status={"eq": "IN_USE"}))[0]
        input_values = {"id": asset["id"]} | ({"name": "changed"} if mutation == "updateAsset" else {})
        gateway.vendor.answer = httpx.Response(200, html="<p>Please sign in</p>")
        answer = await gateway.attempt(
            mutation, "deletedId" if mutation == "deleteAsset" else "asset { id }", input_values
        )
        assert answer.codes == ["OUTCOME_UNKNOWN"]
        assert len(gateway.vendor.writes) == 1
        gateway.vendor.answer = None
        assert asset in await gateway.assets("id name", status={"eq": "IN_USE"})


async def test_again_after_the_record_was_deleted_says_so(house: Opened) -> None:
    async with house("tether") as gateway:
        created = await gateway.do("createAsset", "asset { id }", NEW)
        await gateway.do("deleteAsset", "deletedId", {"id": created["asset"]["id"]})
        again = await gateway.do("createAsset", "asset { id }", NEW)
        assert (again["asset"], codes(again)) == (None, [("NOT_FOUND", "idempotencyKey")])
        assert [method for method, _, _ in gateway.vendor.writes] == ["POST", "DELETE"]
