"""Listens, and runs an ASGI application on it until a signal: in this process or in several."""

import functools
import gc
import logging
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from gateway.edge.serving.protocol import TimeoutProtocol
from gateway.settings import SettingsError

# 20 s for requests under way, and the rest of 25 s for closing what the application holds
_GRACE_SECONDS = 20
_IDLE_SECONDS = 20
_BACKLOG = 2048
_CONNECTIONS = 2000

_log = logging.getLogger("gateway.edge")

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "gateway.edge.request_id.RequestIdFilter"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "filters": ["request_id"],
            "formatter": "line",
        },
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
"""One line a record on stderr, with the id of the request that it is about."""


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets on every address of a host name. Raises OSError where the name or the port cannot be had."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    addresses = dict.fromkeys((family, address) for family, _, _, _, address in found)
    sockets: list[socket.socket] = []
    try:
        for family, address in addresses:
            sockets.append(_listening(family, address))
    except OSError:
        close(sockets)
        raise
    return sockets


def _listening(family: int, address: Any, *, shared: bool = False) -> socket.socket:
    one = socket.create_server(address, family=family, backlog=_BACKLOG, reuse_port=shared)
    one.set_inheritable(True)
    # Connections inherit it. Without, an answer in two pieces waits for the first one's receipt: 40 ms.
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return one


class _Shared:
    """
    An address on which each worker has a socket of its own, made as it starts, so that the system deals new connections
    out to them: of one socket that all wait on, whoever wakes first takes every connection that has come.

    It takes the place of a socket in what uvicorn hands to its workers. Only Linux deals out.
    """

    def __init__(self, taken: socket.socket) -> None:
        self.family, self.address = int(taken.family), taken.getsockname()
        taken.close()
        # keeps a free port that the system has chosen from being chosen again
        self._kept = socket.socket(taken.family, socket.SOCK_STREAM)
        self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if self.family == socket.AF_INET6:
            self._kept.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self._kept.bind(self.address)

    def __reduce__(self) -> Any:
        return functools.partial(_listening, shared=True), (self.family, self.address)

    def close(self) -> None:
        """Gives the address up."""
        self._kept.close()


def close(sockets: Sequence[socket.socket]) -> None:
    """Closes sockets that nobody serves."""
    for one in sockets:
        one.close()


def server(make_app: Callable[[], ASGIApp]) -> uvicorn.Server:
    """A server for this process, to be given its sockets."""
    return uvicorn.Server(_config(make_app, workers=1))


def serve(make_app: Callable[[], ASGIApp], sockets: list[socket.socket], *, workers: int) -> bool:
    """
    Serves until SIGINT or SIGTERM, and says whether it could begin to. With several workers each is a process
    that makes its own application, so that `make_app` must be picklable.
    """
    make_app = functools.partial(_made_for_good, make_app)
    if workers > 1:
        gc.enable()
        shared: list[Any] = [_Shared(one) for one in sockets] if sys.platform == "linux" else sockets
        supervisor = Multiprocess(_config(make_app, workers=workers), sockets=shared)
        supervisor.run()
        return not any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes)
    try:
        server(make_app).run(sockets)
    except SystemExit:  # uvicorn's way to say that the application did not start
        return False
    return True


def _made_for_good(make_app: Callable[[], ASGIApp]) -> ASGIApp:
    """
    The application, or the end of the process with the status by which uvicorn tells a failure to start from a death:
    a worker that dies is started anew. What was made until now stays, and is not looked through for garbage again and
    again.
    """
    gc.disable()
    try:
        app = make_app()
    except SettingsError as exc:
        for fault in exc.faults:
            _log.critical("cannot start: %s", fault)
        sys.exit(STARTUP_FAILURE)
    except Exception as exc:
        _log.exception("cannot start: not foreseen")
        raise SystemExit(STARTUP_FAILURE) from exc
    gc.collect()
    gc.freeze()
    gc.enable()
    # An answer makes thousands of objects, and nearly none of them in cycles: what is looked through is still in use.
    gc.set_threshold(50_000, 50, 100)
    return app


def _config(make_app: Callable[[], ASGIApp], *, workers: int) -> uvicorn.Config:
    return uvicorn.Config(
        make_app,
        factory=True,
        workers=workers,
        http=TimeoutProtocol,
        ws="none",
        lifespan="on",
        log_config=LOGGING,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS,
        backlog=_BACKLOG,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
