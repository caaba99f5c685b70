"""Draining: between SIGTERM and the end of accepting requests, the readiness probe says that the server is going."""

import signal
import time
from types import FrameType

import uvicorn

from gateway.edge.health import DRAINING


class DrainingServer(uvicorn.Server):
    """
    uvicorn's server, which serves for `drain_seconds` more after SIGTERM, so that a load balancer can see by `/readyz`
    that it is going. SIGINT ends that at once. Another SIGTERM does not: a worker may get it of its supervisor and of
    systemd, which signals every process of a service.
    """

    def __init__(self, config: uvicorn.Config, drain_seconds: float) -> None:
        super().__init__(config)
        self._drain_seconds = drain_seconds
        self._drain_ends: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Signal handler."""
        is_draining = self._drain_ends is not None and not self.should_exit
        if sig == signal.SIGTERM and is_draining:
            return
        if sig != signal.SIGTERM or self.should_exit or self._drain_seconds <= 0 or not self.started:
            super().handle_exit(sig, frame)
            return
        self._captured_signals.append(sig)
        self._drain_ends = time.monotonic() + self._drain_seconds
        self.lifespan.state[DRAINING] = True

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second. True if the server is to end."""
        if self._drain_ends is not None and time.monotonic() >= self._drain_ends:
            self.should_exit = True
        return await super().on_tick(counter)
