"""Lists of which only the needed keys are decoded: what is not as documented costs what it costs, and no more."""

import asyncio
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import httpx
import pytest

from gateway.testing.upstreams import Handler
from gateway.upstream.caching.answer import decode_cached
from gateway.upstream.caching.cache import CacheKey
from gateway.upstream.caching.freshness import CachedResponse
from gateway.upstream.http.decode import Decode, NarrowDecoder
from tests.support.gateway import Gateway, sandbox_sources
from tests.support.samples import of_samples, sample

FIELDS = [
    {
        "id": 7,
        "name": "Serial number",
        "type": "string",
        "default_value": None,
        "entity_type_type": "AssetType",
    },
    {"id": 8, "name": "Price paid", "type": "string", "default_value": None, "entity_type_type": "AssetType"},
]


def value(field: Any, raw: Any) -> Mapping[str, Any]:
    return {"id": 1, "custom_field_id": field, "value": raw, "deleted_at": None, "other": {"deep": []}}


def asset(native: Any, **values: Any) -> dict[str, Any]:
    return {"id": native, "name": f"asset {native}", "deleted_at": None, "other": ["x"] * 3, **values}


def fiwit(body: Any) -> Handler:
    def answer(request: httpx.Request) -> httpx.Response:
        content: Any = {"/assets": body, "/asset_fields": FIELDS}.get(request.url.path, [])
        text = content if isinstance(content, str) else json.dumps(content)
        return httpx.Response(200, text=text, headers={"Content-Type": "application/json"})

    return answer


def over(body: Any, *, cached: bool = False) -> Gateway:
    return Gateway({"fiwit": sandbox_sources()["fiwit"]}, {"fiwit": fiwit(body)}, cached=cached)


async def serials(body: Any) -> Mapping[str, Any]:
    async with over(body) as gateway:
        answer = await gateway.ask("{ assets { complete nodes { nativeId name serialNumber } } }")
        return {**answer.data["assets"], "codes": answer.codes}


ODD: tuple[Any, ...] = (
    None,
    "none",
    {},
    5,
    [None],
    ["x"],
    [{}],
    [{"value": "lost"}],
    [{"custom_field_id": [], "value": "x"}],
)


@pytest.mark.parametrize("odd", ODD, ids=repr)
async def test_odd_nested_values_cost_only_themselves(odd: Any) -> None:
    rows = [asset(1, custom_field_values=odd), asset(2, custom_field_values=[value(7, "S-2")])]
    page = await serials(rows)
    assert [(node["name"], node["serialNumber"]) for node in page["nodes"]] == [
        ("asset 1", None),
        ("asset 2", "S-2"),
    ]
    assert page["complete"]
    assert page["codes"] == []


async def test_of_several_values_the_first_that_is_one_counts() -> None:
    values = [
        value(7, None),
        value(7, ""),
        {**value(7, "gone"), "deleted_at": "2020-01-01"},
        value("7", "S-1"),
        value(7, "S-2"),
    ]
    page = await serials(
        [asset(1, custom_field_values=values), asset(2, custom_field_values=[value(7, "A"), value(7, "B")])]
    )
    assert [node["serialNumber"] for node in page["nodes"]] in (["S-1", "A"], ["S-2", "A"])


async def test_a_row_that_is_none_is_left_out_and_told() -> None:
    page = await serials([asset(1), "no row", None, asset("no id"), asset(2)])
    assert [node["nativeId"] for node in page["nodes"]] == ["1", "2"]
    assert page["complete"] is False
    assert page["codes"] == ["UPSTREAM_GARBLED"]


@pytest.mark.parametrize("envelope", ["data", "results", "assets", "things"])
async def test_rows_are_found_in_an_envelope(envelope: str) -> None:
    page = await serials({"count": 2, envelope: [asset(1), asset(2)], "links": []})
    assert [node["nativeId"] for node in page["nodes"]] == ["1", "2"]
    assert page["codes"] == []


@pytest.mark.parametrize(
    "body", [{"data": None}, {"data": {"assets": 1}}, {"error": "sorry"}, "null", '"x"', "5"]
)
async def test_what_is_no_list_is_told_as_garbled(body: Any) -> None:
    page = await serials(body)
    assert page["nodes"] == []
    assert page["codes"] == ["UPSTREAM_GARBLED"]


async def test_a_character_cut_in_half_costs_only_itself() -> None:
    page = await serials('[{"id": 1, "name": "caf\\ud83d", "deleted_at": null}]')
    assert [node["name"] for node in page["nodes"]] == ["caf\N{REPLACEMENT CHARACTER}"]


async def test_exact_numbers_stay_exact() -> None:
    body = '[{"id": 1, "name": "a", "custom_field_values": [{"custom_field_id": 7, "value": 12345678901234567.10}]}]'
    page = await serials(body)
    assert page["nodes"][0]["serialNumber"] == "12345678901234567.10"


async def test_queries_that_look_at_different_keys_share_the_request() -> None:
    rows = [
        asset(number, ip_address=f"10.0.0.{number}", custom_field_values=[value(7, "S")]) for number in (1, 2)
    ]
    async with over(rows, cached=True) as gateway:
        first = (await gateway.ask("{ assets { nodes { name } } }")).whole
        assert [node["name"] for node in first["assets"]["nodes"]] == ["asset 1", "asset 2"]
        gateway.upstreams.forget()
        for query, key, expected in (
            ("{ assets { nodes { ipAddress } } }", "ipAddress", ["10.0.0.1", "10.0.0.2"]),
            ("{ assets { nodes { serialNumber } } }", "serialNumber", ["S", "S"]),
            ('{ assets(filter: {ipAddress: {eq: "10.0.0.2"}}) { nodes { nativeId } } }', "nativeId", ["2"]),
            (
                "{ assets(orderBy: [{field: NAME, direction: DESC}]) { nodes { nativeId } } }",
                "nativeId",
                ["2", "1"],
            ),
            ('{ assets(filter: {search: "asset 1"}) { nodes { nativeId } } }', "nativeId", ["1"]),
        ):
            data = (await gateway.ask(query)).whole
            assert [node[key] for node in data["assets"]["nodes"]] == expected
        variables = {"by": {"ipAddress": {"eq": "10.0.0.1"}}}
        data = (
            await gateway.ask(
                "query ($by: AssetFilter) { assets(filter: $by) { nodes { nativeId } } }", **variables
            )
        ).whole
        assert [node["nativeId"] for node in data["assets"]["nodes"]] == ["1"]
        assert "fiwit /assets" not in gateway.upstreams.lines()


@pytest.mark.parametrize(
    ("vendor", "row", "record_id"),
    [
        ("revnue", {"asset_owner": {"id": 1, "name": "Ada"}}, "Person:1"),
        ("halo", {"business_owner_id": 77, "business_owner_name": "Boss"}, "Owner:77"),
    ],
)
async def test_a_record_that_others_tell_is_found_though_nothing_of_it_is_asked(
    vendor: str, row: dict[str, Any], record_id: str
) -> None:
    path, name = {"revnue": ("/asset/", "asset"), "halo": ("/Asset", "assets")}[vendor]
    body = sample(vendor, name)
    body = {**body["assets"][0], **row} if vendor == "halo" else {**body, **row}
    query = f'{{ node(id: "{vendor}:{record_id}") {{ __typename }} assets(first: 1) {{ nodes {{ name }} }} }}'
    async with of_samples(vendor, but={path: [body]}) as gateway:
        data = (await gateway.ask(query)).whole
    assert data["node"] == {"__typename": "Person"}


async def test_different_columns_at_the_same_time_are_one_request() -> None:
    columns = (
        "nativeId",
        "name",
        "serialNumber",
        "ipAddress",
        "createdAt",
        "organisation",
        "model",
        "deletedAt",
    )
    async with over([asset(1), asset(2)], cached=True) as gateway:
        await gateway.ask("{ assetFields { id } }")
        gateway.upstreams.forget()
        answers = await asyncio.gather(
            *(gateway.ask(f"{{ assets {{ nodes {{ {selection} }} }} }}") for selection in columns)
        )
        assert all(len(answer.whole["assets"]["nodes"]) == 2 for answer in answers)
        assert gateway.upstreams.lines().count("fiwit /assets") == 1


def _number(number: int, _: bytes) -> int:
    return number


async def test_what_many_look_at_in_different_ways_is_decoded_whole_once() -> None:
    full_decodes = 0

    def decode_full(body: bytes) -> Any:
        nonlocal full_decodes
        full_decodes += 1
        return json.loads(body)

    key, cached = (
        CacheKey("acme", "", "/assets", ()),
        CachedResponse(body=b'[{"id": 1}]', stored_at=0.0, ttl_seconds=30.0),
    )
    decoders = [NarrowDecoder(partial(_number, number)) for number in range(6)]

    def read(decoder: Decode | None) -> Any:
        return decode_cached(key, cached, decoder, lambda body, decode: (decode or decode_full)(body)).decoded

    assert [read(decoder) for decoder in decoders] == [0, 1, 2, [{"id": 1}], [{"id": 1}], [{"id": 1}]]
    assert [read(decoder) for decoder in reversed(decoders)] == [[{"id": 1}]] * 6
    assert full_decodes == 1
