"""The engine and graphql-core give the same answers: data, errors and paths, whatever is asked, whatever vendors say.

Operations are made up from the schema; both ways run them against the same vendors, sound, failing, and with values of
the wrong type or missing.
"""

import asyncio
import json
import random
import zlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from gateway.app import open_sources, vendor_keys
from gateway.engine.execute import Engine
from gateway.engine.faults import Refused
from gateway.engine.request import GraphQLRequest
from gateway.loaders import Context
from gateway.sandbox import make_company
from gateway.sandbox.server import create_apps
from gateway.settings import Settings, load
from gateway.upstream.breaker import Breaker
from gateway.upstream.transport_httpx import HttpxTransport
from schema.build import build_schema
from tests.support.gateway import sandbox_sources
from tests.support.operations import operations
from tests.support.upstreams import Handler, Upstreams, served

_SOUND = 0
_BROKEN = st.sampled_from([_SOUND, _SOUND, 1, 2, 3, 4, 5])
_WRONG: list[Any] = [None, "", 0, -1, True, "soon", [], {}, {"name": None}, 1.5, "1900-01-01T00:00:00", 2**40]


@cache
def _engine() -> Engine:
    return Engine(build_schema(), limits=_settings().limits, introspection=True)


@cache
def _settings() -> Settings:
    environ = {
        f"GATEWAY_SOURCES__{name.upper()}__{key}": value
        for name, keys in sandbox_sources().items()
        for key, value in keys.items()
    }
    environ |= {"GATEWAY_LIMITS__ALIASES": "1000", "GATEWAY_LIMITS__UPSTREAM_CALLS": "1000"}
    return load(config=None, environ=environ, vendors=vendor_keys())


@cache
def _vendors() -> Mapping[str, Handler]:
    return {name: served(app) for name, app in create_apps(make_company(seed=3, assets=24)).items()}


def _spoilt(handler: Handler, fault: int) -> Handler:
    """A vendor that spoils its answers, the same ones in the same way each time."""

    async def answer(request: httpx.Request) -> httpx.Response:
        got = handler(request)
        whole = got if isinstance(got, httpx.Response) else await got
        chance = random.Random(zlib.crc32(str(request.url).encode()) * 7 + fault)
        if request.method != "GET" or "authinfo" in str(request.url):
            return whole
        if fault == 1 and chance.random() < 0.2:
            return httpx.Response(500)
        if fault == 2 and chance.random() < 0.2:
            return httpx.Response(200, html="<p>sorry</p>")
        if fault == 3 and chance.random() < 0.15:
            return httpx.Response(200, json={"error": "sorry"})
        await whole.aread()
        try:
            body = json.loads(whole.content)
        except ValueError:
            return whole
        return httpx.Response(whole.status_code, json=_with_wrong_values(body, fault))

    return answer


def _with_wrong_values(found: Any, fault: int, within: Any = None) -> Any:
    """The same values are wrong wherever a record is told: which of two answers is read first is nobody's to say."""
    if isinstance(found, dict):
        of = found.get("id", within)
        kept: dict[str, Any] = {}
        for key, value in found.items():
            chance = random.Random(zlib.crc32(f"{fault} {of} {key}".encode()))
            if chance.random() > 0.02:
                is_wrong = chance.random() < 0.04
                kept[key] = chance.choice(_WRONG) if is_wrong else _with_wrong_values(value, fault, of)
        return kept
    return [_with_wrong_values(one, fault, within) for one in found] if isinstance(found, list) else found


async def _answer(query: str, variables: Mapping[str, Any], fault: int, *, by_levels: bool) -> Any:
    bases = {one.name: one.base_url for one in _settings().sources}
    handlers = {name: _spoilt(one, fault) if fault else one for name, one in _vendors().items()}
    transport = HttpxTransport(handler=Upstreams(bases, handlers))
    sources = open_sources(_settings(), transport)
    for source in sources.values():
        # What comes must not hang on the clock: no second attempts, and nobody is left alone.
        source.upstream.line.policy = replace(source.upstream.line.policy, attempts=1)
        source.upstream.line.breaker = Breaker(failures=10**6)
    context = Context(
        sources,
        calls=1000,
        max_page_size=500,
        caching=False,
        base_url=lambda: "http://localhost",
    )
    engine = _engine()
    operation = engine.prepare(GraphQLRequest(query))
    operation = type(operation)(operation.document, operation.node, variables)
    try:
        run = engine._execute if by_levels else engine._by_fields
        result = await run(operation, context)
    finally:
        await context.close()
        await transport.close()
    told = [
        (error.path, getattr(error.original_error, "message", error.message)) for error in result.errors or ()
    ]
    told += [(path, error.message) for error, path in context.reported]
    return msgspec.json.decode(_written(result.data)), sorted(told, key=str)


def _written(data: Any) -> bytes:
    return msgspec.json.Encoder(decimal_format="number").encode(data)


@cache
def _ids() -> Mapping[str, list[str]]:
    lists = ("assets", "tickets", "locations", "licences", "checklists", "meterReadings")
    query = " ".join(f"{name}(first: 6) {{ nodes {{ id }} }}" for name in lists)
    data, _ = asyncio.run(_answer(f"{{ {query} }}", {}, _SOUND, by_levels=False))
    return {name: [one["id"] for one in found["nodes"]] for name, found in data.items()}


@pytest.mark.timeout(600)
@settings(
    max_examples=1500,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ),  # what fails is told whole: to shrink it takes minutes
)
@given(data=st.data(), fault=_BROKEN)
def test_both_ways_give_the_same_answer(data: st.DataObject, fault: int) -> None:
    query, variables = data.draw(operations(_ids()))
    try:
        _engine().prepare(GraphQLRequest(query))
    except Refused:
        assume(False)  # noqa: FBT003
    ours = asyncio.run(_answer(query, variables, fault, by_levels=True))
    reference = asyncio.run(_answer(query, variables, fault, by_levels=False))
    if ours[0] is None and ours[1] and ours[1][0][0] is None:
        return  # bad arguments of a nested list: refused before anything is asked, where graphql-core asks first
    assert ours[0] == reference[0]
    if reference[0] is not None:
        assert ours[1] == reference[1]
    else:
        # Which of several errors is met first, once all is lost, is up to the order of waiting.
        assert bool(ours[1]) == bool(reference[1])
