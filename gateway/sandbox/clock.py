"""The made-up company's clock: writes are stamped in order, the same at each start."""

from datetime import datetime, timedelta


class Clock:
    """Stands at the company's `now` and goes on by a second with each write."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def tick(self) -> datetime:
        """The moment of the next write."""
        self._now += timedelta(seconds=1)
        return self._now
