"""What a source is asked through, and what it answers to a change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Target:
    """
    Which source this is and how it is reached. `account` stands for the credential without telling it;
    `paths` are the templates of what is asked, as `/Asset/{id}`.
    """

    source: str
    vendor: str
    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 8.0
    concurrency: int = 4
    account: str = ""
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WriteAnswer:
    """
    What a write was answered with. `body` is the decoded JSON, None where there is none; `garbled` says that something
    else came in its place.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False)
    is_invalid: bool = False
