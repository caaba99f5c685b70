"""The address that a command listens on: if it may, the sockets, and the URLs that it answers at."""

# ruff: noqa: PLC0415 (a command loads only what it needs)

import ipaddress
import os
import socket
from collections.abc import Sequence

from gateway.cli.console import complain, say
from gateway.settings import Settings


def may_listen(settings: Settings, host: str) -> bool:
    """True if the gateway may be open on this address; if not, the reason is on standard error."""
    fault = listening_fault(settings, host)
    if fault is not None:
        complain(fault)
    return fault is None


def listening_fault(settings: Settings, host: str) -> str | None:
    """The reason for which the gateway may not be open on this address, None if it may."""
    if not settings.auth.is_open or is_loopback(host):
        return None
    return (
        f"GATEWAY_AUTH__API_KEYS: is not set, and anybody who reaches {host} could read everything: set one"
        " or more keys, separated by commas, or listen on 127.0.0.1 only"
    )


def is_loopback(host: str) -> bool:
    """True if only this machine reaches the address or name."""
    try:
        addresses = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return False
    return all(
        ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in addresses
    )


def open_sockets(host: str, port: int) -> list[socket.socket] | None:
    """The listening sockets; None if there are none, and the reason is then on standard error."""
    from gateway.edge.serving.serve import listen

    try:
        return listen(host, port)
    except OSError as exc:
        reason = os.strerror(exc.errno) if exc.errno and exc.errno > 0 else exc.strerror
        complain(f"cannot listen on {host}, port {port}: {reason}: choose another with --host or --port")
        return None


def say_addresses(host: str, sockets: Sequence[socket.socket], *, ide: bool) -> None:
    """Print the URLs of GraphiQL, the API and the schema."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 (shown only)
    url = f"http://{f'[{name}]' if ':' in name else name}:{sockets[0].getsockname()[1]}/graphql"
    if ide:
        say(f"GraphiQL in a browser: {url}")
    say(f"GraphQL API: {url}")
    say(f"Schema (SDL): {url}/schema")
