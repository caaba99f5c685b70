"""The command `asset-gateway demo`: the gateway over the sandbox's vendors, in one process."""

# ruff: noqa: PLC0415 (a command loads only what it needs)

import argparse
import asyncio
import os
import socket
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from gateway.cli.arguments import add_address, add_logging, with_logging
from gateway.cli.configuration import load_settings
from gateway.cli.console import say
from gateway.cli.demo_caller import KEY, with_second_caller
from gateway.cli.listening import is_loopback, may_listen, open_sockets, say_addresses
from gateway.cli.process_log import process_log
from gateway.settings import CorsSettings

#: A front end that is being developed is served on a port of its own.
_DEVELOPMENT_ORIGINS = ("http://localhost:*", "http://127.0.0.1:*")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The address to listen on, and the log."""
    add_address(command)
    add_logging(command)


def run(options: argparse.Namespace) -> int:
    """Serves until it is ended, and gives the exit status."""
    # the sources are the sandbox's; everything else is the operator's as usual
    own = {
        name: value for name, value in os.environ.items() if not name.upper().startswith("GATEWAY_SOURCES__")
    }
    sockets = open_sockets(options.host, options.port)
    if sockets is None:
        return 1
    return asyncio.run(_serve(own, options, sockets))


async def _serve(
    environ: Mapping[str, str], options: argparse.Namespace, sockets: list[socket.socket]
) -> int:
    from gateway.app import create_app
    from gateway.edge.graphiql.examples import TABS
    from gateway.edge.serving.serve import close, server
    from gateway.sandbox.server import serve_sandbox

    host: str = options.host
    try:
        async with serve_sandbox(port_base=0) as sources:
            # Its tables are there before anybody asks for one.
            settings = load_settings(None, {"GATEWAY_TABLES__ALWAYS": "true", **environ, **sources})
            if settings is None or not may_listen(settings, host):
                return 1
            settings = with_second_caller(with_logging(settings, options))
            if not settings.cors.origins:
                settings = replace(settings, cors=CorsSettings(_DEVELOPMENT_ORIGINS))
            loopback = is_loopback(host)
            say(f"Made-up data of five vendors: {', '.join(source.name for source in settings.sources)}")
            say(f"Web pages of these origins may call it: {', '.join(settings.cors.origins)}")
            if settings.auth.admits_anonymous:
                say(f"Whoever sends no key may do all; Authorization: Bearer {KEY} may less")
            say_addresses(host, sockets, ide=settings.ide)
            make_app = partial(create_app, settings, loopback=loopback, tabs=TABS)
            with process_log(settings):
                await server(make_app, settings.log).serve(sockets)
    finally:
        close(sockets)
    return 0
