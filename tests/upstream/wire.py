"""
Server that plays whole connections as a test defines, over TLS too: one level below `tests.support.vendor`, which
answers requests.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class WireRequest:
    """A received request: request line, headers, body, and the number of its connection."""

    line: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class WireConnection:
    """One accepted socket."""

    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    requests: list[WireRequest]

    async def request(self) -> WireRequest:
        """The next request. Raises IncompleteReadError if the caller disconnects."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])
        }
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append(WireRequest(head[0], headers, body, self.number))
        return self.requests[-1]

    async def say(self, *pieces: bytes) -> None:
        """Send pieces, each on its own."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)


Play = Callable[[WireConnection], Awaitable[None]]


@dataclass
class Wire:
    """The server: its URL and port, the number of sockets accepted and closed, and the requests received."""

    url: str = ""
    port: int = 0
    accepted: int = 0
    ended: int = 0
    requests: list[WireRequest] = field(default_factory=list)


@asynccontextmanager
async def wire(
    play: Play, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Wire]:
    """Serve `play` on each connection, which is closed when `play` returns."""
    server = Wire()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.accepted += 1
        try:
            await play(WireConnection(server.accepted, reader, writer, server.requests))
        except (asyncio.IncompleteReadError, OSError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        finally:
            server.ended += 1
            writer.close()

    tasks: set[asyncio.Task[None]] = set()

    def start_task(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(accept(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listener = await asyncio.start_server(start_task, host, 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    named = f"[{host}]" if ":" in host else host
    server.url = f"http{'s' if tls else ''}://{named}:{server.port}"
    try:
        yield server
    finally:
        listener.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def answers(*pieces: bytes) -> Play:
    """Play that answers every request of a connection with these bytes."""

    async def play(connection: WireConnection) -> None:
        while True:
            await connection.request()
            await connection.say(*pieces)

    return play


def answers_once(*pieces: bytes) -> Play:
    """Play that answers the first request of a connection, and closes it."""

    async def play(connection: WireConnection) -> None:
        await connection.request()
        await connection.say(*pieces)

    return play


def ok(body: bytes = b"{}", *headers: str) -> bytes:
    """A response with status 200."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
