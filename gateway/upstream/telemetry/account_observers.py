"""
Observers of callers' own accounts at a source. Their calls count as the source's; its gauges (calls in flight, rate
limit, circuit) are those of the gateway's account alone.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from gateway.upstream.telemetry.events import Observer, ObserverFactory, SourceState, Span


class AccountObservers:
    """Factory of observers that do not watch a source's state."""

    def __init__(self, observers: ObserverFactory) -> None:
        self._observers = observers

    def observe(self, source: str, vendor: str) -> "AccountObserver":
        """The observer of one account's calls."""
        return AccountObserver(self._observers.observe(source, vendor))


class AccountObserver:
    """Observer that passes on what happens, but not the state."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self.is_tracing = observer.is_tracing

    def span(self, method: str, path: str) -> AbstractContextManager[Span | None]:
        """Context manager around an attempt."""
        return self._observer.span(method, path)

    def on_attempt(self, outcome: str, seconds: float, number: int) -> None:
        """An attempt has ended."""
        self._observer.on_attempt(outcome, seconds, number)

    def on_cache_result(self, result: str) -> None:
        """A GET was served."""
        self._observer.on_cache_result(result)

    def watch(self, state: Callable[[], SourceState]) -> None:
        """No effect."""

    def on_values_unread(self, type_name: str, field: str, count: int) -> None:
        """Values of a field could not be read."""
        self._observer.on_values_unread(type_name, field, count)
