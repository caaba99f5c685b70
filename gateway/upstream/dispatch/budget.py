"""Budget of one operation: limit of upstream calls, deadline, and priority in a source's queue."""

import time
from collections.abc import Callable, Hashable
from enum import IntEnum

from gateway.errors import TooComplex


class Priority(IntEnum):
    """Rank of an operation's calls in a source's queue: lower ranks go first."""

    INTERACTIVE = 0
    EXPORT = 1
    REFRESH = 2


class Budget:
    """
    Upstream calls of one operation, counted against a limit and ended in time.

    Callers take turns at a source. `seconds` is the deadline of the operation as a whole: its calls end shortly before
    it, so that the rows that arrived can be answered.
    """

    def __init__(
        self,
        *,
        calls: int,
        seconds: float,
        priority: Priority = Priority.INTERACTIVE,
        caller: Hashable = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.caller = caller
        self.limit = calls
        self.spent = 0
        self.is_exceeded = False
        """True once a call was refused, so that the answer is incomplete."""
        self.priority = priority
        self.ends = clock() + seconds - min(1.0, seconds / 10)
        self.rest_ends: dict[Hashable, float] | None = None if priority is Priority.EXPORT else {}
        """End of the wait for each source whose rate limit admits nothing, see `Admission.latest`; none for exports."""

    def spend(self) -> None:
        """Count one call. Raises TooComplex if the limit is reached: the call is then not made."""
        if self.spent >= self.limit:
            self.is_exceeded = True
            raise TooComplex(
                f"This operation needs more than {self.limit} calls to the vendors. Ask for fewer records or fewer "
                "fields that cost a call for each record, or raise GATEWAY_LIMITS__UPSTREAM_CALLS."
            )
        self.spent += 1
