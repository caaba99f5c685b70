"""How the writes of one process, of the workers on a machine, or of several gateways are kept apart."""

from pathlib import Path

from gateway import locks
from gateway.shared.locks import SharedLocks
from gateway.shared.valkey_door import ValkeyDoor
from gateway.shared.valkey_latch import ValkeyLatch

#: What an operation that was ended may still take until it is.
_LATER = 15.0


class Writing:
    """
    Locks and keys: of this process, of all with the same `folder` on this machine, and of all with the same store.

    `seconds` is what an operation may take: nothing that a process claims lasts much longer without it.
    """

    def __init__(self, *, seconds: float = 30.0, folder: Path | None = None, url: str | None = None) -> None:
        self._lease = seconds + _LATER
        self._door = ValkeyDoor(url) if url is not None else None
        self._folder = folder

    def locks(self) -> locks.Locks:
        """Who is writing which record, whose names are of `record_name`."""
        found: locks.Locks = locks.InProcess()
        if self._folder is not None:
            from gateway.shared.file_latch import FileLatch  # noqa: PLC0415 (not there on every system)

            found = SharedLocks(found, FileLatch(self._folder))
        if self._door is not None:
            found = SharedLocks(found, ValkeyLatch(self._door, lease=self._lease))
        return found
