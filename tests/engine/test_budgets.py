"""Limits of what an operation may take in, and of what its answer may become: asked through the public door."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.sandbox import Company
from tests.support.gateway import Gateway, sandbox

LIST = "query($f: AssetFilter) { assets(first: 5, filter: $f) { nodes { id } } }"
NODES = "query($i: [ID!]!) { nodes(ids: $i) { id } }"


def limited(company: Company, **limits: int) -> Gateway:
    environ = {f"GATEWAY_LIMITS__{name.upper()}": str(limit) for name, limit in limits.items()}
    return sandbox(company, environ={"GATEWAY_LIMITS__UPSTREAM_CALLS": "1000"} | environ)


def _any_of(count: int) -> Mapping[str, Any]:
    return {"or": [{"name": {"contains": f"x{number}"}} for number in range(count)]}


def _not(levels: int) -> Mapping[str, Any]:
    deep: Mapping[str, Any] = json.loads('{"not":' * levels + '{"name":{"eq":"x"}}' + "}" * levels)
    return deep


ALLOWED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "ids": (NODES, {"i": ["fiwit:Asset:1"] * 500}),
    "terms": (LIST, {"f": _any_of(200)}),
    "listed values": (LIST, {"f": {"serialNumber": {"in": [str(number) for number in range(500)]}}}),
    "text": (LIST, {"f": {"search": "x" * 500}}),
    "levels": (LIST, {"f": _not(45)}),
}
REFUSED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "ids": (NODES, {"i": ["fiwit:Asset:1"] * 501}),
    "ids of two fields": (
        "query($i: [ID!]!) { a: nodes(ids: $i) { id } b: nodes(ids: $i) { id } }",
        {"i": ["fiwit:Asset:1"] * 251},
    ),
    "terms": (LIST, {"f": _any_of(201)}),
    "empty terms": (LIST, {"f": {"and": [{}] * 201}}),
    "listed values": (LIST, {"f": {"serialNumber": {"in": ["x"] * 501}}}),
    "text": (LIST, {"f": {"search": "x" * 501}}),
    "text within a filter": (
        "query($s: String) { assets(filter: {name: {contains: $s}}) { totalCount } }",
        {"s": "x" * 501},
    ),
    "id": ("query($i: ID!) { asset(id: $i) { id } }", {"i": "fiwit:Asset:" + "1" * 500}),
    "id in the document": (f'{{ asset(id: "fiwit:Asset:{"1" * 500}") {{ id }} }}', {}),
    "levels": (LIST, {"f": _not(200)}),
    "json": (
        LIST,
        {"f": {"vendorParameters": {"vendor": "REVNUE", "parameters": {str(n): "x" for n in range(201)}}}},
    ),
    "id of a mutation": (
        "mutation($i: UpdateAssetInput!) { updateAsset(input: $i) { asset { id } } }",
        {"i": {"id": "x" * 501}},
    ),
}


@pytest.mark.parametrize("name", ALLOWED)
async def test_what_is_within_the_limits_runs(company: Company, name: str) -> None:
    query, variables = ALLOWED[name]
    async with limited(company) as gateway:
        assert (await gateway.ask(query, **variables)).data is not None


@pytest.mark.parametrize("name", REFUSED)
async def test_what_exceeds_a_limit_is_refused_before_any_call(company: Company, name: str) -> None:
    query, variables = REFUSED[name]
    async with limited(company) as gateway:
        answer = await gateway.ask(query, **variables)
        assert answer.codes == ["BAD_USER_INPUT"]
        assert "data" not in answer.body
        assert gateway.calls == []


async def test_beyond_the_records_a_list_is_empty_and_says_so(company: Company) -> None:
    query = (
        "{ a: assets(first: 30) { complete nodes { id } } b: assets(first: 30) { complete nodes { id } } }"
    )
    async with limited(company, records=45) as gateway:
        answer = await gateway.ask(query)
    sizes = {name: (len(page["nodes"]), page["complete"]) for name, page in answer.data.items()}
    assert sizes == {"a": (30, True), "b": (0, False)}
    assert set(answer.codes) == {"QUERY_TOO_COMPLEX"}
    assert {tuple(error["path"]) for error in answer.errors} == {("b",)}


async def test_beyond_the_records_a_link_is_null_at_its_place_and_the_rest_stays(company: Company) -> None:
    query = "{ assets(first: 30) { nodes { id location { id } } } }"
    async with limited(company) as gateway:
        whole = (await gateway.ask(query)).whole["assets"]["nodes"]
    linked = [index for index, node in enumerate(whole) if node["location"]]
    async with limited(company, records=30 + len(linked) - 2) as gateway:
        answer = await gateway.ask(query)
    nodes = answer.data["assets"]["nodes"]
    refused = [error["path"][2] for error in answer.errors]
    assert len(refused) == 2
    assert set(answer.codes) == {"QUERY_TOO_COMPLEX"}
    assert nodes == [
        node | {"location": None} if index in refused else node for index, node in enumerate(whole)
    ]


async def test_a_short_document_of_many_levels_ends_at_the_limit(company: Company) -> None:
    inner = "location { assets(first: 500) { nodes { id } } }"
    query = f"{{ assets(first: 500) {{ nodes {{ location {{ assets(first: 500) {{ nodes {{ {inner} }} }} }} }} }} }}"
    async with limited(company, records=2000) as gateway:
        answer = await gateway.ask(query)
    assert set(answer.codes) == {"QUERY_TOO_COMPLEX"}
    assert len(answer.errors) <= 200
    assert answer.data["assets"]["nodes"]
    assert len(answer.text) < 200_000


async def test_introspection_beside_does_not_pass_the_limit(company: Company) -> None:
    inner = "location { assets(first: 500) { nodes { id } } }"
    query = f"{{ __schema {{ queryType {{ name }} }} assets(first: 30) {{ nodes {{ {inner} }} }} }}"
    async with limited(company, records=1000) as gateway:
        answer = await gateway.ask(query)
    assert set(answer.codes) == {"QUERY_TOO_COMPLEX"}
    assert answer.data["__schema"]


@pytest.mark.parametrize("first", [20, 400])
async def test_an_answer_is_no_longer_than_its_limit(company: Company, first: int) -> None:
    selection = "{ nodes { id location { id name country } } }"
    query = f"{{ locations(first: 3) {{ nodes {{ id }} }} assets(first: {first}) {selection} }}"
    async with limited(company) as gateway:
        whole = await gateway.ask(query)
    longest = len(json.dumps(whole.data, separators=(",", ":"), ensure_ascii=False).encode())
    async with limited(company, answer_bytes=longest) as gateway:
        assert (await gateway.ask(query)).whole == whole.data
    async with limited(company, answer_bytes=longest - 10) as gateway:
        answer = await gateway.ask(query)
    assert answer.codes == ["QUERY_TOO_COMPLEX"]
    (error,) = answer.errors
    index = error["path"][2]
    assert error["path"][:4] == ["assets", "nodes", index, "location"]
    assert answer.data["locations"] == whole.data["locations"]
    assert answer.data["assets"]["nodes"][:index] == whole.data["assets"]["nodes"][:index]
    assert None in _values(answer.data, error["path"])
    async with limited(company, answer_bytes=longest // 2) as gateway:
        answer = await gateway.ask(query)
    # what may not be null takes what it is in with it
    assert answer.data is None
    assert "QUERY_TOO_COMPLEX" in answer.codes


def _values(data: Any, path: list[Any]) -> list[Any]:
    """The values on a path, up to the first null."""
    values = [data]
    for step in path:
        if values[-1] is not None:
            values.append(values[-1][step])
    return values


async def test_equal_errors_are_told_a_number_of_times_with_their_count(company: Company) -> None:
    query = "{ assets(first: 200) { nodes { id location { id } } } }"
    async with limited(company) as gateway:
        whole = (await gateway.ask(query)).whole["assets"]["nodes"]
    linked = sum(node["location"] is not None for node in whole)
    async with limited(company, records=len(whole)) as gateway:
        answer = await gateway.ask(query)
    assert all(node["location"] is None for node in answer.data["assets"]["nodes"])
    assert len(answer.errors) == 20
    assert {error["extensions"]["count"] for error in answer.errors} == {linked}
    assert [error["path"] for error in answer.errors] == sorted(error["path"] for error in answer.errors)


async def test_a_page_of_5000_still_works(company: Company) -> None:
    async with limited(company, max_page_size=5000) as gateway:
        answer = await gateway.ask("{ assets(first: 5000) { complete nodes { id name location { name } } } }")
    assert answer.whole["assets"]["complete"]
