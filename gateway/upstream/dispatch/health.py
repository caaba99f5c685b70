"""Health of a source, by the outcome of its latest calls. It never sends a request to find out."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial


@dataclass(frozen=True, kw_only=True)
class HealthReport:
    """A source's health at one moment. `retry_at` is when it is called again if its circuit is open or paused."""

    state: str
    last_success_at: datetime | None
    last_error: str | None
    retry_at: datetime | None
    requests_remaining: int | None


@dataclass
class Health:
    """Outcomes of one source's last ten calls: UP, DEGRADED (a failure), DOWN (the last three failed) or UNKNOWN."""

    now: Callable[[], datetime] = field(default=partial(datetime.now, UTC))
    last_success_at: datetime | None = None
    last_error: str | None = None
    _recent: deque[bool] = field(default_factory=lambda: deque(maxlen=10))

    def succeeded(self) -> None:
        """Report that a call had a valid answer."""
        self.last_success_at = self.now()
        self._recent.append(True)

    def failed(self, code: str) -> None:
        """Report that a call failed with this error code."""
        self.last_error = code
        self._recent.append(False)

    def degraded(self, code: str) -> None:
        """Report that the last call, reported as a success, had an invalid answer."""
        if self._recent and self._recent[-1]:
            self._recent.pop()
        self.failed(code)

    @property
    def state(self) -> str:
        """
        The state as one word.

        >>> health = Health()
        >>> health.state
        'UNKNOWN'
        >>> health.succeeded(); health.state
        'UP'
        >>> health.failed("UPSTREAM_TIMEOUT"); health.state
        'DEGRADED'
        >>> health.failed("UPSTREAM_TIMEOUT"); health.failed("UPSTREAM_TIMEOUT"); health.state
        'DOWN'
        """
        if not self._recent:
            return "UNKNOWN"
        last = list(self._recent)[-3:]
        if not any(last) and (len(last) == 3 or True not in self._recent):
            return "DOWN"
        return "UP" if all(self._recent) else "DEGRADED"
