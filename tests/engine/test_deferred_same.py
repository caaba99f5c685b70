"""Any operation with fragments deferred at random is answered in parts as it is without `@defer`."""

import asyncio
import logging
import random
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, assume, example, given, seed, settings
from hypothesis import strategies as st

from gateway.engine.engine import PreparedOperation
from gateway.engine.graphql_errors import RequestRefused
from gateway.engine.request import GraphQLRequest
from gateway.sandbox import make_company
from tests.support.bare_engine import bare_context, bare_engine
from tests.support.deferred import merged, with_defer
from tests.support.operations import operations
from tests.support.spoilt import SOUND, Spoilt, SpoiltTransport

_EXAMPLES = 60

Operation = tuple[str, Mapping[str, Any]]


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    """No log: failures are injected thousands of times."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@cache
def _vendors() -> Spoilt:
    return Spoilt.of(make_company(seed=3, assets=24))


@cache
def _ids() -> Mapping[str, list[str]]:
    lists = ("assets", "tickets", "locations", "licences")
    query = " ".join(f"{name}(first: 6) {{ nodes {{ id }} }}" for name in lists)
    data, _ = asyncio.run(_whole(_prepared(f"{{ {query} }}", {}), SOUND))
    return {name: [node["id"] for node in page["nodes"]] for name, page in data.items()}


def _prepared(query: str, variables: Mapping[str, Any]) -> PreparedOperation:
    return bare_engine().prepare(GraphQLRequest(query, variables=variables))


async def _whole(operation: PreparedOperation, fault: int) -> tuple[Any, list[Any]]:
    context = bare_context(SpoiltTransport(_vendors(), fault))
    response = await bare_engine().run(operation, context)
    return _read(response.get("data")), response.get("errors", [])


async def _in_parts(operation: PreparedOperation, fault: int) -> tuple[Any, list[Any], bool]:
    """The data and the errors of all parts, and true if a null has taken a fragment's data."""
    context = bare_context(SpoiltTransport(_vendors(), fault))
    parts = bare_engine().deferred_parts()
    response = await bare_engine().run(operation, context, parts=parts)
    first = {"data": _read(response.get("data")), "errors": response.get("errors", [])}
    others = []
    while parts.remaining:
        results = await anext(parts)
        entries = [
            {"path": result.object.path, "data": _read(result.data), "errors": result.errors}
            for result in results
        ]
        others.append({"incremental": entries})
    await parts.aclose()
    is_nulled = any(entry["data"] is None for part in others for entry in part["incremental"])
    return *merged([first, *others]), is_nulled


def _read(data: Any) -> Any:
    return None if data is None else msgspec.json.decode(msgspec.json.encode(data))


@pytest.mark.long
@pytest.mark.timeout(300)
@seed(1)
@settings(
    max_examples=_EXAMPLES,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
@given(
    operation=st.deferred(lambda: operations(_ids())),
    chance=st.integers(0, 10_000),
    fault=st.integers(SOUND + 1, 40),
)
@example(operation=("{ assets { nodes { location { region name organisation } } } }", {}), chance=3, fault=5)
def test_the_parts_are_the_answer(operation: Operation, chance: int, fault: int) -> None:
    query, variables = operation
    deferring = with_defer(query, random.Random(chance))
    try:
        whole, in_parts = _prepared(query, variables), _prepared(deferring, variables)
    except RequestRefused:
        assume(False)  # noqa: FBT003
    for injected in (SOUND, fault):
        asyncio.run(_compare(whole, in_parts, injected, deferring))


async def _compare(whole: PreparedOperation, in_parts: PreparedOperation, fault: int, deferring: str) -> None:
    data, errors = await _whole(whole, fault)
    deferred_data, deferred_errors, is_nulled = await _in_parts(in_parts, fault)
    if is_nulled or data is None:
        assert _covers(deferred_data, data), (deferring, fault)
        return
    assert deferred_data == data, (deferring, fault)
    assert _distinct(deferred_errors) == _distinct(errors), (deferring, fault)


def _covers(more: Any, less: Any) -> bool:
    """True if one answer has all that another has: a null takes less of an answer in parts."""
    if less is None:
        return True
    if isinstance(less, dict):
        return isinstance(more, dict) and all(key in more and _covers(more[key], less[key]) for key in less)
    if isinstance(less, list):
        return isinstance(more, list) and len(more) == len(less) and all(map(_covers, more, less))
    return bool(more == less)


def _distinct(errors: list[Any]) -> set[str]:
    """The errors, without the places in the document."""
    return {f"{error.get('path')} {error['message']} {error['extensions']['code']}" for error in errors}
