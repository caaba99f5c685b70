"""Timeout of a client that does not read its response, by the progress of what is buffered for it."""

import asyncio
import socket
import struct
import sys

UNREAD_SECONDS = 20.0
#: Bytes that a client takes within that time, at least.
_MIN_BYTES = 16 * 1024
_CHECKS = 4
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class StalledReaderTimeout:
    """
    Aborts a connection whose client takes less than 16 KiB within UNREAD_SECONDS while the transport's buffer is not
    empty. Its timer runs only then: most responses go to the system at once.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self._unread: int | None = None
        self._checks = 0

    def start(self) -> None:
        """Watch the buffer until it is empty."""
        if self._timer is None:
            self.on_progress()
            self._schedule()

    def on_progress(self) -> None:
        """The client has taken something: start counting anew, from the next check on."""
        self._unread, self._checks = None, 0

    def cancel(self) -> None:
        """Stop watching."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self) -> None:
        self._timer = self._loop.call_later(UNREAD_SECONDS / _CHECKS, self._check)

    def _check(self) -> None:
        self._timer = None
        if not self._transport.get_write_buffer_size():
            return
        unread = self._unread_bytes()
        if self._unread is None or self._unread - unread >= _MIN_BYTES:
            self._unread, self._checks = unread, 0
        self._checks += 1
        if self._checks > _CHECKS:
            self._abort()
        else:
            self._schedule()

    def _abort(self) -> None:
        """Reset the connection: the system drops its part of the response too."""
        sock = self._transport.get_extra_info("socket")
        if sock is not None and sock.family in {socket.AF_INET, socket.AF_INET6}:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        self._transport.abort()

    def _unread_bytes(self) -> int:
        """Bytes buffered here, and on Linux those in the system that the client's has not acknowledged."""
        size = self._transport.get_write_buffer_size()
        sock = self._transport.get_extra_info("socket")
        if sys.platform != "linux" or sock is None:
            return size
        import fcntl  # noqa: PLC0415
        import termios  # noqa: PLC0415

        queued = bytearray(4)
        fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, queued)
        return size + int.from_bytes(queued, sys.byteorder)
