"""The command `asset-gateway explain`: reads a query, and prints what it would ask of the sources."""

# ruff: noqa: PLC0415 (the parser is made for every command: this one's parts are loaded where it is run)

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.engine.explain import Explanation
    from gateway.engine.request import GraphQLRequest
    from gateway.settings import Settings


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The query, from the command line or from a file, and what goes with it."""
    asked = command.add_mutually_exclusive_group(required=True)
    asked.add_argument("query", nargs="?", metavar="QUERY", help="the document")
    asked.add_argument(
        "--file", type=Path, metavar="FILE", help="the document in a file; - is standard input"
    )
    command.add_argument(
        "--variables", type=_variables, default={}, metavar="JSON", help="the variables, as a JSON object"
    )
    command.add_argument("--operation", metavar="NAME", help="which operation, where there are several")
    command.add_argument("--json", action="store_true", help="JSON instead of text")


def run(settings: "Settings", options: argparse.Namespace) -> int:
    """Prints the explanation, or why there is none, and gives the exit status."""
    import msgspec

    from gateway.engine.explain import as_text
    from gateway.engine.graphql_errors import RequestRefused
    from gateway.engine.request import GraphQLRequest

    try:
        query = options.query if options.file is None else _read(options.file)
        request = GraphQLRequest(query, options.operation, options.variables)
        told = asyncio.run(_explained(settings, request))
    except OSError as exc:
        return _refuse(f"{options.file}: cannot be read ({exc.strerror})")
    except UnicodeDecodeError:
        return _refuse(f"{options.file}: is not UTF-8 text")
    except RequestRefused as refused:
        return _refuse(*map(_in_words, refused.errors))
    if options.json:
        whole = {**msgspec.to_builtins(told), "verdict": told.verdict}
        sys.stdout.write(msgspec.json.encode(whole).decode() + "\n")
    else:
        sys.stdout.write(as_text(told))
    return 0


async def _explained(settings: "Settings", request: "GraphQLRequest") -> "Explanation":
    """What a query would ask of the configured sources. Raises SettingsError and Refused."""
    from gateway.app import OfflineTransport, make_engine, open_sources
    from gateway.engine.explain import explain
    from gateway.engine.explain.groups import AssumedIds
    from schema.build import build_schema

    context = AssumedIds(
        open_sources(settings, OfflineTransport()),
        calls=settings.limits.upstream_calls,
        max_page_size=settings.limits.max_page_size,
        caching=False,
        base_url=str,
    )
    return explain(make_engine(build_schema(), settings), request, context)


def _read(file: Path) -> str:
    return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")


def _in_words(error: Mapping[str, Any]) -> str:
    place = "".join(f" (line {at['line']}, column {at['column']})" for at in error.get("locations", ())[:1])
    return f"{error['extensions']['code']}{place}: {error['message']}"


def _refuse(*lines: str) -> int:
    for line in lines:
        sys.stderr.write(f"asset-gateway: {line}\n")
    return 1


def _variables(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError("this is not JSON") from exc
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError("this is no JSON object")
    return found
