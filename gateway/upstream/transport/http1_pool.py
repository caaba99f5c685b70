"""The connections that are open, and the way to a new one."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.upstream.transport.http1_connection import Http1Connection
from gateway.upstream.transport.interface import TransportError

_MOST_IDLE = 100
_IDLE_SECONDS = 15.0
_GOODBYE_SECONDS = 1.0
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, eq=False)
class PoolOrigin:
    """Whom connections lead to. Two are never the same."""

    host: str
    port: int
    is_tls: bool
    #: As the Host header has it.
    name: str
    is_proxied: bool


class ConnectionPool:
    """
    Opens connections, and keeps those that may be used again: the one used last is the first to be used next.

    One timer looks at all of them about once a second, and ends those that were idle or silent for too long.
    """

    def __init__(self, *, connect_seconds: float, read_seconds: float) -> None:
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._look_seconds = min(_LOOK_SECONDS, read_seconds / 4)
        self._open: set[Http1Connection] = set()
        self._idle: dict[PoolOrigin, list[Http1Connection]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def acquire(self, origin: PoolOrigin) -> Http1Connection | None:
        """An idle connection, which is the caller's from now on."""
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            if connection.is_reusable:
                return connection
        return None

    def release(self, origin: PoolOrigin, connection: Http1Connection) -> None:
        """Let others have it, where it lasts and there are not too many."""
        if connection.is_reusable and sum(map(len, self._idle.values())) < _MOST_IDLE:
            self._idle.setdefault(origin, []).append(connection)
        else:
            connection.close()

    async def connect(self, origin: PoolOrigin, tls: ssl.SSLContext | None) -> Http1Connection:
        """A new connection, which is the caller's. Raises TransportError."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_seconds):
                reached = await self._reach(loop, origin)
                _, connection = await loop.create_connection(
                    lambda: Http1Connection(loop),
                    sock=reached,
                    ssl=tls,
                    server_hostname=origin.host if tls else None,
                    ssl_shutdown_timeout=_GOODBYE_SECONDS if tls else None,
                )
        except (OSError, ValueError) as exc:
            raise TransportError(sent=False) from exc
        self._open.add(connection)
        connection.lost.add_done_callback(lambda _: self._open.discard(connection))
        if self._timer is None:
            self._timer = loop.call_later(self._look_seconds, self._look, loop)
        return connection

    async def close(self) -> None:
        """End all connections: at once where an answer is waited for, after a short goodbye elsewhere."""
        for connection in tuple(self._open):
            if connection.is_asking:
                connection.fail()
            else:
                connection.close()
        if self._open:
            await asyncio.wait([one.lost for one in self._open], timeout=_GOODBYE_SECONDS)
        for connection in tuple(self._open):
            connection.abort()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _reach(self, loop: asyncio.AbstractEventLoop, origin: PoolOrigin) -> socket.socket:
        """A socket at one of the host's addresses. Each has a share of the time, so that a deaf one is not the end."""
        found = await _resolve(loop, origin)
        fault: OSError = OSError("no address")
        for family, kind, protocol, _, address in found:
            try:
                reached = socket.socket(family, kind, protocol)
            except OSError as exc:
                fault = exc
                continue
            try:
                reached.setblocking(False)  # noqa: FBT003 (its only argument)
                async with asyncio.timeout(self._connect_seconds / len(found)):
                    await loop.sock_connect(reached, address)
            except OSError as exc:
                reached.close()
                fault = exc
            except BaseException:
                reached.close()
                raise
            else:
                reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return reached
        raise fault

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in tuple(self._open):
            if connection.is_asking:
                if now - connection.last_activity > self._read_seconds:
                    connection.fail()
            elif now - connection.last_activity > _IDLE_SECONDS - self._look_seconds:
                # what was closed and is still here has something to say that nobody takes
                (connection.close if connection.is_reusable else connection.abort)()
        for origin, idle in tuple(self._idle.items()):
            idle[:] = [one for one in idle if one.is_reusable]
            if not idle:
                del self._idle[origin]
        again = loop.call_later(self._look_seconds, self._look, loop) if self._open else None
        self._timer = again


async def _resolve(
    loop: asyncio.AbstractEventLoop, origin: PoolOrigin
) -> Sequence[tuple[Any, Any, Any, str, Any]]:
    """The host's addresses, the system's first choice first."""
    return await loop.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
