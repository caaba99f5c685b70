"""Host header check on loopback, against DNS rebinding."""

import ipaddress
import re
from collections.abc import Awaitable
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.edge.responses import HttpProblem, problem_response

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:/@]+)(:[0-9]{1,5})?")
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class LoopbackHosts:
    """
    Answer 421 unless the Host header names this machine.

    Another site may have its own name resolve to loopback (DNS rebinding), so that its page would be of the same origin
    as the gateway; its name in the Host header reveals it. `public_host` is the name under which a proxy on this
    machine serves the gateway.
    """

    def __init__(self, app: ASGIApp, *, public_host: str | None = None) -> None:
        self.app = app
        self.public_host = None if public_host is None else public_host.lower()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on, or refuse it."""
        if scope["type"] not in {"http", "websocket"}:
            return self.app(scope, receive, send)
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) == 1 and (_is_loopback(hosts[0]) or self._is_public(hosts[0])):
            return self.app(scope, receive, send)
        if scope["type"] == "websocket":
            return send({"type": "websocket.close", "code": 1008})
        message = "This gateway listens on loopback and answers to localhost, 127.0.0.1 and [::1] only"
        return problem_response(HttpProblem(421, message))(scope, receive, send)

    def _is_public(self, host: bytes) -> bool:
        match = _HOST.fullmatch(host.decode("latin-1"))
        return match is not None and match[1].strip("[]").lower() == self.public_host


@lru_cache(maxsize=64)
def _is_loopback(host: bytes) -> bool:
    """
    True if a Host header names this machine, with any port.

    >>> [_is_loopback(host) for host in (b"localhost:8000", b"127.0.0.1", b"[::1]:80", b"localhost.example")]
    [True, True, True, False]
    """
    match = _HOST.fullmatch(host.decode("latin-1"))
    if match is None:
        return False
    name = match[1].strip("[]").lower()
    if name in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
