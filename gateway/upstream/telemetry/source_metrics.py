"""Metrics of one source, counted in plain numbers until they are handed over: a call pays for a few additions."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from gateway.upstream.telemetry.events import SourceState, Span
from gateway.upstream.telemetry.tracing import attempt_span

if TYPE_CHECKING:
    from gateway.upstream.telemetry.metrics import Metrics

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class SourceMetrics:
    """An Observer: the counts of one source since the last hand-over."""

    def __init__(self, metrics: "Metrics", source: str, vendor: str) -> None:
        self._metrics = metrics
        self._labels = source, vendor
        self._state: WeakMethod[Callable[[], SourceState]] | None = None
        self.is_tracing = metrics.tracer is not None
        self._untraced = nullcontext()
        self._reset()

    def _reset(self) -> None:
        self._outcomes: Counter[str] = Counter()
        self._cache_results: Counter[str] = Counter()
        self._values_unread: Counter[tuple[str, str]] = Counter()
        self._retries = 0
        self._seconds = 0.0
        self._buckets = [0] * (len(BUCKETS) + 1)

    def watch(self, state: Callable[[], SourceState]) -> None:
        """Set the gauges by this state at each hand-over."""
        self._state = WeakMethod(state)

    def span(self, method: str, path: str) -> AbstractContextManager[Span | None]:
        """Context manager around an attempt: its span, or None without tracing."""
        tracer = self._metrics.tracer
        return self._untraced if tracer is None else attempt_span(tracer, self._labels[0], method, path)

    def on_attempt(self, outcome: str, seconds: float, number: int) -> None:
        """Count an attempt and its seconds."""
        self._outcomes[outcome] += 1
        self._seconds += seconds
        self._buckets[bisect_left(BUCKETS, seconds)] += 1
        self._retries += number > 1

    def on_cache_result(self, result: str) -> None:
        """Count a GET by how it was served."""
        self._cache_results[result] += 1

    def on_values_unread(self, type_name: str, field: str, count: int) -> None:
        """Count values that could not be read."""
        self._values_unread[type_name, field] += count

    def hand_over(self) -> None:
        """Add the counts to the registry's metrics and begin anew, and set the gauges."""
        metrics, labels = self._metrics, self._labels
        for outcome, count in self._outcomes.items():
            metrics.calls.labels(*labels, outcome).inc(count)
        for result, count in self._cache_results.items():
            metrics.answers.labels(labels[0], result).inc(count)
        for (type_name, field), count in self._values_unread.items():
            metrics.values_unread.labels(labels[0], type_name, field).inc(count)
        if self._retries:
            metrics.retries.labels(*labels).inc(self._retries)
        if self._outcomes:
            add_observations(metrics.seconds.labels(*labels), self._buckets, self._seconds)
        self._reset()
        state = None if self._state is None else self._state()
        if state is not None:
            self._set_gauges(state())

    def _set_gauges(self, state: SourceState) -> None:
        metrics, labels = self._metrics, self._labels
        metrics.in_flight.labels(*labels).set(state.in_flight)
        metrics.waiting.labels(*labels).set(state.waiting)
        metrics.circuit.labels(*labels).set(state.circuit.value)
        if state.remaining is not None:
            metrics.budget_left.labels(*labels).set(state.remaining)


def add_observations(histogram: Any, buckets: Sequence[int], total: float) -> None:
    """Add the observations that these buckets count at once, which the library offers no public way for."""
    histogram._sum.inc(total)  # noqa: SLF001
    for bucket, count in zip(histogram._buckets, buckets, strict=True):  # noqa: SLF001
        if count:
            bucket.inc(count)
