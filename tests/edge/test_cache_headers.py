"""Cache headers of answers: how long they may be kept, and entity tags for GET."""

import re
import time
from collections.abc import AsyncIterator
from unittest import mock

import httpx
import pytest

from gateway.sandbox import Company, make_company
from gateway.testing.harness import Gateway
from tests.support.gateway import sandbox

NAMES = "{ assets(first: 3) { nodes { name } } }"
TYPES = '{ assets(first: 3, filter: {source: {eq: "fiwit"}}) { nodes { name assetType } } }'


@pytest.fixture(scope="session")
def small() -> Company:
    return make_company(seed=6, assets=10)


@pytest.fixture
async def gateway(small: Company) -> AsyncIterator[Gateway]:
    async with sandbox(small, only=("fiwit", "tether"), cached=True) as opened:
        yield opened


async def get(gateway: Gateway, query: str, **headers: str) -> httpx.Response:
    return await gateway.client.get("/graphql", params={"query": query}, headers=headers)


def max_age(answer: httpx.Response) -> int:
    found = re.fullmatch(r"max-age=(\d+)", answer.headers["cache-control"])
    assert found is not None, answer.headers["cache-control"]
    return int(found[1])


async def test_an_answer_may_be_kept_as_long_as_all_it_was_made_of_is_fresh(gateway: Gateway) -> None:
    now = time.time()
    first = await get(gateway, NAMES)
    assert 28 <= max_age(first) <= 30
    assert first.headers["age"] == "0"
    with mock.patch("time.time", return_value=now + 10):
        second = await get(gateway, NAMES)  # made anew, of the same answers
        assert 18 <= max_age(second) <= 20
        assert second.headers["age"] == "0"
    with mock.patch("time.time", return_value=now + 15):
        third = await get(gateway, NAMES)  # kept whole from the second on
        assert (max_age(third), third.headers["age"]) == (max_age(second), "5")
        by_post = await gateway.client.post("/graphql", json={"query": NAMES})
        assert max_age(by_post) == max_age(second)
        assert "etag" not in by_post.headers


async def test_the_shortest_freshness_counts(gateway: Gateway) -> None:
    await get(gateway, "{ locations { nodes { name } } }")
    assert max_age(await get(gateway, TYPES)) <= 30


async def test_a_get_is_answered_by_its_entity_tag(gateway: Gateway) -> None:
    first = await get(gateway, NAMES)
    tag = first.headers["etag"]
    same = await get(gateway, NAMES, **{"if-none-match": f'"other", W/{tag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert "content-length" not in same.headers
    assert same.headers["cache-control"].startswith("max-age=")
    other = await get(gateway, NAMES, **{"if-none-match": '"other"'})
    assert (other.status_code, other.headers["etag"]) == (200, tag)


@pytest.mark.parametrize(
    "query",
    [
        "{ sources { health { state } } }",
        "{ __typename }",
        "{ nothing }",
        '{ asset(id: "fiwit:Asset:1") { name } nothing: asset(id: "x") { name } }',
        "{ __schema { queryType { name } } }",
    ],
)
async def test_what_may_not_be_kept(gateway: Gateway, query: str) -> None:
    answer = await get(gateway, query)
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


async def test_a_mutation_is_not_kept(gateway: Gateway) -> None:
    mutation = 'mutation { createAsset(input: {source: "fiwit", name: "x", dryRun: true}) { warnings } }'
    answer = await gateway.client.post("/graphql", json={"query": mutation})
    assert answer.headers["cache-control"] == "no-store"


async def test_an_incomplete_list_is_not_kept(small: Company) -> None:
    handlers = {"tether": lambda _: httpx.Response(503)}
    async with sandbox(small, only=("fiwit", "tether"), cached=True, handlers=handlers) as opened:
        assert (await get(opened, NAMES)).headers["cache-control"] == "no-store"


async def test_without_a_cache_nothing_is_kept(small: Company) -> None:
    async with sandbox(small, only=("fiwit",)) as opened:
        assert (await get(opened, NAMES)).headers["cache-control"] == "no-store"


async def test_with_keys_only_the_callers_own_cache_keeps_it(small: Company) -> None:
    key = "a-key-of-0123456789"
    environ = {"GATEWAY_AUTH__API_KEYS": key}
    async with sandbox(small, only=("fiwit",), cached=True, environ=environ) as opened:
        answer = await get(opened, NAMES, authorization=f"Bearer {key}")
        assert re.fullmatch(r"private, max-age=\d+", answer.headers["cache-control"])
