"""Connection settings of a source, and its answer to a write."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Target:
    """
    Connection settings of a source. `account` is a digest of its credential; `paths` are the templates of the paths
    that it requests, as `/Asset/{id}`. `max_wait_seconds` is how long an operation waits for the rate limit, None for
    twice the timeout.
    """

    source: str
    vendor: str
    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 8.0
    max_wait_seconds: float | None = None
    concurrency: int = 4
    account: str = ""
    paths: tuple[str, ...] = ()
    error_status: Callable[[Any], int | None] | None = None


@dataclass(frozen=True, kw_only=True)
class WriteAnswer:
    """Answer to a write. `body` is the decoded JSON, None without one; `is_invalid` is True if it is not JSON."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False)
    is_invalid: bool = False
