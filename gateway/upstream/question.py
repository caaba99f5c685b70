"""One question of one operation: what is asked, and what its answer is waited for with."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from gateway.upstream.aims import Aim
from gateway.upstream.cache import Found
from gateway.upstream.flights import Flight
from gateway.upstream.freshness import Kept
from gateway.upstream.reading import Decode
from gateway.upstream.told import Told


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
