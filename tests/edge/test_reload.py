"""Reload of the settings: no request is lost, a fault changes nothing, and what is retired is closed."""

import asyncio
import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.edge.serving.file_watch import FileWatch
from gateway.edge.serving.reloading import ReloadableApp
from gateway.process_resources import ProcessResources
from gateway.settings import Settings, SettingsError
from gateway.upstream.dispatch.auth import FixedHeader
from gateway.upstream.http.target import Target
from gateway.upstream.transport.offline import OfflineTransport
from gateway.upstream.upstreams import UpstreamFactory
from tests.test_cli import free_port, running, until_ready

if TYPE_CHECKING:
    from starlette.types import Message


class Applications:
    """Applications with numbers, which tell when they are open."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.open: set[int] = set()
        self.fault: str | None = None
        self.hold = asyncio.Event()

    def make(self) -> Starlette:
        if self.fault is not None:
            raise SettingsError([self.fault])
        number = next(self.numbers)

        async def answer(request: Request) -> Response:
            if request.url.path == "/held":
                await self.hold.wait()
            else:
                await asyncio.sleep(0.001)
            assert number in self.open
            return PlainTextResponse(str(number))

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            self.open.add(number)
            yield
            self.open.discard(number)

        return Starlette(routes=[Route("/{path:path}", answer)], lifespan=lifespan)


@asynccontextmanager
async def serving(app: ReloadableApp) -> AsyncIterator[httpx.AsyncClient]:
    """The server's part of ASGI's lifespan protocol around a client."""
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    outgoing: asyncio.Queue[Message] = asyncio.Queue()
    task = asyncio.create_task(app({"type": "lifespan"}, incoming.get, outgoing.put))
    await incoming.put({"type": "lifespan.startup"})
    assert (await outgoing.get())["type"] == "lifespan.startup.complete"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client
    await incoming.put({"type": "lifespan.shutdown"})
    assert (await outgoing.get())["type"] == "lifespan.shutdown.complete"
    await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def test_no_request_is_lost_by_reloads_under_load() -> None:
    applications = Applications()
    app = ReloadableApp(applications.make(), applications.make)
    answers: list[str] = []

    async def ask(client: httpx.AsyncClient) -> None:
        answers.extend([(await client.get("/")).text for _ in range(30)])

    async with serving(app) as client:
        load = asyncio.gather(*(ask(client) for _ in range(8)))
        for _ in range(5):
            await asyncio.sleep(0.01)
            assert await app.reload()
        await load
        assert (await client.get("/")).text == "6"
        await until(lambda: applications.open == {6})
    assert len(answers) == 240
    assert len(set(answers)) > 2
    assert applications.open == set()


async def test_a_request_ends_where_it_began() -> None:
    applications = Applications()
    app = ReloadableApp(applications.make(), applications.make)
    async with serving(app) as client:
        held = asyncio.create_task(client.get("/held"))
        await asyncio.sleep(0.01)
        await app.reload()
        assert (await client.get("/")).text == "2"
        assert applications.open == {1, 2}
        applications.hold.set()
        assert (await held).text == "1"
        await until(lambda: applications.open == {2})


async def test_what_does_not_end_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.edge.serving.reloading._RETIREMENT_SECONDS", 0.02)
    applications = Applications()
    app = ReloadableApp(applications.make(), applications.make)
    async with serving(app) as client:
        held = asyncio.create_task(client.get("/held"))
        await asyncio.sleep(0.01)
        await app.reload()
        with pytest.raises(asyncio.CancelledError):
            await held
        await until(lambda: applications.open == {2})


async def test_a_fault_is_logged_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    applications = Applications()
    app = ReloadableApp(applications.make(), applications.make)
    applications.fault = "GATEWAY_IDEE: is no setting"
    async with serving(app) as client:
        assert not await app.reload()
        assert (await client.get("/")).text == "1"
        assert "the settings are not reloaded: GATEWAY_IDEE: is no setting" in caplog.text
        applications.fault = None
        assert await app.reload()
        assert (await client.get("/")).text == "2"


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs SIGHUP")
async def test_a_signal_and_a_changed_file_reload(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text("a")
    applications = Applications()
    watch = FileWatch([file], seconds=0.01)
    app = ReloadableApp(applications.make(), applications.make, watch=watch)
    async with serving(app) as client:

        async def serves(number: str) -> None:
            async with asyncio.timeout(5):
                while (await client.get("/")).text != number:
                    await asyncio.sleep(0.005)

        if threading.current_thread() is threading.main_thread():
            os.kill(os.getpid(), signal.SIGHUP)
        else:
            app.request_reload()
        await serves("2")
        file.write_text("ab")
        await serves("3")
        (tmp_path / "new").write_text("abc")
        (tmp_path / "new").replace(file)
        await serves("4")


def test_a_watch_of_files_that_come_and_go(tmp_path: Path) -> None:
    watch = FileWatch([tmp_path / "a"])
    assert not watch.has_changed()
    (tmp_path / "a").write_text("1")
    assert watch.has_changed()
    assert not watch.has_changed()
    watch.replace([tmp_path / "a", tmp_path / "b"])
    assert not watch.has_changed()
    (tmp_path / "a").unlink()
    assert watch.has_changed()


def test_what_outlives_a_reload() -> None:
    resources = ProcessResources()
    settings = Settings()
    coordination = resources.coordination(settings)
    assert resources.coordination(Settings()) is coordination
    assert coordination.keys("fiwit") is coordination.keys("fiwit")
    target = Target(
        source="acme",
        vendor="halo",
        base_url="http://acme.example",
        account="a",
        timeout_seconds=1,
        concurrency=1,
    )
    limiters = []
    for rate in (10.0, 5.0, 20.0, 0.0):
        factory = UpstreamFactory(OfflineTransport(), limiters=resources.limiters)
        upstream = factory.open(target, FixedHeader("Bearer secret"), per_minute=rate)
        limiter = upstream.dispatcher.admission.limiter
        limiter.spend(0.0)
        limiters.append(limiter)
        assert limiter.per_minute == rate
    assert limiters == [limiters[0]] * 4


def until_every_worker(client: httpx.Client, key: str, *statuses: int) -> None:
    """Wait until 20 connections one after the other are answered so, whichever worker they come to."""
    end, in_a_row = time.monotonic() + 20, 0
    while in_a_row < 20:
        answer = client.get("/graphql/schema", headers={"Authorization": f"Bearer {key}"})
        in_a_row = in_a_row + 1 if answer.status_code in statuses else 0
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGHUP")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_keys_rotate_under_load(workers: str, tmp_path: Path) -> None:
    """A key is added, and the old one removed, while callers with either call without a pause."""
    config, port = tmp_path / "gateway.toml", free_port()

    def write(*keys: str) -> None:
        listed = ", ".join(f'"{key}"' for key in keys)
        config.write_text(f'[auth]\napi_keys = [{listed}]\n[sources.fiwit]\napi_key = "k"\n')

    statuses: dict[str, set[int]] = {"old": set(), "new": set()}
    ended = threading.Event()
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Connection": "close"}, timeout=20)

    def call(key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        while not ended.is_set():
            answer = client.post("/graphql", json={"query": "{ sources { name } }"}, headers=headers)
            statuses[key].add(answer.status_code)
            time.sleep(0.01)

    write("old")
    with running("serve", "--port", str(port), "--workers", workers, "--config", str(config)) as process:
        until_ready(process, port)
        old = threading.Thread(target=call, args=("old",))
        old.start()
        try:
            write("old", "new")
            process.send_signal(signal.SIGHUP)
            until_every_worker(client, "new", 200)
            new = threading.Thread(target=call, args=("new",))
            new.start()
            config.write_text("nonsense = true\n")
            process.send_signal(signal.SIGHUP)
            time.sleep(0.5)
            assert statuses == {"old": {200}, "new": {200}}
            write("new")
            process.send_signal(signal.SIGHUP)
            until_every_worker(client, "old", 401, 429)  # 429: too many wrong credentials from one address
            assert statuses["new"] == {200}
        finally:
            ended.set()
            old.join()
            new.join()
            client.close()
        process.terminate()
        _, log = process.communicate(timeout=30)
    assert "the settings are not reloaded: GATEWAY_NONSENSE" in log
    assert "the settings are reloaded" in log
