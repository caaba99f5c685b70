"""WebSocket protocol of uvicorn, over the frames of `websockets`, with time-outs for clients that do not read."""

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from gateway.edge.serving.stalled_reader import StalledReaderTimeout


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """
    uvicorn's protocol with what it lacks: a client that does not read what was sent ends the connection, also while it
    is being closed.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stalled_reader: StalledReaderTimeout | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timer."""
        if self._stalled_reader is not None:
            self._stalled_reader.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Watch a client that reads more slowly than messages are sent."""
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        """Go on sending."""
        super().resume_writing()
        if self._stalled_reader is not None:
            self._stalled_reader.on_progress()

    def keepalive_timeout(self) -> None:
        """End a connection whose client did not answer a ping: what is buffered for it is not waited for."""
        super().keepalive_timeout()
        self.transport.abort()

    async def run_asgi(self) -> None:
        """Run the application; what it has left in the buffer is sent within the time-out."""
        await super().run_asgi()
        if self.transport.get_write_buffer_size():
            self._watch_reader()

    def _watch_reader(self) -> None:
        if self._stalled_reader is None:
            self._stalled_reader = StalledReaderTimeout(self.transport, asyncio.get_running_loop())
        self._stalled_reader.start()
