"""Every cache that callers fill holds a bounded number of bytes, whatever they send."""

import gc
import tracemalloc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.sandbox import Company
from gateway.testing.selections import leaves
from gateway.upstream.caching.cache import CacheKey, LocalCache
from gateway.upstream.caching.freshness import CachedResponse
from tests.support.gateway import Gateway, sandbox

_MEGABYTE = 2**20
_LEAVES = leaves("Asset")
_TEXT = 500

Ask = Callable[[Gateway, int], Awaitable[Any]]


async def _fields(gateway: Gateway, number: int) -> Any:
    """A short document of some two thousand fields."""
    roots = " ".join(f"r{number}x{root}: assets(first: 0) {{ nodes {{ ...A }} }}" for root in range(20))
    links = "location { assets(first: 0) { nodes { ...%s } } } assignedTo { assets(first: 0) { nodes { ...%s } } }"
    fragments = (
        f"fragment A on Asset {{ id name {links % ('B', 'B')} }} fragment B on Asset {{ id name {links % ('C', 'C')} }}"
        "fragment C on Asset { id name model status notes serialNumber category assetTag purchaseDate }"
    )
    await gateway.ask(f"{{ {roots} }} {fragments}")


async def _projections(gateway: Gateway, number: int) -> Any:
    """Aliases that no other document has, so that each has functions of its own."""
    await gateway.ask(
        f"{{ assets(first: 20) {{ nodes {{ {'a' * 2000}{number}: id ...A }} }} }} fragment A on Asset {_LEAVES}"
    )


async def _directives(gateway: Gateway, number: int) -> Any:
    """A plan for each set of values."""
    names = [f"v{index}" for index in range(12)]
    fields = " ".join(f"f{index}: name @include(if: ${name})" for index, name in enumerate(names))
    variables = {name: bool(number >> index & 1) for index, name in enumerate(names)}
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    await gateway.ask(
        f"query({declared}) {{ assets(first: 5) {{ nodes {{ {fields} ...A }} }} }} fragment A on Asset {_LEAVES}",
        **variables,
    )


async def _searches(gateway: Gateway, number: int) -> Any:
    await gateway.ask(
        "query($s: String) { assets(first: 1, filter: {search: $s}) { totalCount } }",
        s=str(number) * (_TEXT // len(str(number))),
    )


async def _filters(gateway: Gateway, number: int) -> Any:
    """The most terms that a cached list plan may have."""
    terms = [{"name": {"eq": f"{number}-{term}"}} for term in range(60)]
    await gateway.ask(
        "query($f: AssetFilter) { assets(first: 1, filter: $f) { totalCount } }", f={"or": terms}
    )


async def _ids(gateway: Gateway, number: int) -> Any:
    ids = [f"fiwit:Asset:{number}{index:03}" for index in range(500)]
    await gateway.ask("query($i: [ID!]!) { nodes(ids: $i) { id } }", i=ids)


async def _texts(gateway: Gateway, number: int) -> Any:
    """A document that is as long as one may be."""
    await gateway.ask(f"{{ assets(first: 0) {{ totalCount }} }} # {number} {'x' * 190_000}")


async def _headers(gateway: Gateway, number: int) -> Any:
    await gateway._client.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"accept": f"*/*;x={number}{'y' * 60_000}"}
    )


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("ask", "inputs"),
    [
        (_fields, 25),
        (_projections, 60),
        (_directives, 60),
        (_searches, 150),
        (_filters, 50),
        (_ids, 60),
        (_texts, 20),
        (_headers, 200),
    ],
)
async def test_the_worst_inputs_stay_under_a_bound(ask: Ask, inputs: int, company: Company) -> None:
    async with sandbox(company, cached=True) as gateway:
        for number in range(10_000, 10_003):
            await ask(gateway, number)
        gateway.upstreams.forget()
        tracemalloc.start()
        try:
            for number in range(inputs):
                await ask(gateway, number)
                gateway.upstreams.forget()
            gc.collect()
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert held < 40 * _MEGABYTE


async def test_cached_responses_weigh_their_keys() -> None:
    cache = LocalCache(max_bytes=4 * _MEGABYTE)
    tracemalloc.start()
    try:
        for number in range(500):
            key = CacheKey("halo", "account", "/Asset", (("search", f"{number}{'x' * 60_000}"),))
            await cache.put(
                key,
                CachedResponse(body=b"[]", stored_at=0, ttl_seconds=1e12),
                epoch=await cache.epoch("halo"),
            )
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 6 * _MEGABYTE
