"""Circuit breaker: refuses calls to a source that keeps failing, and probes it with one call at a time."""

from collections import deque
from dataclasses import dataclass, field

from gateway.upstream.telemetry.circuit_state import CircuitState


@dataclass
class CircuitBreaker:
    """
    Opens after `failures` failures in a row if at least `failure_share` of the last ten calls failed: a vendor that
    fails now and then is still called. It stays open for `open_seconds`, doubled each time the probe fails, up to
    `max_open_seconds`. Failures are time-outs, 5xx and connections that were refused or broke; any other answer is a
    success. Times are a clock's seconds.

    >>> breaker = CircuitBreaker(failures=2, open_seconds=2.0)
    >>> breaker.failed(0.0); breaker.admits(0.0)
    True
    >>> breaker.failed(1.0); breaker.circuit, breaker.retry_at, breaker.admits(2.9)
    (<CircuitState.OPEN: 2>, 3.0, False)
    >>> breaker.admits(3.0), breaker.admits(3.0), breaker.circuit
    (True, False, <CircuitState.PROBING: 1>)
    >>> breaker.failed(4.0); breaker.retry_at
    8.0
    >>> breaker.admits(8.0); breaker.succeeded(); breaker.circuit, breaker.retry_at
    True
    (<CircuitState.CLOSED: 0>, None)
    """

    failures: int = 5
    open_seconds: float = 2.0
    max_open_seconds: float = 60.0
    failure_share: float = 0.8
    circuit: CircuitState = CircuitState.CLOSED
    retry_at: float | None = None
    """Time of the next probe, None if closed."""
    _consecutive_failures: int = 0
    _times_opened: int = 0
    _recent: deque[bool] = field(default_factory=lambda: deque(maxlen=10))

    def is_open(self, now: float) -> bool:
        """True if a call would be refused now."""
        if self.circuit is CircuitState.OPEN:
            return self.retry_at is not None and now < self.retry_at
        return self.circuit is CircuitState.PROBING

    def admits(self, now: float) -> bool:
        """True if a call may be sent. A call admitted while it is open is the probe: its outcome must be reported."""
        if self.is_open(now):
            return False
        if self.circuit is CircuitState.OPEN:
            self.circuit = CircuitState.PROBING
        return True

    def succeeded(self) -> None:
        """Report that a call was answered."""
        self._recent.append(True)
        self.circuit, self.retry_at, self._consecutive_failures, self._times_opened = (
            CircuitState.CLOSED,
            None,
            0,
            0,
        )

    def failed(self, now: float) -> None:
        """Report that a call failed. A call that started before the circuit opened changes nothing."""
        self._consecutive_failures += 1
        self._recent.append(False)
        if self.circuit is CircuitState.OPEN or (self.circuit is CircuitState.CLOSED and not self._is_down()):
            return
        self.circuit = CircuitState.OPEN
        self.retry_at = now + min(
            self.max_open_seconds, self.open_seconds * 2.0 ** min(self._times_opened, 16)
        )
        self._times_opened += 1

    def _is_down(self) -> bool:
        failed = self._recent.count(False)
        return self._consecutive_failures >= self.failures and failed >= self.failure_share * len(
            self._recent
        )

    def abandoned(self, now: float) -> None:
        """Report that a call ended without an outcome, as when its caller disconnected: the next one is the probe."""
        if self.circuit is CircuitState.PROBING:
            self.circuit, self.retry_at = CircuitState.OPEN, now
