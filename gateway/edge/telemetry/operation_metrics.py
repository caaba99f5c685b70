"""
Prometheus metrics of operations, by their names and by callers. They are counted in plain numbers, which are handed
over when somebody scrapes: an operation pays for a few additions.
"""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

import prometheus_client as prometheus

from gateway.edge.telemetry.operation_log import OperationEvent
from gateway.upstream.telemetry.source_metrics import add_observations

#: Names of operations, and of callers, that have series of their own; the others share one.
_MAX_NAMES = 100
OTHER = "(other)"
ANONYMOUS = "(anonymous)"
REFUSED = "(refused)"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(slots=True)
class OperationCounts:
    """Counts of one name since the last hand-over, which leaves `in_flight` as it is."""

    in_flight: int = 0
    reported_in_flight: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    buckets: list[int] = field(default_factory=lambda: [0] * (len(_BUCKETS) + 1))
    seconds: float = 0.0
    records: int = 0
    calls: int = 0
    size: int = 0

    @property
    def has_news(self) -> bool:
        """True if anything has changed since the last hand-over."""
        return bool(self.outcomes) or self.in_flight != self.reported_in_flight


class OperationMetrics:
    """Counts operations by (name, kind) and by caller, and hands the counts over to the registry."""

    def __init__(self, registry: prometheus.CollectorRegistry) -> None:
        self._by_operation: dict[tuple[str, str], OperationCounts] = {}
        self._by_caller: dict[str, OperationCounts] = {}

        def counter(name: str, about: str, labels: list[str]) -> prometheus.Counter:
            return prometheus.Counter(name, about, labels, registry=registry)

        def gauge(name: str, about: str, labels: list[str]) -> prometheus.Gauge:
            return prometheus.Gauge(name, about, labels, registry=registry, multiprocess_mode="livesum")

        operation = ["operation", "kind"]
        self._operations = counter("gateway_operations", "Operations by outcome.", [*operation, "outcome"])
        self._errors = counter(
            "gateway_operation_errors", "Errors in answers, by code.", [*operation, "code"]
        )
        self._records = counter("gateway_operation_records", "Records in answers.", operation)
        self._bytes = counter("gateway_operation_bytes", "Bytes of answers.", operation)
        self._calls = counter(
            "gateway_operation_calls", "Calls to vendors that operations waited for.", operation
        )
        self._seconds = prometheus.Histogram(
            "gateway_operation_seconds",
            "Seconds from a request to its answer.",
            operation,
            buckets=_BUCKETS,
            registry=registry,
        )
        self._in_flight = gauge("gateway_operations_in_flight", "Operations under way.", operation)
        self._subscriptions = gauge("gateway_subscriptions", "Subscriptions under way.", [])
        caller = ["caller"]
        self._caller_operations = counter(
            "gateway_caller_operations", "Operations of callers by outcome.", [*caller, "outcome"]
        )
        self._caller_errors = counter(
            "gateway_caller_errors",
            "Operations of callers that had an error of this code.",
            [*caller, "code"],
        )
        self._caller_seconds = counter(
            "gateway_caller_seconds", "Seconds that operations of callers took.", caller
        )
        self._caller_records = counter("gateway_caller_records", "Records in answers to callers.", caller)
        self._caller_bytes = counter("gateway_caller_bytes", "Bytes of answers to callers.", caller)
        self._caller_calls = counter("gateway_caller_calls", "Calls to vendors for callers.", caller)
        self._caller_in_flight = gauge(
            "gateway_caller_operations_in_flight", "Operations of callers under way.", caller
        )

    def start(self, name: str | None, kind: str, caller: str) -> tuple[OperationCounts, OperationCounts]:
        """Count an operation as under way, until `end` with what this gives."""
        name = name or ANONYMOUS
        of_operation = self._by_operation.get((name, kind)) or self._of_operation(name, kind)
        of_caller = self._by_caller.get(caller) or self._of_caller(caller)
        of_operation.in_flight += 1
        of_caller.in_flight += 1
        return of_operation, of_caller

    def end(self, counts: tuple[OperationCounts, OperationCounts], event: OperationEvent) -> None:
        """Count an operation that is no longer under way, or a document that was refused."""
        outcome = "ok" if not event.codes else "errors" if event.operation is not None else "refused"
        records, calls = event.costs.get("records", 0), event.costs.get("calls", 0)
        for each in counts:
            each.in_flight -= 1
            each.outcomes[outcome] += 1
            each.seconds += event.seconds
            each.records += records
            each.calls += calls
            each.size += event.size
        counts[0].buckets[bisect_left(_BUCKETS, event.seconds)] += 1
        for code in set(event.codes):
            for each in counts:
                each.codes[code] += 1

    def count_refused(self, event: OperationEvent) -> None:
        """Count a document that was refused."""
        self.end(self.start(REFUSED, "", event.caller), event)

    def hand_over(self) -> None:
        """Add the counts to the registry's metrics, and begin anew."""
        subscriptions = 0
        for labels, counts in self._by_operation.items():
            subscriptions += counts.in_flight if labels[1] == "subscription" else 0
            if not counts.has_news:
                continue
            _add(self._operations, labels, counts.outcomes)
            _add(self._errors, labels, counts.codes)
            self._records.labels(*labels).inc(counts.records)
            self._bytes.labels(*labels).inc(counts.size)
            self._calls.labels(*labels).inc(counts.calls)
            self._in_flight.labels(*labels).set(counts.in_flight)
            add_observations(self._seconds.labels(*labels), counts.buckets, counts.seconds)
            _reset(counts)
        self._subscriptions.set(subscriptions)
        for caller, counts in self._by_caller.items():
            if not counts.has_news:
                continue
            _add(self._caller_operations, (caller,), counts.outcomes)
            _add(self._caller_errors, (caller,), counts.codes)
            self._caller_seconds.labels(caller).inc(counts.seconds)
            self._caller_records.labels(caller).inc(counts.records)
            self._caller_bytes.labels(caller).inc(counts.size)
            self._caller_calls.labels(caller).inc(counts.calls)
            self._caller_in_flight.labels(caller).set(counts.in_flight)
            _reset(counts)

    def _of_operation(self, name: str, kind: str) -> OperationCounts:
        counts = self._by_operation.get((name, kind))
        if counts is None:
            if len(self._by_operation) >= _MAX_NAMES and name not in {OTHER, REFUSED}:
                return self._of_operation(OTHER, kind)
            counts = self._by_operation[name, kind] = OperationCounts()
        return counts

    def _of_caller(self, name: str) -> OperationCounts:
        counts = self._by_caller.get(name)
        if counts is None:
            if len(self._by_caller) >= _MAX_NAMES and name != OTHER:
                return self._of_caller(OTHER)
            counts = self._by_caller[name] = OperationCounts()
        return counts


def _add(metric: prometheus.Counter, labels: tuple[str, ...], values: Counter[str]) -> None:
    for value, count in values.items():
        metric.labels(*labels, value).inc(count)


def _reset(counts: OperationCounts) -> None:
    counts.reported_in_flight = counts.in_flight
    counts.outcomes.clear()
    counts.codes.clear()
    counts.buckets = [0] * len(counts.buckets)
    counts.seconds = 0.0
    counts.records = counts.calls = counts.size = 0
