"""Kept tables when things fail: a source of five, a refusal for the rate, another shape on the way, disk and clock."""

import asyncio
import csv
import functools
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.sandbox import Company
from gateway.sandbox.server import create_apps
from gateway.tables.store import SnapshotStore
from gateway.testing.upstreams import Handler, refusing, served
from tests.support.gateway import Gateway, sandbox
from tests.tables.test_snapshots import EAGER, Tether, gateway, row

Answer = Callable[[httpx.Request, httpx.Response], httpx.Response | None]


def read(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline=""), strict=True))


def through(company: Company, vendor: str, change: Answer) -> Handler:
    """A vendor's sandbox, whose answers `change` may replace."""
    handler = served(create_apps(company)[vendor])

    async def answer(request: httpx.Request) -> httpx.Response:
        response = handler(request)
        whole = response if isinstance(response, httpx.Response) else await response
        await whole.aread()
        return change(request, whole) or whole

    return answer


async def eventually(
    gateway: Gateway, path: str, is_done: Callable[[httpx.Response], bool]
) -> httpx.Response:
    for _ in range(400):
        answer = await gateway.get(path)
        if is_done(answer):
            return answer
        await asyncio.sleep(0.1)
    raise AssertionError(answer.text[:500])


@pytest.mark.parametrize("vendor", ["halo", "tether"])
async def test_one_of_five_down_at_the_first_and_at_the_second_fill(
    company: Company, tmp_path: Path, vendor: str
) -> None:
    down = True
    handler = served(create_apps(company)[vendor])

    async def sometimes(request: httpx.Request) -> httpx.Response:
        answer = (refusing if down else handler)(request)
        return answer if isinstance(answer, httpx.Response) else await answer

    environ = {"GATEWAY_TABLES__DIR": str(tmp_path), **EAGER}
    async with sandbox(company, environ=environ, handlers={vendor: sometimes}) as asked:
        refused = await asked.get("/tables/assets.csv")
        partial = await asked.get("/tables/assets.csv?partial=true")
        others = await asked.get(
            f"/tables/assets.csv?source={','.join({'fiwit', 'halo', 'revnue', 's3s', 'tether'} - {vendor})}"
        )
        down = False
        whole = await eventually(asked, "/tables/assets.csv", lambda answer: answer.status_code == 200)
        down = True
        stale = await eventually(
            asked, "/tables/assets.csv", lambda answer: "stale-sources" in answer.headers
        )
        people = await asked.get("/tables/people.csv?partial=true")
    assert refused.status_code in {502, 503}
    assert [part["source"] for part in refused.json()["sources"]] == [vendor]
    assert partial.headers["missing-sources"].startswith(f"{vendor};code=UPSTREAM_")
    assert {one["source"] for one in read(partial)} == {one["source"] for one in read(whole)} - {vendor}
    assert read(others) == read(partial)
    assert {one["id"] for one in read(stale)} == {one["id"] for one in read(whole)}
    assert stale.headers["stale-sources"] == vendor
    assert people.status_code == 200


async def test_a_refusal_for_the_rate_is_waited_out_and_costs_no_row(
    large: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every third page of Halo's is refused once, at the first as well as at the last."""
    monkeypatch.setattr("gateway.tables.source_read._PAUSE_SECONDS", 0.01)
    refused: set[str] = set()

    def refuse(request: httpx.Request, _: httpx.Response) -> httpx.Response | None:
        page = request.url.params.get("page_no", "")
        if not request.url.path.endswith("/api/Asset") or page in refused or page in {"2", "4"}:
            return None
        refused.add(page)
        return httpx.Response(429, headers={"retry-after": "0"})

    async with sandbox(large, only=("halo",)) as asked:
        whole = read(await asked.get("/tables/assets.csv"))
    async with sandbox(large, only=("halo",), handlers={"halo": through(large, "halo", refuse)}) as asked:
        answer = await asked.get("/tables/assets.csv")
    ids = [one["id"] for one in read(answer)]
    assert refused
    assert ids == [one["id"] for one in whole]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "body", [{"assets": "none today"}, {"error": "maintenance"}, [], {"assets": [{"x": 1}]}], ids=json.dumps
)
async def test_another_shape_in_the_middle_of_a_fill_leaves_the_version_before(
    large: Company, tmp_path: Path, body: Any
) -> None:
    strange = False

    def other_shape(request: httpx.Request, _: httpx.Response) -> httpx.Response | None:
        is_later = request.url.path.endswith("/api/Asset") and request.url.params.get("page_no") == "2"
        return httpx.Response(200, json=body) if strange and is_later else None

    environ = {"GATEWAY_TABLES__DIR": str(tmp_path), **EAGER}
    handlers = {"halo": through(large, "halo", other_shape)}
    async with sandbox(large, only=("halo",), environ=environ, handlers=handlers) as asked:
        before = read(await asked.get("/tables/assets.csv"))
        strange = True
        answer = await eventually(
            asked, "/tables/assets.csv", lambda answer: "stale-sources" in answer.headers
        )
        described = (await asked.get("/tables")).json()["tables"]
    (assets,) = [table for table in described if table["name"] == "assets"]
    assert read(answer) == before
    assert [part["code"] for part in assets["sources"]] == ["UPSTREAM_GARBLED"]


async def test_the_clock_going_back_between_fills_keeps_moments_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Tether(row(1))
    async with gateway(vendor, tmp_path, **EAGER) as asked:
        before = read(await asked.get("/tables/assets.csv"))
    back = functools.partial(SnapshotStore, clock=lambda: datetime.now(UTC) - timedelta(days=3))
    monkeypatch.setattr("gateway.tables.setup.SnapshotStore", back)
    vendor.rows = [row(1), row(2)]
    (tmp_path / "requests").mkdir(exist_ok=True)
    async with gateway(vendor, tmp_path, GATEWAY_TABLES__MAX_AGE_MINUTES="1") as asked:
        again = read(await asked.get("/tables/assets.csv"))
        tickets = await asked.get("/tables/deleted_rows.csv")
    assert [one["native_id"] for one in again] in (["1"], ["1", "2"])
    assert again[0] == before[0]
    assert tickets.status_code == 200


async def test_storage_that_cannot_be_written_is_said_and_graphql_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read-only storage, as the system tells it: the tests may run as root, whom no mode of a folder stops."""

    def read_only(*_: Any, **__: Any) -> None:
        raise OSError(30, "Read-only file system", "/secret")

    async with gateway(Tether(row(1)), tmp_path, **EAGER) as asked:
        before = await asked.get("/tables/assets.csv")
        monkeypatch.setattr("gateway.tables.requests._touch", read_only)
        await asyncio.sleep(0.7)
        after = await asked.get("/tables/assets.csv")
        other = await asked.get("/tables/tickets.csv")
        answer = await asked.ask("{ assets { nodes { id } } }")
    assert after.content == before.content
    assert (other.status_code, other.json()["title"]) == (503, "Tables cannot be kept")
    assert "Read-only file system" in other.json()["detail"]
    assert "/secret" not in other.text
    assert answer.whole["assets"]["nodes"]


async def test_control_characters_in_ndjson_are_escaped_as_before(tmp_path: Path) -> None:
    name = "".join(map(chr, range(1, 32))) + '"\\\u007f\u2028é'
    async with gateway(Tether(row(1, name=name)), tmp_path) as asked:
        answer = await asked.get("/tables/assets.ndjson?columns=name")
        live = await asked.get("/tables/assets.ndjson?columns=name&live=true")
    assert answer.content == live.content
    assert json.loads(answer.content)["name"] == (await _name(name))


async def _name(name: str) -> str:
    """The name as GraphQL gives it."""
    async with Gateway(
        {"tether": {"VENDOR": "tether", "BASE_URL": "http://tether.test/api", "TOKEN": "t"}},
        {"tether": Tether(row(1, name=name))},
    ) as asked:
        return str((await asked.ask("{ assets { nodes { name } } }")).whole["assets"]["nodes"][0]["name"])
