"""HTTP connections that do not wait for ever, for a request's head or for a reader, and write answers in one go."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_SECONDS = 20.0
HEAD_BYTES = 65_536
UNREAD_SECONDS = 30.0

_CONTINUE = b"HTTP/1.1 100 "
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class TimeoutProtocol(HttpToolsProtocol):
    """
    uvicorn's protocol, which has no end of its own for these: a head that is not complete after
    `HEAD_SECONDS` or `HEAD_BYTES`, and an answer unread for `UNREAD_SECONDS`, end the connection.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._late: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for the first head."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits no more."""
        self._forget(self._late, self._unread)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Takes what came, and sees whether the head is complete with it."""
        super().data_received(data)
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            self._forget(self._late)
            self._late, self._head_bytes = None, 0
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()
        elif self._late is None:
            self._wait_for_head()

    def on_headers_complete(self) -> None:
        """Begins with the request; its answer's head is to wait for its body."""
        super().on_headers_complete()
        cycle: RequestResponseCycle = self.cycle
        if self.scope["method"] != "HEAD":
            cycle.transport = cast("asyncio.Transport", _Joining(self.transport))

    def on_response_complete(self) -> None:
        """Gives the reader a while where the answer is not on its way yet."""
        super().on_response_complete()
        self._forget(self._unread)
        self._unread = None
        if self.transport.get_write_buffer_size():
            self._unread = self.loop.call_later(UNREAD_SECONDS, self._end_if_unread)

    def _wait_for_head(self) -> None:
        self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _end_if_unread(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    @staticmethod
    def _forget(*timers: asyncio.TimerHandle | None) -> None:
        for timer in timers:
            if timer is not None:
                timer.cancel()


class _Joining:
    """
    What one answer is written to. Its head waits for the first piece of its body, so that a short answer is one packet,
    and one call of the system: ASGI lets it, and uvicorn writes the two one by one.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        """Keeps the head, and writes it with what comes next."""
        if self._head:
            self._transport.writelines((self._head, data))
            self._head = b""
        elif self._head is None and not data.startswith(_CONTINUE):
            self._head = data
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Writes what is kept and ends the connection."""
        if self._head:
            self._transport.write(self._head)
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether the connection ends."""
        return self._transport.is_closing()
