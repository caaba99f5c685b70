"""One connection over which HTTP/1.1 is spoken, an exchange at a time."""

import asyncio
from typing import cast

from gateway.upstream.transport.decompress import InvalidEncoding, TooLarge
from gateway.upstream.transport.http1_parser import ResponseParser
from gateway.upstream.transport.interface import TransportError, TransportResponse


class Http1Connection(asyncio.Protocol):
    """
    Whoever has it asks, waits, and then either lets others ask over it or aborts it.

    Bytes that nobody waits for end it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        #: Done once the connection is no more.
        self.lost = loop.create_future()
        #: When something was last sent or heard.
        self.last_activity = loop.time()
        #: Whether it can be used for another exchange.
        self.is_reusable = True
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._answer: ResponseParser | None = None
        self._told: asyncio.Future[TransportResponse] | None = None

    @property
    def is_asking(self) -> bool:
        """Whether an answer is waited for."""
        return self._answer is not None

    async def ask(self, head: bytes, body: bytes | None, *, max_bytes: int) -> TransportResponse:
        """One exchange. Raises TransportError, TooLarge or Undecodable, and is of no use then."""
        if self._transport is None or not self.is_reusable:
            raise TransportError(sent=False)
        self.last_activity = self._loop.time()
        self._answer = ResponseParser(max_bytes)
        self._told = self._loop.create_future()
        self._transport.write(head)
        if body:
            self._transport.write(body)
        return await self._told

    def fail(self) -> None:
        """Give up waiting."""
        self._tell(TransportError(sent=True))

    def abort(self) -> None:
        """End it at once."""
        self._tell(None)
        self.is_reusable = False
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """End it, over TLS with a word of goodbye."""
        self.is_reusable = False
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by its methods only

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        answer = self._answer
        if answer is None:
            self.abort()
            return
        self.last_activity = self._loop.time()
        try:
            response = answer.feed(data)
        except (TransportError, TooLarge, InvalidEncoding) as exc:
            self._tell(exc)
            return
        if response is not None:
            self.is_reusable = self.is_reusable and answer.keep_alive
            self._tell(response)

    def eof_received(self) -> None:
        """Called by the loop."""
        self._end(broken=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self._end(broken=exc is not None)
        self._transport = None
        if not self.lost.done():
            self.lost.set_result(None)

    def _end(self, *, broken: bool) -> None:
        self.is_reusable = False
        if self._answer is None:
            return
        try:
            if broken:
                self.fail()
            else:
                self._tell(self._answer.end())
        except (TransportError, InvalidEncoding) as exc:
            self._tell(exc)

    def _tell(self, what: TransportResponse | Exception | None) -> None:
        answer, told, self._answer, self._told = self._answer, self._told, None, None
        if answer is not None:
            answer.drop()
        if told is None or told.done():
            return
        if isinstance(what, TransportResponse):
            told.set_result(what)
        else:
            self.is_reusable = False
            told.set_exception(what or TransportError(sent=True))
