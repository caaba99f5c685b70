"""The command line: `asset-gateway demo | serve | sandbox | check | explain | schema`."""

# ruff: noqa: PLC0415 (a command loads only what it needs)

import argparse
import asyncio
import dataclasses
import functools
import gc
import importlib.metadata
import ipaddress
import logging.config
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from gateway.cli import explain as explain_command
from gateway.settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from starlette.types import ASGIApp

    from gateway.sandbox.faults import Fault

_NO_SOURCE = (
    "GATEWAY_SOURCES__<NAME>__<KEY>: no source is configured: set at least one; for an account at"
    " Fiwit GATEWAY_SOURCES__FIWIT__API_KEY is enough"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and gives its exit status: 0 fine, 1 faults were found; wrong usage exits with 2."""
    options = _parser().parse_args(arguments)
    try:
        with _signals():
            status: int = options.run(options)
    except KeyboardInterrupt:
        return 0
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="asset-gateway", description="One GraphQL API over the IT-asset products of several vendors."
    )
    version = importlib.metadata.version("asset-gateway")
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {version}", help="print the version"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="the whole product on this machine, with made-up data")
    _add_address(demo)
    demo.set_defaults(run=_demo)

    serve = commands.add_parser("serve", help="the gateway for the configured sources")
    _add_config(serve)
    _add_address(serve)
    serve.add_argument("--workers", type=_positive, default=1, metavar="N", help="processes (default: 1)")
    serve.set_defaults(run=_serve)

    sandbox = commands.add_parser("sandbox", help="the five vendors' APIs alone, with made-up data")
    sandbox.add_argument(
        "--port-base", type=_port, default=9000, metavar="PORT", help="the first of five ports"
    )
    sandbox.add_argument("--assets", type=_positive, default=400, metavar="N", help="devices (default: 400)")
    sandbox.add_argument("--seed", type=int, default=1, metavar="N", help="the same data for the same number")
    sandbox.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="VENDOR:KIND[:ARG]",
        help="what is wrong with a vendor, such as halo:hang, revnue:rate-limit:5 or tether:500:0.3",
    )
    sandbox.set_defaults(run=_sandbox)

    check = commands.add_parser("check", help="every fault of the configuration at once")
    _add_config(check)
    check.add_argument("--probe", action="store_true", help="sign in to each source as well")
    check.set_defaults(run=_check)

    explain = commands.add_parser(
        "explain", help="what a query would ask of the sources, without asking them"
    )
    explain_command.add_arguments(explain)
    _add_config(explain)
    explain.set_defaults(run=_explain)

    schema = commands.add_parser("schema", help="print the schema (SDL)")
    schema.set_defaults(run=_schema)
    return parser


def _demo(options: argparse.Namespace) -> int:
    # the sources are the sandbox's; everything else is the operator's as usual
    own = {
        name: value for name, value in os.environ.items() if not name.upper().startswith("GATEWAY_SOURCES__")
    }
    sockets = _listen(options.host, options.port)
    if sockets is None:
        return 1
    return asyncio.run(_run_demo(own, options.host, sockets))


async def _run_demo(environ: Mapping[str, str], host: str, sockets: list[socket.socket]) -> int:
    from gateway.app import create_app
    from gateway.edge.graphiql.examples import TABS
    from gateway.edge.serving.serve import close, server
    from gateway.sandbox.server import serve_sandbox

    try:
        async with serve_sandbox(port_base=0) as sources:
            settings = _load(None, {**environ, **sources})
            if settings is None or not _may_listen(settings, host):
                return 1
            loopback = _is_loopback(host)
            _say(f"Made-up data of five vendors: {', '.join(source.name for source in settings.sources)}")
            _say_addresses(host, sockets, ide=settings.ide)
            await server(lambda: create_app(settings, loopback=loopback, tabs=TABS)).serve(sockets)
    finally:
        close(sockets)
    return 0


def _serve(options: argparse.Namespace) -> int:
    # What is loaded stays: `serve` has the collector run again, and looks at none of it.
    gc.disable()
    from gateway.edge.serving.serve import close, serve

    settings = _load(options.config, os.environ, need_source=True)
    if settings is None or not _may_listen(settings, options.host):
        return 1
    sockets = _listen(options.host, options.port)
    if sockets is None:
        return 1
    _say(f"Sources: {', '.join(f'{source.name} ({source.vendor})' for source in settings.sources)}")
    _say_addresses(options.host, sockets, ide=settings.ide)
    try:
        with _together(options.workers) as folder:
            make_app = functools.partial(
                _make_app,
                _shared_out(settings, options.workers),
                loopback=_is_loopback(options.host),
                folder=folder,
            )
            began = serve(make_app, sockets, workers=options.workers)
    finally:
        close(sockets)
    return 0 if began else 1


def _shared_out(settings: Settings, workers: int) -> Settings:
    """The settings of one of several workers: each may use its share of what the vendors allow."""
    sources = tuple(
        dataclasses.replace(
            source,
            rate_per_minute=source.rate_per_minute / workers,
            concurrency=-(-source.concurrency // workers),
        )
        for source in settings.sources
    )
    return dataclasses.replace(settings, sources=sources)


@contextmanager
def _together(workers: int) -> "Iterator[Path | None]":
    """
    A folder in which several workers keep their writes apart, and another for their metrics unless the operator has
    set one. None for a single one.
    """
    if workers == 1:
        yield None
        return
    import fcntl

    name = "PROMETHEUS_MULTIPROC_DIR"
    with tempfile.TemporaryDirectory(prefix="asset-gateway-") as folder:
        metrics, writes = Path(folder, "metrics"), Path(folder, "writes")
        metrics.mkdir()
        writes.mkdir()
        counted = os.environ.setdefault(name, str(metrics))
        # What clears away old temporary files leaves alone what is below a locked folder.
        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_SH)
        try:
            yield writes
        finally:
            os.close(lock)
            if counted == str(metrics):
                del os.environ[name]


def _make_app(settings: Settings, *, loopback: bool, folder: Path | None) -> "ASGIApp":
    from gateway.app import create_app
    from gateway.edge.graphiql.examples import TABS

    return create_app(settings, loopback=loopback, tabs=TABS, folder=folder)


def _sandbox(options: argparse.Namespace) -> int:
    from gateway.sandbox.server import run

    return run(
        port_base=options.port_base, assets=options.assets, seed=options.seed, faults=dict(options.fault)
    )


def _check(options: argparse.Namespace) -> int:
    from gateway.app import check_settings, probe, vendor_keys

    try:
        settings = load(config=options.config, environ=os.environ, vendors=vendor_keys())
        check_settings(settings)
    except SettingsError as exc:
        print("\n".join(exc.faults))
        return 1
    for warning in settings.warnings:
        print(f"warning: {warning}")
    if not settings.sources:
        print(_NO_SOURCE)
        return 1
    if not options.probe:
        for source in settings.sources:
            print(f"{source.name} ({source.vendor}): ok")
        return 0
    logging.config.dictConfig({"version": 1, "root": {"level": "CRITICAL"}})
    results = asyncio.run(probe(settings))
    for result in results:
        outcome = "ok" if result.ok else f"{result.code}: {result.message}"
        print(f"{result.source}: {outcome} ({result.milliseconds:.0f} ms)")
    return 0 if all(result.ok for result in results) else 1


def _explain(options: argparse.Namespace) -> int:
    settings = _load(options.config, os.environ, need_source=True)
    return 1 if settings is None else explain_command.run(settings, options)


def _schema(_: argparse.Namespace) -> int:
    from schema.build import build_schema, sdl

    print(sdl(build_schema()), end="")
    return 0


def _load(config: Path | None, environ: Mapping[str, str], *, need_source: bool = False) -> Settings | None:
    """The settings, or None where their faults were told."""
    from gateway.app import check_settings, vendor_keys

    try:
        settings = load(config=config, environ=environ, vendors=vendor_keys())
        check_settings(settings)
    except SettingsError as exc:
        for fault in exc.faults:
            _complain(fault)
        return None
    if need_source and not settings.sources:
        _complain(_NO_SOURCE)
        return None
    for warning in settings.warnings:
        _complain(f"warning: {warning}")
    return settings


def _may_listen(settings: Settings, host: str) -> bool:
    """Whether the gateway may be open on this address; where not, says why."""
    if settings.auth.api_keys or _is_loopback(host):
        return True
    _complain(
        f"GATEWAY_AUTH__API_KEYS: is not set, and anybody who reaches {host} could read everything: set one"
        " or more keys, separated by commas, or listen on 127.0.0.1 only"
    )
    return False


def _is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address or name."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return False
    return all(ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def _listen(host: str, port: int) -> list[socket.socket] | None:
    from gateway.edge.serving.serve import listen

    try:
        return listen(host, port)
    except OSError as exc:
        reason = os.strerror(exc.errno) if exc.errno and exc.errno > 0 else exc.strerror
        _complain(f"cannot listen on {host}, port {port}: {reason}: choose another with --host or --port")
        return None


def _say_addresses(host: str, sockets: Sequence[socket.socket], *, ide: bool) -> None:
    name = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 (shown only)
    url = f"http://{f'[{name}]' if ':' in name else name}:{sockets[0].getsockname()[1]}/graphql"
    if ide:
        _say(f"GraphiQL in a browser: {url}")
    _say(f"GraphQL API: {url}")
    _say(f"Schema (SDL): {url}/schema")


def _say(line: str) -> None:
    print(line, flush=True)


def _complain(line: str) -> None:
    print(f"asset-gateway: {line}", file=sys.stderr, flush=True)


@contextmanager
def _signals() -> "Iterator[None]":
    """SIGTERM ends a command like its own end does: uvicorn raises it anew after it has shut down."""
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(_: int, __: "FrameType | None") -> NoReturn:
    raise KeyboardInterrupt


def _add_address(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", default="127.0.0.1", metavar="H", help="address (default: 127.0.0.1)")
    command.add_argument("--port", type=_port, default=8000, metavar="PORT", help="port (default: 8000)")


def _add_config(command: argparse.ArgumentParser) -> None:
    command.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML")


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is between 0 and 65535")
    return port


def _fault(text: str) -> "tuple[str, Fault]":
    from gateway.sandbox.faults import parse
    from gateway.sandbox.server import parts

    try:
        return parse(text, parts())
    except ValueError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from exc


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more is wanted")
    return number
