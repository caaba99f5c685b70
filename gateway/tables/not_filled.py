"""The refusal of a table that is not filled."""

from gateway.tables.columns import FlatTable

_RETRY_SECONDS = 5


class NotFilledYet(Exception):
    """There is no version to serve. `retry_after` is in seconds; `failed` says that filling is impossible for now."""

    def __init__(self, message: str, *, retry_after: int, failed: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.failed = failed


def not_ready(table: FlatTable, progress: str, remaining: float | None) -> NotFilledYet:
    """The refusal while the table is being filled: how far that is, and about how many seconds remain."""
    wait = _RETRY_SECONDS if remaining is None else max(_RETRY_SECONDS, int(remaining) + 1)
    return NotFilledYet(f"{table.name} is being filled.{progress and f' {progress}.'}", retry_after=wait)


def impossible(table: FlatTable, failure: str | None) -> NotFilledYet:
    """The refusal if filling is impossible for now."""
    advice = " `live=true` reads it from the sources." if table.resource is not None else ""
    return NotFilledYet(
        f"{table.name} cannot be kept: {failure}.{advice}", retry_after=_RETRY_SECONDS, failed=True
    )
