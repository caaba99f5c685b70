"""One HTTP/1.1 connection, for one exchange at a time."""

import asyncio
import select
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from gateway.upstream.transport.decompress import InvalidEncoding, TooLarge
from gateway.upstream.transport.failure_reason import RESET
from gateway.upstream.transport.http1_parser import ResponseParser
from gateway.upstream.transport.interface import (
    Delivery,
    OnOutcome,
    TransportError,
    TransportResponse,
)


class Http1Connection(asyncio.Protocol):
    """
    A client's connection. At the end of an exchange it calls `release` with itself, or aborts itself if that failed.

    Bytes that arrive outside an exchange abort it.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, release: "Callable[[Http1Connection], None]"
    ) -> None:
        #: Done once the connection is closed.
        self.lost = loop.create_future()
        #: Time of the last bytes sent or received.
        self.last_activity = loop.time()
        #: False once it cannot be used for another exchange.
        self.is_reusable = True
        self._loop = loop
        self._release = release
        self._transport: asyncio.Transport | None = None
        self._on_outcome: OnOutcome | None = None

    @property
    def is_waiting(self) -> bool:
        """True during an exchange."""
        return self._on_outcome is not None

    async def exchange(
        self, head: bytes, body: bytes | None, *, max_bytes: int, delivery: Delivery | None = None
    ) -> TransportResponse:
        """Send a request and await its response. Raises TransportError, TooLarge or InvalidEncoding."""
        response: asyncio.Future[TransportResponse] = self._loop.create_future()
        on_outcome = partial(_settle, response)
        self.begin(head, body, on_outcome, max_bytes=max_bytes)
        if delivery is not None:
            delivery.sent = True
        try:
            return await response
        except asyncio.CancelledError:
            if self._on_outcome is on_outcome:
                self.abort()
            raise

    def begin(self, head: bytes, body: bytes | None, on_outcome: OnOutcome, *, max_bytes: int) -> None:
        """Send a request. `on_outcome` is called at the end, unless it is aborted. Raises TransportError if unsent."""
        if self._transport is None or not self.is_reusable:
            raise TransportError(sent=False)
        self.last_activity = self._loop.time()
        self._parser.begin(max_bytes)
        self._on_outcome = on_outcome
        self._transport.write(head)
        if body:
            self._transport.write(body)

    def fail(self, reason: str) -> None:
        """End the exchange with a TransportError."""
        self._finish(TransportError(sent=True, reason=reason))

    def abort(self) -> None:
        """Close it at once, without a TLS shutdown, and without the outcome of an exchange."""
        self.is_reusable = False
        self._on_outcome = None
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Close it, over TLS with a shutdown."""
        self.is_reusable = False
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by its methods only
        self._parser = ResponseParser()
        #: Called with 0: true if the peer has sent something, or its end, which the event loop has not read yet.
        self.poll = _poller(transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        if self._on_outcome is None:
            self.abort()
            return
        self.last_activity = self._loop.time()
        outcome: TransportResponse | Exception | None
        try:
            outcome = self._parser.feed(data)
        except (TransportError, TooLarge, InvalidEncoding) as exc:
            outcome = exc
        if outcome is not None:
            self.is_reusable = self.is_reusable and self._parser.keep_alive
            self._finish(outcome)

    def eof_received(self) -> None:
        """Called by the loop."""
        self._end_of_stream(broken=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self._end_of_stream(broken=exc is not None)
        self._parser.drop()
        self._transport = None
        if not self.lost.done():
            self.lost.set_result(None)

    def _end_of_stream(self, *, broken: bool) -> None:
        self.is_reusable = False
        if self._on_outcome is None:
            return
        if broken:
            self.fail(RESET)
            return
        outcome: TransportResponse | Exception
        try:
            outcome = self._parser.end()
        except (TransportError, InvalidEncoding) as exc:
            outcome = exc
        self._finish(outcome)

    def _finish(self, outcome: TransportResponse | Exception) -> None:
        on_outcome, self._on_outcome = self._on_outcome, None
        if isinstance(outcome, Exception):
            self.abort()
        else:
            self._release(self)
        if on_outcome is not None:
            on_outcome(outcome)


def _settle(response: "asyncio.Future[TransportResponse]", outcome: TransportResponse | Exception) -> None:
    if response.done():
        return
    if isinstance(outcome, Exception):
        response.set_exception(outcome)
    else:
        response.set_result(outcome)


def _poller(socket: Any) -> Callable[[int], Any]:
    """
    Function that returns something if a read from the socket would not block. `select` fails for descriptors above
    1023, and Windows has no `poll`.
    """
    if sys.platform == "win32":
        return lambda timeout: select.select([socket], [], [], timeout)[0]
    poll = select.poll()
    poll.register(socket.fileno(), select.POLLIN)
    return poll.poll
