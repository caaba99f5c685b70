"""Record budget of one operation: the records that its answer may be made of, counted before they are built."""

from functools import cached_property

from gateway.errors import TooComplex


class RecordBudget:
    """A limit of records, and those that are left of it. `setting` is the operator's limit that it follows from."""

    def __init__(self, limit: int, setting: int) -> None:
        self._remaining = limit
        self._setting = setting
        self.taken = 0
        """The records that were taken."""

    @cached_property
    def error(self) -> TooComplex:
        """The error of everything that is not built."""
        return TooComplex(
            f"This operation's answer would have more than {self._setting} records: ask for smaller pages or fewer "
            "levels, or raise GATEWAY_LIMITS__RECORDS."
        )

    @property
    def is_spent(self) -> bool:
        """True if no record is left to take."""
        return self._remaining <= 0

    def narrow(self, limit: int) -> None:
        """Leave no more than `limit` records."""
        self._remaining = min(self._remaining, limit)

    def take(self, count: int) -> int:
        """Take up to `count` records. Gives the number that may be built."""
        granted = min(count, self._remaining)
        self._remaining -= granted
        self.taken += granted
        return granted
