"""HTTP protocol of uvicorn with time-outs for slow clients, and responses written in one system call."""

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
    uvicorn's protocol with limits that it lacks: a head that is incomplete after `HEAD_SECONDS` or `HEAD_BYTES`, and a
    response unread for `UNREAD_SECONDS`, end the connection.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer of the first head."""
        super().connection_made(transport)
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timers."""
        self._cancel(self._head_timer, self._unread_timer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse the data, and check time and size of an incomplete head."""
        super().data_received(data)
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            self._cancel(self._head_timer)
            self._head_timer, self._head_bytes = None, 0
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()
        elif self._head_timer is None:
            self._start_head_timer()

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing: the response says it, and a caller could fill the log."""

    def on_headers_complete(self) -> None:
        """Start the request; its response's head is written together with the body."""
        super().on_headers_complete()
        cycle: RequestResponseCycle = self.cycle
        if self.scope["method"] != "HEAD":
            cycle.transport = cast("asyncio.Transport", _CoalescingTransport(self.transport))

    def on_response_complete(self) -> None:
        """Start the timer of an unread response if it is still buffered."""
        super().on_response_complete()
        self._cancel(self._unread_timer)
        self._unread_timer = None
        if self.transport.get_write_buffer_size():
            self._unread_timer = self.loop.call_later(UNREAD_SECONDS, self._abort_if_unread)

    def _start_head_timer(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _abort_if_unread(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    @staticmethod
    def _cancel(*timers: asyncio.TimerHandle | None) -> None:
        for timer in timers:
            if timer is not None:
                timer.cancel()


class _CoalescingTransport:
    """
    Transport of one response. It holds the head back until the first chunk of the body, so that a short response is one
    packet and one system call: uvicorn itself writes the two separately.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        """Hold the head back, and write it with the next data."""
        if self._head:
            self._transport.writelines((self._head, data))
            self._head = b""
        elif self._head is None and not data.startswith(_CONTINUE):
            self._head = data
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Write a held head and close the connection."""
        if self._head:
            self._transport.write(self._head)
        self._transport.close()

    def is_closing(self) -> bool:
        """True if the connection is closing."""
        return self._transport.is_closing()
