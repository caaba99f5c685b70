"""
What can be wrong with a vendor on a normal day, switched on for one vendor's part of the sandbox.

A fault is written `VENDOR:KIND[:ARG]`: `halo:hang`, `revnue:rate-limit:5`, `tether:500:0.3`. It befalls the requests
that carry a credential, so that signing in works as ever.
"""

import asyncio
import gzip
import random
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FOREVER = 3600.0
_PAGE = re.compile(rb"\b(page(?:_no)?)=\d+")
_LAST = 600


@dataclass(frozen=True)
class Fault:
    """One kind of fault. `number` is its argument: seconds, or for a status the share of requests that it befalls."""

    kind: str
    number: float | None = None

    @property
    def share(self) -> float:
        """How many of the requests it befalls."""
        by_share = self.kind.isdecimal() or self.kind == "random"
        return self.number if by_share and self.number is not None else 1.0


def parse(text: str, vendors: Collection[str]) -> tuple[str, Fault]:
    """
    A vendor and its fault, as they are written on the command line. Raises ValueError with what to do.

    >>> parse("tether:500:0.3", ["tether"])
    ('tether', Fault(kind='500', number=0.3))
    >>> parse("halo:fire", ["halo"])
    Traceback (most recent call last):
    ValueError: fire is no kind of fault: take one of ..., or a status such as 503
    """
    vendor, _, rest = text.partition(":")
    kind, _, argument = rest.partition(":")
    if vendor not in vendors:
        raise ValueError(f"{vendor} is no vendor: take one of {', '.join(sorted(vendors))}")
    is_status = kind.isdecimal() and 400 <= int(kind) < _LAST
    if kind not in KINDS and not is_status:
        known = ", ".join(sorted(KINDS))
        raise ValueError(
            f"{kind or 'nothing'} is no kind of fault: take one of {known}, or a status such as 503"
        )
    try:
        number = float(argument) if argument else None
    except ValueError:
        number = -1.0
    if number is not None and not 0 <= number <= _FOREVER:
        raise ValueError(f"{argument} is neither seconds nor a share")
    return vendor, Fault(kind, number)


class Faulty:
    """An application with a fault. What a request meets is decided by `chance`, which gives numbers below 1."""

    def __init__(self, app: ASGIApp, *, fault: Fault, chance: Callable[[], float] = random.random) -> None:
        self.app = app
        self.fault = fault
        self.chance = chance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as the fault wants it, or passes the request on."""
        is_befallen = scope["type"] == "http" and any(
            name == b"authorization" for name, _ in scope["headers"]
        )
        if not is_befallen or self.chance() >= self.fault.share:
            await self.app(scope, receive, send)
            return
        fault = self.fault
        if fault.kind == "random":
            kinds = sorted(KINDS.keys() - _NOT_BY_CHANCE)
            kind = kinds[int(self.chance() * len(kinds))]
            fault = Fault(kind, _SHORT.get(kind))
        act = KINDS.get(fault.kind, _status)
        await act(Request(self.app, scope, receive, send, fault))


@dataclass(frozen=True)
class Request:
    """A request that a fault befalls."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send
    fault: Fault

    async def answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Answer it."""
        told = {"content-type": "application/json", "content-length": str(len(body))} | dict(headers or {})
        await self.send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(name.encode(), value.encode()) for name, value in told.items()],
            }
        )
        await self.send({"type": "http.response.body", "body": body})

    async def pass_on(self) -> None:
        """Let the vendor's part answer it."""
        await self.app(self.scope, self.receive, self.send)

    async def gone(self) -> None:
        """Wait until the caller hangs up."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


Act = Callable[[Request], Awaitable[None]]


async def _hang(request: Request) -> None:
    await request.gone()


async def _slow(request: Request) -> None:
    await asyncio.sleep(3.0 if request.fault.number is None else request.fault.number)
    await request.pass_on()


async def _drip(request: Request) -> None:
    pause = 0.2 if request.fault.number is None else request.fault.number
    start: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": []}
    await request.send(start)
    gone = asyncio.ensure_future(request.gone())
    try:
        while not gone.done():
            await request.send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.wait([gone], timeout=pause)
    finally:
        gone.cancel()


async def _drop(request: Request) -> None:
    _hang_up(request)


async def _cut(request: Request) -> None:
    """Half of the answer, and then the end of the connection."""

    async def half(message: Message) -> None:
        if message["type"] == "http.response.body":
            body = message.get("body", b"")
            message = {**message, "body": body[: len(body) // 2], "more_body": True}
            await request.send(message)
            await asyncio.sleep(0.01)
            _hang_up(request)
        else:
            await request.send(message)

    await request.app(request.scope, request.receive, half)


def _hang_up(request: Request) -> None:
    """ASGI knows no way to end a connection: the server's own object behind `receive` does."""
    transport = getattr(getattr(request.receive, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionAbortedError
    transport.abort()


async def _html(request: Request) -> None:
    page = b"<!doctype html><title>Maintenance</title><h1>We will be back soon</h1>"
    await request.answer(200, page, {"content-type": "text/html"})


async def _huge(request: Request) -> None:
    await request.answer(200, b"[" + b" " * (65 * 1024 * 1024) + b"]")


async def _bomb(request: Request) -> None:
    packed = gzip.compress(bytes(32 * 1024 * 1024), 1)
    await request.answer(200, packed, {"content-encoding": "gzip"})


async def _redirect(request: Request) -> None:
    await request.answer(302, b"", {"location": "http://203.0.113.7/elsewhere"})


async def _redirect_loop(request: Request) -> None:
    await request.answer(302, b"", {"location": request.scope["path"]})


async def _rate_limit(request: Request) -> None:
    wait = 30.0 if request.fault.number is None else request.fault.number
    await request.answer(429, b'{"detail": "Request was throttled."}', {"retry-after": f"{wait:g}"})


async def _repeat(request: Request) -> None:
    scope = dict(request.scope)
    scope["query_string"] = _PAGE.sub(rb"\1=1", scope["query_string"])
    await replace(request, scope=scope).pass_on()


async def _status(request: Request) -> None:
    await request.answer(int(request.fault.kind), b'{"message": "not now"}')


def _says(body: bytes) -> Act:
    async def act(request: Request) -> None:
        await request.answer(200, body)

    return act


async def _refuse(request: Request) -> None:
    """Nothing listens, so that nothing comes here but for another server's sake."""
    _hang_up(request)


KINDS: Mapping[str, Act] = {
    "bomb": _bomb,
    "cut": _cut,
    "drip": _drip,
    "drop": _drop,
    "empty": _says(b""),
    "hang": _hang,
    "html": _html,
    "huge": _huge,
    "invalid": _says(b'{"assets": [{"id": 1},'),
    "nan": _says(b'[{"id": 1, "price": NaN}]'),
    "nested": _says(b"[" * 50_000 + b"]" * 50_000),
    "random": _status,
    "rate-limit": _rate_limit,
    "redirect": _redirect,
    "redirect-loop": _redirect_loop,
    "refuse": _refuse,
    "repeat": _repeat,
    "slow": _slow,
    "wrong-type": _says(b'"maintenance"'),
}
"""The kinds of fault by name; a status such as 503 is one as well."""

_SHORT = {"rate-limit": 1.0, "slow": 0.5}
_NOT_BY_CHANCE = frozenset({"random", "refuse", "repeat"})
