"""
A server that plays whole connections as a test wants, over TLS too: one level below `tests.support.vendor`, which
answers requests.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Got:
    """A request as it came: its head's lines, and its body."""

    line: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class Connection:
    """One accepted socket."""

    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    got: list[Got]

    async def request(self) -> Got:
        """The next request. Raises IncompleteReadError where the caller hangs up."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])
        }
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        self.got.append(Got(head[0], headers, body, self.number))
        return self.got[-1]

    async def say(self, *pieces: bytes) -> None:
        """Send pieces, each on its own."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)


Play = Callable[[Connection], Awaitable[None]]


@dataclass
class Wire:
    """Where the server listens, how many sockets it has accepted and lost, and what it got."""

    url: str = ""
    port: int = 0
    accepted: int = 0
    ended: int = 0
    got: list[Got] = field(default_factory=list)


@asynccontextmanager
async def wire(
    play: Play, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Wire]:
    """Plays each connection; it is closed when that ends."""
    here = Wire()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here.accepted += 1
        try:
            await play(Connection(here.accepted, reader, writer, here.got))
        except (asyncio.IncompleteReadError, OSError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        finally:
            here.ended += 1
            writer.close()

    tasks: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(accept(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(begin, host, 0, ssl=tls)
    here.port = server.sockets[0].getsockname()[1]
    named = f"[{host}]" if ":" in host else host
    here.url = f"http{'s' if tls else ''}://{named}:{here.port}"
    try:
        yield here
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def answers(*pieces: bytes) -> Play:
    """Answers every request of a connection with these bytes."""

    async def play(connection: Connection) -> None:
        while True:
            await connection.request()
            await connection.say(*pieces)

    return play


def answers_once(*pieces: bytes) -> Play:
    """Answers the first request of a connection, and closes it."""

    async def play(connection: Connection) -> None:
        await connection.request()
        await connection.say(*pieces)

    return play


def ok(body: bytes = b"{}", *headers: str) -> bytes:
    """A plain answer."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
