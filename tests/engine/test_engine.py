"""Operations: what comes back, and which errors in which form."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import strawberry

from gateway.engine.engine import Engine
from gateway.engine.request import REQUEST_ID, GraphQLRequest
from gateway.errors import BadInput, GatewayError, UpstreamTimeout
from gateway.settings import LimitSettings

Reported = tuple[GatewayError, Sequence[str | int]]


@strawberry.input
class Filter:
    bought: date | None = None
    every: "list[Filter] | None" = None


@strawberry.type
class Query:
    @strawberry.field
    async def echo(self, text: str = "hello", match: Filter | None = None, count: int = 5) -> str:
        return f"{text} {match.bought if match else None} {count}"

    @strawberry.field
    def broken(self) -> int | None:
        raise RuntimeError("hunter2")

    @strawberry.field
    def of_wrong_type(self) -> int | None:
        return "hunter2"  # type: ignore[return-value]

    @strawberry.field
    def late_vendor(self) -> int | None:
        raise UpstreamTimeout("no answer in 15 s", source="hq", vendor="halo", status=504)

    @strawberry.field
    def bad(self) -> int | None:
        raise BadInput("first: give 1 to 500")

    @strawberry.field
    def needed(self) -> int:
        raise BadInput("no")

    @strawberry.field
    async def slow(self, info: strawberry.Info[Any]) -> int | None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            info.context.ended.append("slow")
            raise
        return 1


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def wait(self, info: strawberry.Info[Any], seconds: float, name: str) -> str:
        info.context.ended.append(f"{name} begins")
        await asyncio.sleep(seconds)
        info.context.ended.append(f"{name} ends")
        return name


@dataclass
class Context:
    reported: Sequence[Reported] = ()
    freshness: tuple[float, float] | None = None
    ended: list[str] = strawberry.UNSET

    def __post_init__(self) -> None:
        self.ended = []

    def costs(self) -> dict[str, int]:
        return {}

    def measure_cost(self) -> None:
        """Nothing is measured."""

    def measured_cost(self) -> Mapping[str, Any]:
        return {}

    async def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def schema() -> strawberry.Schema:
    return strawberry.Schema(Query, Mutation)


@pytest.fixture
def engine(schema: strawberry.Schema) -> Engine:
    return Engine(schema, limits=LimitSettings(deadline_seconds=0.2), introspection=True)


async def ask(engine: Engine, query: str, context: Context | None = None, **variables: Any) -> dict[str, Any]:
    return await engine.execute(GraphQLRequest(query, variables=variables), context or Context())


async def test_an_answer(engine: Engine) -> None:
    query = "query ($t: String!, $f: Filter) { echo(text: $t, match: $f) }"
    assert await ask(engine, query, t="hi", f={"bought": "2026-03-01"}) == {
        "data": {"echo": "hi 2026-03-01 5"}
    }


async def test_the_operation_is_chosen_by_name(engine: Engine) -> None:
    query = 'query A { echo } query B { echo(text: "b") }'
    named = await engine.execute(GraphQLRequest(query, operation_name="B"), Context())
    assert named == {"data": {"echo": "b None 5"}}
    for name in (None, "C"):
        answer = await engine.execute(GraphQLRequest(query, operation_name=name), Context())
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_REQUEST"]
        assert "data" not in answer


@pytest.mark.parametrize(
    ("query", "variables", "begun"),
    [
        ("query ($f: Filter) { echo(match: $f) }", {"f": {"bought": "soon"}}, False),
        ("query ($f: Filter!) { echo(match: $f) }", {}, False),
        ("query ($c: Int!) { echo(count: $c) }", {"c": "five"}, False),
        ("query ($c: Int = 1) { echo(count: $c) }", {"c": None}, True),
    ],
)
async def test_wrong_variables(engine: Engine, query: str, variables: dict[str, Any], begun: bool) -> None:  # noqa: FBT001
    answer = await ask(engine, query, **variables)
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "BAD_USER_INPUT"}]
    assert ("data" in answer) is begun


async def test_variables_nested_without_end(engine: Engine) -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"every": [deep]}
    answer = await ask(engine, "query ($f: Filter) { echo(match: $f) }", f=deep)
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_our_errors_are_told_with_their_place(engine: Engine) -> None:
    answer = await ask(engine, "{ bad lateVendor echo }")
    assert answer["data"] == {"bad": None, "lateVendor": None, "echo": "hello None 5"}
    assert answer["errors"] == [
        {
            "message": "first: give 1 to 500",
            "locations": [{"line": 1, "column": 3}],
            "path": ["bad"],
            "extensions": {"code": "BAD_USER_INPUT"},
        },
        {
            "message": "hq: no answer in 15 s",
            "locations": [{"line": 1, "column": 7}],
            "path": ["lateVendor"],
            "extensions": {
                "code": "UPSTREAM_TIMEOUT",
                "source": "hq",
                "vendor": "HALO",
                "retryable": True,
                "status": 504,
            },
        },
    ]


async def test_data_is_null_where_what_failed_may_not_be(engine: Engine) -> None:
    answer = await ask(engine, "{ echo needed }")
    assert answer["data"] is None
    assert answer["errors"][0]["path"] == ["needed"]


@pytest.mark.parametrize("field", ["broken", "ofWrongType"])
async def test_what_nobody_foresaw_is_masked_and_logged(
    engine: Engine, field: str, caplog: pytest.LogCaptureFixture
) -> None:
    REQUEST_ID.set("id-7")
    with caplog.at_level(logging.ERROR):
        answer = await ask(engine, f"{{ {field} }}")
    assert answer["errors"][0]["message"] == "Internal error (request id id-7)"
    assert answer["errors"][0]["extensions"] == {"code": "INTERNAL"}
    assert "hunter2" not in str(answer)
    assert "id-7" in caplog.text
    assert caplog.records[0].exc_info


async def test_what_resolvers_reported_follows_by_path(engine: Engine) -> None:
    late = UpstreamTimeout("late", source="b", vendor="halo")
    context = Context(
        reported=[
            (late, ["z"]),
            (late, ["a", 10]),
            (BadInput("x"), ["a", 9]),
            (late, ["a", 9, "b"]),
            (late, ["a"]),
        ]
    )
    answer = await ask(engine, "{ bad }", context)
    assert [error["path"] for error in answer["errors"]] == [
        ["bad"],
        ["a"],
        ["a", 9],
        ["a", 9, "b"],
        ["a", 10],
        ["z"],
    ]


async def test_an_operation_ends_at_its_deadline(engine: Engine) -> None:
    context = Context()
    begun = time.perf_counter()
    answer = await ask(engine, "{ slow echo }", context)
    assert time.perf_counter() - begun < 1
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"] == {"code": "QUERY_TOO_COMPLEX"}
    assert context.ended == ["slow"]


async def test_a_late_mutation_does_not_say_that_nothing_was_done(engine: Engine) -> None:
    answer = await ask(engine, 'mutation { wait(seconds: 9, name: "a") }')
    assert answer["errors"][0]["extensions"] == {"code": "OUTCOME_UNKNOWN"}


async def test_mutations_run_one_after_the_other(engine: Engine) -> None:
    context = Context()
    query = 'mutation { a: wait(seconds: 0.02, name: "a") b: wait(seconds: 0, name: "b") }'
    assert await ask(engine, query, context) == {"data": {"a": "a", "b": "b"}}
    assert context.ended == ["a begins", "a ends", "b begins", "b ends"]
