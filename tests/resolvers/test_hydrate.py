"""Batching of loads: records are loaded together, each once, and a cancelled caller cancels no other."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from gateway import settings
from gateway.app import open_sources, vendor_keys
from gateway.connector.description.ids import GlobalId
from gateway.connector.records.record import Record
from gateway.errors import BadInput, UpstreamUnavailable
from gateway.testing.upstreams import Handler, Upstreams, answered
from gateway.upstream.transport.via_httpx import HttpxTransport
from resolvers.context import RequestContext
from tests.support.samples import sample

ROWS = [sample("tether", "assets")[0] | {"id": number, "name": f"N{number}"} for number in range(1, 9)]


@asynccontextmanager
async def tether(handler: Handler) -> AsyncIterator[tuple[RequestContext, Upstreams]]:
    """A context over one Tether account with a token."""
    source = {"VENDOR": "tether", "BASE_URL": "http://tether.test/api", "TOKEN": "t", "RATE_PER_MINUTE": "0"}
    environ = {f"GATEWAY_SOURCES__TETHER__{key}": value for key, value in source.items()}
    read = settings.load(config=None, environ=environ, vendors=vendor_keys())
    upstreams = Upstreams({"tether": source["BASE_URL"]}, {"tether": handler})
    transport = HttpxTransport(handler=upstreams)
    context = RequestContext(
        open_sources(read, transport), calls=50, max_page_size=500, caching=False, base_url=str
    )
    try:
        yield context, upstreams
    finally:
        await context.close()
        await transport.close()


def asset_ids(*native_ids: int) -> list[GlobalId]:
    return [GlobalId("tether", "Asset", str(native_id)) for native_id in native_ids]


def rows(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/api/assets":
        return answered(ROWS)
    matching = [row for row in ROWS if str(row["id"]) == request.url.path.rpartition("/")[2]]
    return answered(matching[0]) if matching else answered({"detail": "no"}, status=404)


def names_of(results: Sequence[Any]) -> list[Any]:
    return [result.get("name") if isinstance(result, Record) else result for result in results]


async def test_records_by_id_come_in_the_order_of_the_ids_and_each_once() -> None:
    async with tether(rows) as (context, upstreams):
        results = await asyncio.gather(*map(context.record_by_id.load, asset_ids(5, 2, 5, 99, 1, 7)))
        assert names_of(results) == ["N5", "N2", "N5", None, "N1", "N7"]
        assert results[0] is results[2]
        assert upstreams.lines() == ["tether /assets"]


async def test_a_failure_stands_in_each_records_place() -> None:
    async with tether(lambda _: answered("", status=500)) as (context, _):
        results = await asyncio.gather(
            *map(context.record_by_id.load, asset_ids(1, 2)), return_exceptions=True
        )
    assert [type(result) for result in results] == [UpstreamUnavailable] * 2


async def test_a_cancelled_first_caller_does_not_take_the_record_from_later_ones() -> None:
    [asset_id] = asset_ids(3)
    async with tether(rows) as (context, _):
        first = asyncio.ensure_future(context.record_by_id.load(asset_id))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert first.cancelled()
        async with asyncio.timeout(5):
            assert names_of([await context.record_by_id.load(asset_id)]) == ["N3"]


async def test_a_record_that_was_asked_for_alone_is_the_same_one_later() -> None:
    [asset_id, missing_id] = asset_ids(3, 99)
    async with tether(rows) as (context, upstreams):
        assert await context.record_by_id.load_alone(asset_id) is await context.record_by_id.load(asset_id)
        assert (
            await context.record_by_id.load_alone(missing_id)
            is await context.record_by_id.load(missing_id)
            is None
        )
        assert sorted(upstreams.lines()) == ["tether /assets/3", "tether /assets/99"]


async def test_a_record_that_fails_alone_fails_for_later_ones_too() -> None:
    [asset_id] = asset_ids(3)
    async with tether(lambda _: answered("", status=500)) as (context, _):
        for load in (context.record_by_id.load_alone, context.record_by_id.load):
            with pytest.raises(UpstreamUnavailable):
                await load(asset_id)


async def test_all_parents_of_a_level_are_one_call_of_the_resolver() -> None:
    calls: list[list[Any]] = []

    async def resolve(_: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]) -> list[Any]:
        calls.append(list(parents))
        return [(parent, args.get("first")) for parent in parents]

    async with tether(rows) as (context, _):
        same = [context.level(resolve, parent, {"first": 2}) for parent in "abc"]
        other = [context.level(resolve, parent, {"first": 5}) for parent in "ab"]
        results = await asyncio.gather(*same, *other)
    assert results == [("a", 2), ("b", 2), ("c", 2), ("a", 5), ("b", 5)]
    assert calls == [["a", "b", "c"], ["a", "b"]]


async def test_a_failure_in_one_parents_place_is_that_parents_alone() -> None:
    async def resolve(_: RequestContext, parents: Sequence[Any], __: Mapping[str, Any]) -> list[Any]:
        return [BadInput("no") if parent == "b" else parent for parent in parents]

    async with tether(rows) as (context, _):
        results = await asyncio.gather(
            *(context.level(resolve, parent, {}) for parent in "abc"), return_exceptions=True
        )
    assert [results[0], results[2]] == ["a", "c"]
    assert isinstance(results[1], BadInput)


async def test_a_failure_is_reported_once_for_each_place() -> None:
    fault = BadInput("no")
    async with tether(rows) as (context, _):
        context.report(fault, ["a"])
        context.report(fault, ["a"])
        context.report(fault, ["b"])
        assert [where for _, where in context.reported] == [["a"], ["b"]]


@pytest.mark.parametrize(
    ("written", "types"),
    [
        ("tether:Asset:1", ("Ticket",)),
        ("tether:Boat:1", ()),
        ("nobody:Asset:1", ()),
        ("tether:Asset:..", ()),
        ("x", ()),
    ],
)
async def test_an_id_is_checked_before_anything_is_asked(written: str, types: tuple[str, ...]) -> None:
    async with tether(rows) as (context, upstreams):
        with pytest.raises(BadInput):
            context.checked_id(written, *types)
        assert upstreams.calls == []


async def test_an_id_of_one_of_a_types_kinds_is_an_id_of_the_type() -> None:
    async with tether(rows) as (context, _):
        assert context.checked_id("TETHER:Asset:1", "Asset") == asset_ids(1)[0]
