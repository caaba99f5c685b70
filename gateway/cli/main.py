"""The command line: `asset-gateway demo | serve | fill | export | sandbox | check | explain | identity | schema`."""

import argparse
import importlib.metadata
import signal
from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from gateway.cli import check, demo, explain, export, fill, identity, sandbox, schema, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and gives its exit status: 0 fine, 1 faults were found; wrong usage exits with 2."""
    options = _parser().parse_args(arguments)
    try:
        with _sigterm_as_interrupt():
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
    for module, name, description in (
        (demo, "demo", "the whole product on this machine, with made-up data"),
        (serve, "serve", "the gateway for the configured sources"),
        (fill, "fill", "read the tables of all sources into GATEWAY_TABLES__DIR"),
        (export, "export", "write the kept tables into files, DuckDB or PostgreSQL"),
        (sandbox, "sandbox", "the five vendors' APIs alone, with made-up data"),
        (check, "check", "every fault of the configuration at once"),
        (explain, "explain", "what a query would ask of the sources, without asking them"),
        (identity, "identity", "which records are one thing, and why"),
        (schema, "schema", "print the schema (SDL)"),
    ):
        command = commands.add_parser(name, help=description)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


@contextmanager
def _sigterm_as_interrupt() -> "Iterator[None]":
    """SIGTERM ends a command like its own end does: uvicorn raises it anew after it has shut down."""
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(_: int, __: "FrameType | None") -> NoReturn:
    raise KeyboardInterrupt
