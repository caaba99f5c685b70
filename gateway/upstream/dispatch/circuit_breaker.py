"""Leaves a source alone that fails again and again, and tries it with one call at a time."""

from collections import deque
from dataclasses import dataclass, field

from gateway.upstream.telemetry.circuit_state import CircuitState


@dataclass
class CircuitBreaker:
    """
    Opens after so many failures in a row, if the calls before did not mostly do better: a vendor that fails now and
    then is worth asking. For `rest` seconds, doubled each time the probe fails. Failures are time-outs, 5xx and
    connections that were refused or broke; any answer else is a success. Times are a clock's seconds.

    >>> breaker = Breaker(failures=2, rest=2.0)
    >>> breaker.failed(0.0); breaker.admits(0.0)
    True
    >>> breaker.failed(1.0); breaker.circuit, breaker.retry_at, breaker.admits(2.9)
    (<Circuit.OPEN: 2>, 3.0, False)
    >>> breaker.admits(3.0), breaker.admits(3.0), breaker.circuit
    (True, False, <Circuit.PROBING: 1>)
    >>> breaker.failed(4.0); breaker.retry_at
    8.0
    >>> breaker.admits(8.0); breaker.succeeded(); breaker.circuit, breaker.retry_at
    True
    (<Circuit.CLOSED: 0>, None)
    """

    failures: int = 5
    rest: float = 2.0
    longest: float = 60.0
    share: float = 0.8
    """How many of the last ten calls must have failed."""
    circuit: CircuitState = CircuitState.CLOSED
    retry_at: float | None = None
    """When it is tried again, unless it is closed."""
    _in_a_row: int = 0
    _opened: int = 0
    _lately: deque[bool] = field(default_factory=lambda: deque(maxlen=10))

    def is_open(self, now: float) -> bool:
        """Whether a call would be refused now."""
        if self.circuit is CircuitState.OPEN:
            return self.retry_at is not None and now < self.retry_at
        return self.circuit is CircuitState.PROBING

    def admits(self, now: float) -> bool:
        """Whether a call may go out. The one that may while it is open is the probe: its end must be told."""
        if self.is_open(now):
            return False
        if self.circuit is CircuitState.OPEN:
            self.circuit = CircuitState.PROBING
        return True

    def succeeded(self) -> None:
        """A call was answered."""
        self._lately.append(True)
        self.circuit, self.retry_at, self._in_a_row, self._opened = CircuitState.CLOSED, None, 0, 0

    def failed(self, now: float) -> None:
        """A call failed. One that began before it was opened changes nothing."""
        self._in_a_row += 1
        self._lately.append(False)
        if self.circuit is CircuitState.OPEN or (self.circuit is CircuitState.CLOSED and not self._is_down()):
            return
        self.circuit = CircuitState.OPEN
        self.retry_at = now + min(self.longest, self.rest * 2.0 ** min(self._opened, 16))
        self._opened += 1

    def _is_down(self) -> bool:
        failed = self._lately.count(False)
        return self._in_a_row >= self.failures and failed >= self.share * len(self._lately)

    def abandoned(self, now: float) -> None:
        """A call ended without telling anything, as when its caller went away: the next one is the probe."""
        if self.circuit is CircuitState.PROBING:
            self.circuit, self.retry_at = CircuitState.OPEN, now
