"""The engine and graphql-core give the same responses (data, errors, paths) to any operation, over any vendor answers.

Operations are made up from the schema; both ways run each against the same vendors, sound, and then failing or with
values of the wrong type or missing. They are the same at each run; `make fuzz SEED=7 EXAMPLES=20000` makes up others.
A failing one is printed as the `@example` that repeats it.
"""

import asyncio
import logging
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, assume, example, given, seed, settings
from hypothesis import strategies as st

from gateway.engine.graphql_errors import EQUAL_ERRORS, RequestRefused
from gateway.engine.request import GraphQLRequest
from gateway.sandbox import make_company
from tests.support.bare_engine import bare_context, bare_engine
from tests.support.operations import operations
from tests.support.spoilt import SOUND, Spoilt, SpoiltTransport

_SEED = int(os.environ.get("SAME_ANSWERS_SEED", "1"))
_EXAMPLES = int(os.environ.get("SAME_ANSWERS_EXAMPLES", "500"))
_FAULTS = st.integers(SOUND + 1, 40)

Operation = tuple[str, Mapping[str, Any]]
"""A query and its variables."""


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    """No log: failures are injected tens of thousands of times."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@cache
def _vendors() -> Spoilt:
    return Spoilt.of(make_company(seed=3, assets=24))


async def _answer(
    operation: Operation, fault: int, *, by_levels: bool, transport: SpoiltTransport | None = None
) -> Any:
    query, variables = operation
    context = bare_context(transport or SpoiltTransport(_vendors(), fault))
    engine = bare_engine()
    prepared = engine.prepare(GraphQLRequest(query, variables=variables))
    try:
        run = engine._execute if by_levels else engine._execute_by_fields
        result = await run(prepared, context)
    finally:
        await context.close()
    errors = [
        (error.path, getattr(error.original_error, "message", error.message)) for error in result.errors or ()
    ]
    errors += [(path, error.message) for error, path in context.reported]
    return msgspec.json.decode(_written(result.data)), _first_of_equal(errors)


def _first_of_equal(errors: Sequence[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Equal errors of a field are told a number of times; graphql-core has them all."""
    groups = defaultdict(list)
    for path, message in sorted(errors, key=lambda error: (error[0] or [], error[1])):
        groups[tuple(step for step in path or () if isinstance(step, str)), message].append((path, message))
    return sorted((error for group in groups.values() for error in group[:EQUAL_ERRORS]), key=str)


def _written(data: Any) -> bytes:
    return msgspec.json.Encoder(decimal_format="number").encode(data)


@cache
def _ids() -> Mapping[str, list[str]]:
    lists = ("assets", "tickets", "locations", "licences", "checklists", "meterReadings")
    query = " ".join(f"{name}(first: 6) {{ nodes {{ id }} }}" for name in lists)
    data, _ = asyncio.run(_answer((f"{{ {query} }}", {}), SOUND, by_levels=False))
    return {name: [node["id"] for node in page["nodes"]] for name, page in data.items()}


@pytest.mark.long
@pytest.mark.timeout(600 + _EXAMPLES // 5)
@seed(_SEED)
@settings(
    max_examples=_EXAMPLES,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),  # no shrinking: it takes minutes
)
@given(operation=st.deferred(lambda: operations(_ids())), fault=_FAULTS)
@example(operation=("{ assets { nodes { location { region name organisation } } } }", {}), fault=5)
@example(operation=("{ assets { nodes { location { code postalCode } } } }", {}), fault=37)
@example(operation=("{ assets { nodes { ipAddress macAddress } } }", {}), fault=21)
def test_both_ways_give_the_same_answer(operation: Operation, fault: int) -> None:
    try:
        bare_engine().prepare(GraphQLRequest(operation[0]))
    except RequestRefused:
        assume(False)  # noqa: FBT003
    asyncio.run(_compare(operation, fault))


@pytest.mark.long
@pytest.mark.timeout(600 + _EXAMPLES // 5)
@seed(_SEED)
@settings(
    max_examples=_EXAMPLES // 10,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
@given(operation=st.deferred(lambda: operations(_ids())))
@example(operation=("{ assets { nodes { notes purchaseCost model warranty { notes } } } }", {}))
@example(operation=("{ assets { nodes { location { name } notes assetType warranty { provider } } } }", {}))
def test_late_answers_change_nothing(operation: Operation) -> None:
    try:
        bare_engine().prepare(GraphQLRequest(operation[0]))
    except RequestRefused:
        assume(False)  # noqa: FBT003
    asyncio.run(_delay_each(operation))


async def _delay_each(operation: Operation) -> None:
    """Run the operation once for each endpoint that it asks, whose answers then come last."""
    transport = SpoiltTransport(_vendors(), SOUND)
    in_time = await _answer(operation, SOUND, by_levels=True, transport=transport)
    for late in sorted(transport.endpoints):
        delayed = SpoiltTransport(_vendors(), SOUND, late=late)
        answer = await _answer(operation, SOUND, by_levels=True, transport=delayed)
        assert answer == in_time, f"late: {late} @example(operation={operation!r})"


async def _compare(operation: Operation, fault: int) -> None:
    for injected in (SOUND, fault):
        by_levels = await _answer(operation, injected, by_levels=True)
        reference = await _answer(operation, injected, by_levels=False)
        if by_levels[0] is None and by_levels[1] and by_levels[1][0][0] is None:
            return  # bad arguments of a nested list: refused before any read, while graphql-core reads first
        case = f"@example(operation={operation!r}, fault={injected})"
        assert by_levels[0] == reference[0], case
        if reference[0] is not None:
            assert by_levels[1] == reference[1], case
        else:
            # If `data` is null, which of the errors comes first depends on the order of waiting.
            assert bool(by_levels[1]) == bool(reference[1]), case
