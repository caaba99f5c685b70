"""What is told of every upstream call: one log line, and whatever watches beside it. No secret, body or query value."""

import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from gateway.upstream.telemetry.circuit_state import CircuitState

_log = logging.getLogger("gateway.upstream")


class AttemptEvent(NamedTuple):
    """One request to a vendor, after it ended. `path` is a template, `outcome` is "ok" or an error's code."""

    source: str
    vendor: str
    method: str
    path: str
    status: int | None
    outcome: str
    seconds: float
    attempt: int
    cache: str
    """"miss", "revalidate", "refresh", or "off" where the answer is not kept."""


class Span(Protocol):
    """A trace's span around one attempt."""

    def end(self, attempt: AttemptEvent) -> None:
        """Write down what came of it."""
        ...


class Observer(Protocol):
    """Is told of everything that goes out to one source."""

    def span(self, method: str, path: str) -> AbstractContextManager[Span | None]:
        """A span around an attempt, where they are traced."""
        ...

    def on_attempt(self, attempt: AttemptEvent) -> None:
        """A request was answered or failed."""
        ...

    def on_cache_result(self, result: str) -> None:
        """A question was answered by "hit", "stale", "refresh" or "joined", or had to be asked: "miss"."""
        ...

    def on_state_change(
        self, under_way: int, waiting: int, *, remaining: int | None, circuit: CircuitState
    ) -> None:
        """The source's calls under way, its budget or its breaker have changed."""
        ...


class ObserverFactory(Protocol):
    """Watches the sources."""

    def observe(self, source: str, vendor: str) -> Observer:
        """What is told of everything that goes out to this source."""
        ...


class NullObserver:
    """Nobody watches."""

    def observe(self, source: str, vendor: str) -> "NullObserver":  # noqa: ARG002
        """Nobody."""
        return self

    def span(self, method: str, path: str) -> AbstractContextManager[None]:  # noqa: ARG002
        """None."""
        return nullcontext()

    def on_attempt(self, attempt: AttemptEvent) -> None:
        """Nothing."""

    def on_cache_result(self, result: str) -> None:
        """Nothing."""

    def on_state_change(
        self, under_way: int, waiting: int, *, remaining: int | None, circuit: CircuitState
    ) -> None:
        """Nothing."""


def log(attempt: AttemptEvent) -> None:
    """Write the line of an attempt: a sentence for people, its parts as fields for programs."""
    level = logging.INFO if attempt.outcome == "ok" else logging.WARNING
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
    }
    told = " ".join(f"{name}={value}" for name, value in fields.items() if value is not None)
    _log.log(level, "upstream call %s", told, extra=fields)


@dataclass(frozen=True)
class PathTemplates:
    """Makes a template of a path: whatever is not a word of the vendor's API stands as `{}`."""

    words: frozenset[str]

    @classmethod
    def of(cls, templates: Iterable[str]) -> "PathTemplates":
        """The words of these paths."""
        return cls(frozenset(part for path in templates for part in path.split("/") if "{" not in part))

    def template(self, path: str) -> str:
        """
        A path without its ids.

        >>> Paths.of(["/assets", "/assets/{id}/history"]).template("/assets/CZJ7420/history")
        '/assets/{}/history'
        """
        return "/".join(part if part in self.words or not part else "{}" for part in path.split("/"))
