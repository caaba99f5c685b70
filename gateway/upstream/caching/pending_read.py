"""One question of one operation: what is asked, and what its answer is waited for with."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from gateway.concurrency.single_flight import Flight
from gateway.upstream.caching.addresses import Aim
from gateway.upstream.caching.answer import Told
from gateway.upstream.caching.cache import Found
from gateway.upstream.caching.freshness import Kept
from gateway.upstream.http.decode import Decode


@dataclass(eq=False, slots=True)
class Question:
    """
    A GET that the operation waits for, or that failed; `name` is by what it is remembered.

    The flight is `ours`, or another operation's that asks the same. `held` is what may stand in where the vendor fails,
    `answer` what came of it in the end.
    """

    name: Hashable
    aim: Aim
    decode: Decode | None
    keep_seconds: float
    found: Found
    held: Told | None = None
    answer: Told | None = None
    flight: Flight[Kept] = field(init=False)
    ours: bool = field(init=False)
