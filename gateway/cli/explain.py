"""The command `asset-gateway explain`: reads a query, and prints the calls that it would make."""

# ruff: noqa: PLC0415 (a command loads only what it needs)

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.cli.arguments import add_config
from gateway.cli.configuration import load_settings
from gateway.cli.console import complain
from gateway.settings import env_name

if TYPE_CHECKING:
    from gateway.engine.explain import Explanation
    from gateway.engine.request import GraphQLRequest
    from gateway.settings import Settings


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The query, from the command line or from a file, its variables and operation, and the settings file."""
    document = command.add_mutually_exclusive_group(required=True)
    document.add_argument("query", nargs="?", metavar="QUERY", help="the document")
    document.add_argument(
        "--file", type=Path, metavar="FILE", help="the document in a file; - is standard input"
    )
    command.add_argument(
        "--variables", type=_variables, default={}, metavar="JSON", help="the variables, as a JSON object"
    )
    command.add_argument("--operation", metavar="NAME", help="which operation, where there are several")
    command.add_argument("--json", action="store_true", help="JSON instead of text")
    command.add_argument("--code", action="store_true", help="also the code that reads each source's fields")
    command.add_argument(
        "--demo", action="store_true", help="the demo's sources, instead of the configured ones"
    )
    add_config(command)


def run(options: argparse.Namespace) -> int:
    """Prints the explanation, or why there is none, and gives the exit status."""
    environ: Mapping[str, str] = _demo_sources() if options.demo else os.environ
    settings = load_settings(None if options.demo else options.config, environ, need_source=True)
    return 1 if settings is None else _explain(settings, options)


def _demo_sources() -> dict[str, str]:
    """The settings of the demo's sources, at addresses that nobody is asked at."""
    from gateway.sandbox.server import parts

    return {
        env_name(("sources", vendor, key)): value
        for vendor, part in parts().items()
        for key, value in part.settings(f"https://{vendor}.example").items()
    }


def _explain(settings: "Settings", options: argparse.Namespace) -> int:
    import msgspec

    from gateway.engine.explain import as_document, as_text
    from gateway.engine.graphql_errors import RequestRefused
    from gateway.engine.request import GraphQLRequest

    try:
        query = options.query if options.file is None else _read(options.file)
        request = GraphQLRequest(query, options.operation, options.variables)
        explanation = asyncio.run(_explanation(settings, request))
    except OSError as exc:
        return _refuse(f"{options.file}: cannot be read ({exc.strerror})")
    except UnicodeDecodeError:
        return _refuse(f"{options.file}: is not UTF-8 text")
    except RequestRefused as refused:
        return _refuse(*map(_message, refused.errors))
    if options.json:
        document = as_document(explanation, with_code=True)
        sys.stdout.write(msgspec.json.encode(document).decode() + "\n")
    else:
        sys.stdout.write(as_text(explanation, with_code=options.code))
    return 0


async def _explanation(settings: "Settings", request: "GraphQLRequest") -> "Explanation":
    """The calls that a query would make to the configured sources. Raises SettingsError and RequestRefused."""
    from gateway import vendors
    from gateway.app import make_engine, open_sources
    from gateway.engine.explain import explain
    from gateway.engine.explain.groups import ExplainContext
    from gateway.upstream.transport.offline import OfflineTransport
    from schema.build import build_schema

    context = ExplainContext(
        open_sources(settings, OfflineTransport()),
        calls=settings.limits.upstream_calls,
        max_page_size=settings.limits.max_page_size,
        caching=False,
        base_url=str,
    )
    return explain(make_engine(build_schema(vendors.load().values()), settings), request, context)


def _read(file: Path) -> str:
    return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")


def _message(error: Mapping[str, Any]) -> str:
    position = "".join(
        f" (line {location['line']}, column {location['column']})"
        for location in error.get("locations", ())[:1]
    )
    return f"{error['extensions']['code']}{position}: {error['message']}"


def _refuse(*reasons: str) -> int:
    for reason in reasons:
        complain(reason)
    return 1


def _variables(text: str) -> dict[str, Any]:
    try:
        variables = json.loads(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError("this is not JSON") from exc
    if not isinstance(variables, dict):
        raise argparse.ArgumentTypeError("this is no JSON object")
    return variables
