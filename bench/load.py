"""
The load: a process of its own that asks one gateway one thing again and again over kept connections.

    python bench/load.py '{"port": 9201, "bodies": ["...", "..."], "connections": 8, "requests": 500, "bytes": 20480}'

There is a body for each account, whose number is sent along in the header X-Account. Each connection has accounts of
its own, and asks them in turns: no two requests under way are equal. Prints one JSON line: seconds, and the
milliseconds of each request. Every answer must be 200, about as long as told, and without errors.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_END = b"\r\n\r\n"


@dataclass
class Work:
    """What is still to be asked, and what came of it."""

    left: int
    about: int
    done: asyncio.Future[None]
    busy: int = 0
    milliseconds: list[float] = field(default_factory=list)

    def fail(self, said: str) -> None:
        """End the run."""
        if not self.done.done():
            self.done.set_exception(RuntimeError(said))


class Caller(asyncio.Protocol):
    """One connection: asks, waits for the whole answer, asks again."""

    def __init__(self, work: Work, requests: Iterator[bytes]) -> None:
        self._work = work
        self._requests = requests
        self._pieces: list[bytes] = []
        self._head = b""
        self._missing: int | None = None
        self._length = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin at once."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._work.busy += 1
        self._ask()

    def connection_lost(self, _: Exception | None) -> None:
        """Nothing may be closed before the end."""
        self._work.fail("the gateway closed a connection")

    def _ask(self) -> None:
        if self._work.left == 0:
            self._work.busy -= 1
            if self._work.busy == 0 and not self._work.done.done():
                self._work.done.set_result(None)
            return
        self._work.left -= 1
        self._head, self._pieces, self._missing, self._length = b"", [], None, 0
        self._began = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        """Part of an answer."""
        if not self._pieces:
            self._head += data
            if _END not in self._head:
                return
            self._head, data = self._head.split(_END, 1)
            low = self._head.lower()
            if b"content-length:" in low:
                self._missing = int(low.split(b"content-length:")[1].split(b"\r\n")[0])
        self._pieces.append(data)
        self._length += len(data)
        if self._missing is None:
            tail = b"".join(self._pieces[-3:])
            whole = tail.endswith(b"0" + _END)
        else:
            whole = self._length >= self._missing
        if whole:
            self._answered()

    def _answered(self) -> None:
        self._work.milliseconds.append((time.perf_counter() - self._began) * 1000)
        start, end = self._pieces[0][:200], self._pieces[-1][-200:]
        if not self._head.startswith(b"HTTP/1.1 200"):
            self._work.fail(f"{self._head!r} {start!r}")
        elif b'"errors"' in start or b'"errors"' in end:
            self._work.fail(f"errors in {start!r} ... {end!r}")
        elif not 0.97 * self._work.about <= self._length <= 1.03 * self._work.about + 100:
            self._work.fail(f"{self._length} bytes instead of about {self._work.about}")
        else:
            self._ask()


async def run(
    port: int, bodies: Sequence[str], *, connections: int, requests: int, about: int
) -> dict[str, object]:
    """The answers' figures. Raises RuntimeError where one is not as it should be."""
    written = [_request(port, account, body.encode()) for account, body in enumerate(bodies)]
    # where there are fewer accounts than connections, for answers that are kept, they are shared
    own = [itertools.cycle(written[number::connections] or written) for number in range(connections)]
    loop = asyncio.get_running_loop()
    work = Work(requests, about, loop.create_future())
    began = time.perf_counter()
    opened = [
        loop.create_connection(lambda own=each: Caller(work, own), "127.0.0.1", port)  # type: ignore[misc]
        for each in own
    ]
    transports = [transport for transport, _ in await asyncio.gather(*opened)]
    await asyncio.wait_for(work.done, 120)
    seconds = time.perf_counter() - began
    for transport in transports:
        transport.abort()
    return {
        "seconds": seconds,
        "cpu": time.process_time(),
        "milliseconds": [round(one, 3) for one in work.milliseconds],
    }


def _request(port: int, account: int, body: bytes) -> bytes:
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nX-Account: {account}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    figures = asyncio.run(
        run(
            told["port"],
            told["bodies"],
            connections=told["connections"],
            requests=told["requests"],
            about=told["bytes"],
        )
    )
    print(json.dumps(figures))
