"""Connection pool: idle HTTP/1.1 connections by origin and account, new connections, and time-outs."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.upstream.transport.failure_reason import READ_TIMEOUT, RESET, failure_reason
from gateway.upstream.transport.http1_connection import Http1Connection
from gateway.upstream.transport.interface import TransportError

_MAX_IDLE = 100
_IDLE_SECONDS = 15.0
_SHUTDOWN_SECONDS = 1.0
_SWEEP_SECONDS = 1.0


@dataclass(frozen=True, eq=False)
class PoolOrigin:
    """Origin of one account's connections in the pool, compared by identity."""

    host: str
    port: int
    is_tls: bool
    #: Value of the Host header.
    name: str
    is_proxied: bool


class ConnectionPool:
    """
    Opens connections and pools the reusable ones; the one used last is reused first.

    One timer sweeps them about once a second, and ends those that were idle or silent for too long.
    """

    def __init__(self, *, connect_seconds: float, read_seconds: float) -> None:
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._sweep_seconds = min(_SWEEP_SECONDS, read_seconds / 4)
        self._open: set[Http1Connection] = set()
        self._idle: dict[PoolOrigin, list[Http1Connection]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def acquire(self, origin: PoolOrigin) -> Http1Connection | None:
        """An idle connection, which comes back at the end of an exchange; None if there is none."""
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            if not connection.is_reusable:
                continue
            if not connection.poll(0):
                return connection
            # an answer that nobody asked for would be taken for the next one
            connection.abort()
        return None

    def release(self, origin: PoolOrigin, connection: Http1Connection) -> None:
        """Return a connection to the pool; close it if it is not reusable or the pool is full."""
        if connection.is_reusable and sum(map(len, self._idle.values())) < _MAX_IDLE:
            self._idle.setdefault(origin, []).append(connection)
        else:
            connection.close()

    async def connect(
        self, origin: PoolOrigin, tls: ssl.SSLContext | None, *, is_pooled: bool
    ) -> Http1Connection:
        """A new connection, pooled after its exchange or closed. Raises TransportError."""
        loop = asyncio.get_running_loop()
        release = partial(self.release, origin) if is_pooled else Http1Connection.close
        try:
            async with asyncio.timeout(self._connect_seconds):
                sock = await self._open_socket(loop, origin)
                _, connection = await loop.create_connection(
                    lambda: Http1Connection(loop, release=release),
                    sock=sock,
                    ssl=tls,
                    server_hostname=origin.host if tls else None,
                    ssl_shutdown_timeout=_SHUTDOWN_SECONDS if tls else None,
                )
        except (OSError, ValueError) as exc:
            raise TransportError(sent=False, reason=failure_reason(exc)) from exc
        self._open.add(connection)
        connection.lost.add_done_callback(lambda _: self._open.discard(connection))
        if self._timer is None:
            self._timer = loop.call_later(self._sweep_seconds, self._sweep, loop)
        return connection

    async def close(self) -> None:
        """End all connections: at once those with an exchange, the others after a TLS shutdown."""
        for connection in tuple(self._open):
            if connection.is_waiting:
                connection.fail(RESET)
            else:
                connection.close()
        if self._open:
            await asyncio.wait([connection.lost for connection in self._open], timeout=_SHUTDOWN_SECONDS)
        for connection in tuple(self._open):
            connection.abort()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _open_socket(self, loop: asyncio.AbstractEventLoop, origin: PoolOrigin) -> socket.socket:
        """A socket connected to one of the host's addresses. Each has a share of the time, in case one is silent."""
        addresses = await _resolve(loop, origin)
        error: OSError = OSError("no address")
        for family, kind, protocol, _, address in addresses:
            try:
                sock = socket.socket(family, kind, protocol)
            except OSError as exc:
                error = exc
                continue
            try:
                sock.setblocking(False)  # noqa: FBT003 (its only argument)
                async with asyncio.timeout(self._connect_seconds / len(addresses)):
                    await loop.sock_connect(sock, address)
            except OSError as exc:
                sock.close()
                error = exc
            except BaseException:
                sock.close()
                raise
            else:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return sock
        raise error

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in tuple(self._open):
            if connection.is_waiting:
                if now - connection.last_activity > self._read_seconds:
                    connection.fail(READ_TIMEOUT)
            elif now - connection.last_activity > _IDLE_SECONDS - self._sweep_seconds:
                # closed but still open: its last bytes are never read by the peer
                (connection.close if connection.is_reusable else connection.abort)()
        for origin, idle in tuple(self._idle.items()):
            idle[:] = [connection for connection in idle if connection.is_reusable]
            if not idle:
                del self._idle[origin]
        self._timer = loop.call_later(self._sweep_seconds, self._sweep, loop) if self._open else None


async def _resolve(
    loop: asyncio.AbstractEventLoop, origin: PoolOrigin
) -> Sequence[tuple[Any, Any, Any, str, Any]]:
    """Addresses of the host, in the system's order of preference."""
    return await loop.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
