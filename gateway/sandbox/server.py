"""Runs the sandbox: a server for each vendor's part, and the gateway's settings for them."""

import asyncio
import importlib
import json
import pkgutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Protocol, cast

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from gateway.sandbox import vendors
from gateway.sandbox.company import Company
from gateway.sandbox.faults import Fault, Faulty
from gateway.sandbox.generate import make_company

START_SECONDS = 10.0
STOP_SECONDS = 1.5


class Part(Protocol):
    """One vendor's `sandbox` module."""

    create_app: Callable[[Company], Starlette]
    settings: Callable[[str], dict[str, str]]  # what a source needs, for a base URL


def parts() -> dict[str, Part]:
    """The sandbox parts of all vendors' folders that have one, by vendor in alphabetical order."""
    return {
        name: cast("Part", importlib.import_module(f"gateway.sandbox.vendors.{name}"))
        for name in sorted(module.name for module in pkgutil.iter_modules(vendors.__path__))
    }


def create_apps(company: Company) -> dict[str, Starlette]:
    """Each vendor's API over this company's data."""
    return {vendor: part.create_app(company) for vendor, part in parts().items()}


@asynccontextmanager
async def serve_sandbox(
    *,
    host: str = "127.0.0.1",
    port_base: int,
    seed: int = 1,
    assets: int = 400,
    faults: Mapping[str, Fault] | None = None,
) -> AsyncIterator[dict[str, str]]:
    """
    Serve all vendors' parts on consecutive ports from `port_base` on (0: any free ports) in the running loop.

    Gives the gateway's settings for them once all listen. OSError where a port cannot be had. `faults` are what is
    wrong with the vendors.
    """
    faults = faults or {}
    company = make_company(seed=seed, assets=assets)
    found = parts()
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(
                _listener(host, port_base + rank if port_base else 0, deaf=_refuses(faults.get(vendor)))
            )
            for rank, vendor in enumerate(found)
        ]
        listening = {
            vendor: listener
            for vendor, listener in zip(found, sockets, strict=True)
            if not _refuses(faults.get(vendor))
        }
        servers = [_Server(_config(_app(found[vendor], company, faults.get(vendor)))) for vendor in listening]
        running = [
            asyncio.create_task(server.serve(sockets=[listener]))
            for server, listener in zip(servers, listening.values(), strict=True)
        ]
        try:
            await _started(servers, running)
            yield dict(_settings(found, sockets, host))
        finally:
            await _stop(servers, running)


def run(
    *,
    host: str = "127.0.0.1",
    port_base: int = 9000,
    assets: int = 400,
    seed: int = 1,
    faults: Mapping[str, Fault] | None = None,
) -> int:
    """
    Serve until SIGINT or SIGTERM. Once all listen, one line of JSON on stdout holds the gateway's settings.

    The process's exit status: 0, or 1 where a port cannot be had.
    """
    return asyncio.run(_run(host=host, port_base=port_base, assets=assets, seed=seed, faults=faults or {}))


async def _run(*, host: str, port_base: int, assets: int, seed: int, faults: Mapping[str, Fault]) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        async with serve_sandbox(
            host=host, port_base=port_base, seed=seed, assets=assets, faults=faults
        ) as settings:
            sys.stdout.write(json.dumps(settings) + "\n")
            sys.stdout.flush()
            await stop.wait()
    except OSError as exc:
        sys.stderr.write(f"asset-gateway sandbox: {host}, ports from {port_base}: {exc.strerror}\n")
        return 1
    return 0


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to whoever owns the loop: uvicorn would take them for itself."""
        yield


def _app(part: Part, company: Company, fault: Fault | None) -> ASGIApp:
    app = part.create_app(company)
    return app if fault is None else Faulty(app, fault=fault)


def _refuses(fault: Fault | None) -> bool:
    return fault is not None and fault.kind == "refuse"


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app, lifespan="off", log_level="warning", access_log=False, timeout_graceful_shutdown=1
    )


@contextmanager
def _listener(host: str, port: int, *, deaf: bool = False) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        if not deaf:  # a port that is taken and refuses every connection
            listener.listen(2048)
        yield listener
    finally:
        listener.close()


def _settings(found: dict[str, Part], sockets: list[socket.socket], host: str) -> Iterator[tuple[str, str]]:
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    for (vendor, part), listener in zip(found.items(), sockets, strict=True):
        base_url = f"http://{f'[{name}]' if ':' in name else name}:{listener.getsockname()[1]}"
        for key, value in part.settings(base_url).items():
            yield f"GATEWAY_SOURCES__{vendor.upper()}__{key}", value


async def _started(servers: list[_Server], running: list[asyncio.Task[None]]) -> None:
    async with asyncio.timeout(START_SECONDS):
        while not all(server.started for server in servers):
            for task in running:
                if task.done():
                    task.result()
                    raise OSError("a server ended while it started")
            await asyncio.sleep(0.01)


async def _stop(servers: list[_Server], running: list[asyncio.Task[None]]) -> None:
    for server in servers:
        server.should_exit = True
    _, late = await asyncio.wait(running, timeout=STOP_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
