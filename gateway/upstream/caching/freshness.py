"""How long an answer may be used again: the rule alone, with its age handed in."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

#: An answer that is kept for minutes may be used as long again while it is read anew.
_SLOW = 60.0
_FALLBACK = 3600.0


class Use(Enum):
    """What a kept answer is good for."""

    FRESH = "as it is"
    REFRESH = "as it is, while it is read anew"
    FALLBACK = "only where the vendor fails, and then it is said"
    GONE = "nothing"


@dataclass(kw_only=True, slots=True)
class Kept:
    """
    An answer's body, when it came (seconds since 1970), how long it is fresh, and how to ask whether it still holds.

    `read` is what was decoded of it, by how it was decoded.
    """

    body: bytes = field(repr=False)
    stored_at: float
    seconds: float
    etag: str | None = None
    modified: str | None = None
    read: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)


def use(kept: Kept, now: float) -> Use:
    """
    What a kept answer is good for now.

    >>> rows, table = (Kept(body=b"[]", stored_at=100.0, seconds=one) for one in (30.0, 300.0))
    >>> [use(rows, at).name for at in (129.0, 131.0, 100.0 + 3631.0)]
    ['FRESH', 'FALLBACK', 'GONE']
    >>> use(table, 450.0).name, use(table, 99.0).name
    ('REFRESH', 'GONE')
    """
    age = now - kept.stored_at
    if age < -0.5 or age > kept.seconds + _FALLBACK:
        return Use.GONE  # a clock that was set back tells nothing
    if age < kept.seconds:
        return Use.FRESH
    if kept.seconds >= _SLOW and age < 2 * kept.seconds:
        return Use.REFRESH
    return Use.FALLBACK


def life(seconds: float) -> float:
    """How long an answer that is fresh for so long is worth its place."""
    return seconds + _FALLBACK
