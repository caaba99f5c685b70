"""What a source's calls were like lately. It is told, and never asked of the vendor."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class HealthReport:
    """A source's health at one moment. `retry_at` is when it is asked again, where it is left alone for now."""

    state: str
    last_success_at: datetime | None
    last_error: str | None
    retry_at: datetime | None
    requests_remaining: int | None


@dataclass
class Health:
    """The last few calls of one source: UP, DEGRADED (some failed), DOWN (the last ones all failed) or UNKNOWN."""

    now: Callable[[], datetime] = _now
    last_success_at: datetime | None = None
    last_error: str | None = None
    _lately: deque[bool] = field(default_factory=lambda: deque(maxlen=10))

    def succeeded(self) -> None:
        """A call was answered as it should be."""
        self.last_success_at = self.now()
        self._lately.append(True)

    def failed(self, code: str) -> None:
        """A call failed with this error code."""
        self.last_error = code
        self._lately.append(False)

    def degraded(self, code: str) -> None:
        """The last call was taken for a success, and its answer proved wrong."""
        if self._lately and self._lately[-1]:
            self._lately.pop()
        self.failed(code)

    @property
    def state(self) -> str:
        """
        One word for it.

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
        if not self._lately:
            return "UNKNOWN"
        last = list(self._lately)[-3:]
        if not any(last) and (len(last) == 3 or True not in self._lately):
            return "DOWN"
        return "UP" if all(self._lately) else "DEGRADED"
