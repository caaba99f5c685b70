"""Server: listening sockets, and an ASGI application run by uvicorn until a signal, in one process or in several."""

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

from gateway.edge.serving.draining import DrainingServer
from gateway.edge.serving.logs import logging_config
from gateway.edge.serving.protocol import TimeoutProtocol
from gateway.edge.serving.supervisor import Reload, Supervisor, end_with_supervisor
from gateway.settings import LogSettings, SettingsError

# 20 s for requests in flight, and the rest of 25 s for closing the application's resources
_GRACE_SECONDS = 20
_IDLE_SECONDS = 20
_BACKLOG = 2048
_CONNECTIONS = 2000
#: Bytes of one message of a WebSocket. Without compression: a small message cannot become a large one.
_MESSAGE_BYTES = 1024 * 1024

_log = logging.getLogger("gateway.edge")


def listen(host: str, port: int) -> list[socket.socket]:
    """Listening sockets on every address of a host name. Raises OSError if the name or the port is unavailable."""
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    addresses = dict.fromkeys((family, address) for family, _, _, _, address in infos)
    sockets: list[socket.socket] = []
    try:
        for family, address in addresses:
            sockets.append(_open_listener(family, address))
    except OSError:
        close(sockets)
        raise
    return sockets


def _open_listener(family: int, address: Any, *, reuse_port: bool = False) -> socket.socket:
    listener = socket.create_server(address, family=family, backlog=_BACKLOG, reuse_port=reuse_port)
    listener.set_inheritable(True)
    # Connections inherit it. Without it, a response in two writes waits for the acknowledgement of the first: 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _ReusePortAddress:
    """
    Address on which each worker has a listening socket of its own (SO_REUSEPORT), opened as it starts, so that the
    system distributes new connections among them: with one shared socket, the worker that wakes first takes all.

    uvicorn passes it to its workers in place of a socket; unpickling opens the socket. Only Linux distributes.
    """

    def __init__(self, listener: socket.socket) -> None:
        self.family, self.address = int(listener.family), listener.getsockname()
        listener.close()
        # reserves the port, which the system may have chosen, until the workers listen
        self._reservation = socket.socket(listener.family, socket.SOCK_STREAM)
        self._reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if self.family == socket.AF_INET6:
            self._reservation.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self._reservation.bind(self.address)

    def __reduce__(self) -> Any:
        return functools.partial(_open_listener, reuse_port=True), (self.family, self.address)

    def close(self) -> None:
        """Release the address."""
        self._reservation.close()


def close(sockets: Sequence[socket.socket]) -> None:
    """Close sockets."""
    for listener in sockets:
        listener.close()


def server(
    make_app: Callable[[], ASGIApp], log: LogSettings | None = None, *, drain_seconds: float = 0.0
) -> uvicorn.Server:
    """A server in this process; the sockets are passed to its `run`."""
    return DrainingServer(_config(make_app, log, workers=1), drain_seconds)


def serve(
    make_app: Callable[[], ASGIApp],
    sockets: list[socket.socket],
    *,
    workers: int,
    log: LogSettings | None = None,
    reload: Reload | None = None,
    drain_seconds: float = 0.0,
) -> bool:
    """
    Serve until SIGINT or SIGTERM. False if the application did not start, or no worker can be kept alive. With several
    workers each is a process that makes its own application, so that `make_app` must be picklable; `reload` then gives
    another one at SIGHUP or for changed files, None if nothing is to change. `drain_seconds` lie between SIGTERM and
    the end of accepting requests.
    """
    start = functools.partial(_start_app, drain_seconds=drain_seconds)
    make_app = functools.partial(start, make_app)
    if workers > 1:
        gc.enable()
        shared: list[Any] = (
            [_ReusePortAddress(listener) for listener in sockets] if sys.platform == "linux" else sockets
        )
        restart = None if reload is None else functools.partial(_start_reloaded, reload, start)
        supervisor = Supervisor(
            _config(make_app, log, workers=workers),
            sockets=shared,
            reload=restart,
            drain_seconds=drain_seconds,
        )
        supervisor.run()
        if supervisor.failure is not None:
            _log.critical("cannot serve: %s", supervisor.failure)
        return supervisor.failure is None
    try:
        server(make_app, log, drain_seconds=drain_seconds).run(sockets)
    except SystemExit:  # uvicorn raises it if the application did not start
        return False
    return True


def _start_reloaded(
    reload: Reload, start: Callable[[Callable[[], ASGIApp]], ASGIApp], *, requested: bool
) -> Callable[[], ASGIApp] | None:
    make_app = reload(requested=requested)
    return None if make_app is None else functools.partial(start, make_app)


def _start_app(make_app: Callable[[], ASGIApp], *, drain_seconds: float) -> ASGIApp:
    """
    The application. If it cannot be made, the process exits with the status by which uvicorn recognises a failed
    start: a worker that dies otherwise is restarted. A worker ends with its supervisor. All objects of the start are
    frozen: they live as long as the process, and garbage collections skip them.
    """
    end_with_supervisor(drain_seconds)
    gc.disable()
    try:
        app = make_app()
    except SettingsError as exc:
        for message in exc.faults:
            _log.critical("cannot start: %s", message)
        sys.exit(STARTUP_FAILURE)
    except Exception as exc:
        _log.exception("cannot start: not foreseen")
        raise SystemExit(STARTUP_FAILURE) from exc
    gc.freeze()  # with what is garbage by now: to look for it takes longer than it is worth
    gc.enable()
    # A response makes thousands of objects, nearly none of them in cycles. Collections are small, so that none stops
    # the others for 20 ms, and those of all objects are rare. What is freed counts against what is made: while
    # documents replace each other, a collection has to look at several times its threshold.
    gc.set_threshold(500, 10, 2_000)
    return app


def _config(make_app: Callable[[], ASGIApp], log: LogSettings | None, *, workers: int) -> uvicorn.Config:
    return uvicorn.Config(
        make_app,
        factory=True,
        workers=workers,
        http=TimeoutProtocol,
        ws="none",  # TimeoutProtocol opens WebSockets, and loads their library at the first one
        ws_max_size=_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=logging_config(log or LogSettings()),
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS,
        backlog=_BACKLOG,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
