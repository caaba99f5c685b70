"""Events of upstream calls, for the log and an observer. They hold no secret, body or query value."""

import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

from gateway.errors import UpstreamError, UpstreamRejected
from gateway.upstream.telemetry.circuit_state import CircuitState

_log = logging.getLogger("gateway.upstream")
logs_usual = partial(_log.isEnabledFor, logging.INFO)
"""True if attempts without a failure are logged."""
_MISSING_STATUSES = frozenset({404, 410})


class AttemptEvent(NamedTuple):
    """One attempt at a request, after it ended. `path` is a template, `outcome` is "ok" or an error's code."""

    source: str
    vendor: str
    method: str
    path: str
    status: int | None
    outcome: str
    seconds: float
    attempt: int
    cache: str
    """"miss", "revalidate", "refresh", or "off" if the response is not cached."""
    reason: str | None = None
    """Why it failed: `dns`, `refused`, `tls:expired`, `timeout:read`, `status=404` and so on."""
    host: str | None = None
    """Host and port that failed."""


class SourceState(NamedTuple):
    """State of a source: its calls in flight and waiting, those left of its rate limit (None: unknown), its circuit."""

    in_flight: int
    waiting: int
    remaining: int | None
    circuit: CircuitState


class Span(Protocol):
    """Span of a trace, around one attempt."""

    def end(self, attempt: AttemptEvent) -> None:
        """Record the attempt's outcome."""
        ...


class Observer(Protocol):
    """Observer of one source's calls. `is_tracing` is True if attempts have spans."""

    is_tracing: bool

    def span(self, method: str, path: str) -> AbstractContextManager[Span | None]:
        """Context manager around an attempt: its span, or None without tracing."""
        ...

    def on_attempt(self, outcome: str, seconds: float, number: int) -> None:
        """An attempt of this number has ended."""
        ...

    def on_cache_result(self, result: str) -> None:
        """A GET was served by "hit", "stale", "refresh" or "joined", or a request was sent: "miss"."""
        ...

    def watch(self, state: Callable[[], SourceState]) -> None:
        """Use this method, which is held weakly, whenever the source's state is looked at."""
        ...

    def on_values_unread(self, type_name: str, field: str, count: int) -> None:
        """Values of a field are null because they are not in the form that the vendor's description says."""
        ...


class ObserverFactory(Protocol):
    """Factory of observers, one for each source."""

    def observe(self, source: str, vendor: str) -> Observer:
        """The observer of this source's calls."""
        ...


class NullObserver:
    """Null object: an observer of every source that ignores all events."""

    is_tracing = False

    def observe(self, source: str, vendor: str) -> "NullObserver":  # noqa: ARG002
        """Itself."""
        return self

    def span(self, method: str, path: str) -> AbstractContextManager[None]:  # noqa: ARG002
        """No span."""
        return nullcontext()

    def on_attempt(self, outcome: str, seconds: float, number: int) -> None:
        """No effect."""

    def on_cache_result(self, result: str) -> None:
        """No effect."""

    def watch(self, state: Callable[[], SourceState]) -> None:
        """No effect."""

    def on_values_unread(self, type_name: str, field: str, count: int) -> None:
        """No effect."""


def log(attempt: AttemptEvent) -> None:
    """Log an attempt. A failure is a warning, a record that is missing is none."""
    is_usual = attempt.outcome == "ok" or _is_missing_record(attempt)
    level = logging.INFO if is_usual else logging.WARNING
    if not _log.isEnabledFor(level):
        return
    fields = {
        "source": attempt.source,
        "vendor": attempt.vendor,
        "method": attempt.method,
        "path": attempt.path,
        "status": attempt.status,
        "outcome": attempt.outcome,
        "ms": round(attempt.seconds * 1000, 1),
        "attempt": attempt.attempt,
        "cache": attempt.cache,
        "reason": attempt.reason,
        "host": attempt.host,
    }
    _log.log(level, "upstream call", extra=fields)


def log_invalid_answer(error: UpstreamError, *, path: str | None = None) -> None:
    """Log an answer that arrived, and is not what the vendor's API promises."""
    fields = {"source": error.source, "vendor": error.vendor, "path": path, "reason": error.message}
    _log.warning("upstream answer is not valid", extra=fields)


def _is_missing_record(attempt: AttemptEvent) -> bool:
    """True if a record's own address was answered by 404 or 410; that of a list is always there."""
    is_missing = attempt.status in _MISSING_STATUSES and attempt.outcome == UpstreamRejected.code
    return is_missing and attempt.method == "GET" and "{}" in attempt.path


@dataclass(frozen=True)
class PathTemplates:
    """Templates of paths: each segment that is not a fixed one of the vendor's API is replaced by `{}`."""

    fixed_segments: frozenset[str]

    @classmethod
    def of(cls, templates: Iterable[str]) -> "PathTemplates":
        """The templates for paths of an API that has these path templates."""
        return cls(
            frozenset(segment for path in templates for segment in path.split("/") if "{" not in segment)
        )

    def template(self, path: str) -> str:
        """
        The template of a path.

        >>> PathTemplates.of(["/assets", "/assets/{id}/history"]).template("/assets/CZJ7420/history")
        '/assets/{}/history'
        """
        fixed = self.fixed_segments
        return "/".join(segment if segment in fixed or not segment else "{}" for segment in path.split("/"))
