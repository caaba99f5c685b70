"""A vendor behind a real socket that answers whatever a test wants, down to the bytes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

import httpx
import msgspec


@dataclass(frozen=True)
class Got:
    """A request that the vendor got."""

    method: str
    target: str
    headers: Message = field(repr=False)
    body: bytes


#: What is about the way an answer came, not about what it says.
_HOP_BY_HOP = frozenset({"content-length", "content-encoding", "transfer-encoding", "connection"})

Write = asyncio.StreamWriter
Answer = Callable[[Got, Write], Awaitable[None]]


def reply(status: int = 200, body: bytes = b"[]", **headers: str) -> Answer:
    """An answer like any other."""

    async def answer(_: Got, write: Write) -> None:
        write.write(raw(status, body, headers))
        await write.drain()

    return answer


def as_json(content: Any, status: int = 200, **headers: str) -> Answer:
    return reply(status, msgspec.json.encode(content), content_type="application/json", **headers)


async def hang(_: Got, __: Write) -> None:
    await asyncio.sleep(60)


async def drop(_: Got, write: Write) -> None:
    write.close()


def passed_on(found: httpx.Response) -> Answer:
    """An answer that was got elsewhere, and is read already."""
    kept = {name: value for name, value in found.headers.items() if name.lower() not in _HOP_BY_HOP}
    return reply(found.status_code, found.content, **kept)


def cut(body: bytes = b'[{"id": 1}') -> Answer:
    """Less than was promised."""

    async def answer(_: Got, write: Write) -> None:
        write.write(raw(200, body, {}, length=len(body) + 100))
        await write.drain()
        write.close()

    return answer


def drip(pause: float = 0.05) -> Answer:
    """A byte now and then, without end."""

    async def answer(_: Got, write: Write) -> None:
        write.write(raw(200, b"", {}, length=100_000))
        while True:
            write.write(b" ")
            await write.drain()
            await asyncio.sleep(pause)

    return answer


def raw(status: int, body: bytes, headers: Mapping[str, str], *, length: int | None = None) -> bytes:
    told = {"Content-Length": str(len(body) if length is None else length)} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Vendor:
    """Answers with `answers` one after the other, the last of them again and again."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.got: list[Got] = []
        self.open = 0
        self.most_at_once = 0
        self.url = ""
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def targets(self) -> list[str]:
        return [one.target for one in self.got]

    async def serve(self, reader: asyncio.StreamReader, writer: Write) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.open += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while not writer.is_closing():
                    got = await _read(reader)
                    self.got.append(got)
                    answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
                    await self._answer(answer, got, reader, writer)
        finally:
            self.open -= 1
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, answer: Answer, got: Got, reader: asyncio.StreamReader, writer: Write) -> None:
        """Ends where the caller hangs up, so that a test sees that it did."""
        answering = asyncio.ensure_future(answer(got, writer))
        gone = asyncio.ensure_future(_hung_up(reader))
        try:
            await asyncio.wait({answering, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                raise ConnectionResetError
            await answering
        finally:
            answering.cancel()
            gone.cancel()
            await asyncio.gather(answering, gone, return_exceptions=True)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _hung_up(reader: asyncio.StreamReader) -> None:
    while not reader.at_eof():
        await asyncio.sleep(0.01)


async def _read(reader: asyncio.StreamReader) -> Got:
    head = await reader.readuntil(b"\r\n\r\n")
    line, _, rest = head.partition(b"\r\n")
    method, target, _ = line.decode().split(" ")
    headers = BytesHeaderParser().parsebytes(rest)
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Got(method, target, headers, body)


@asynccontextmanager
async def listening(*answers: Answer) -> AsyncIterator[Vendor]:
    """A vendor on a free port of this machine."""
    vendor = Vendor(*answers)
    server = await asyncio.start_server(vendor.serve, "127.0.0.1", 0)
    vendor.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield vendor
    finally:
        server.close()
        await vendor.close()
        await server.wait_closed()
