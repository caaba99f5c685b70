"""Slots for operations: so many at once for each owner, in this process or in all of one machine."""

import fcntl
import os
from collections import Counter
from pathlib import Path

#: An owner's slots are bytes of a file, locked by the process that uses them: the locks end with the process. POSIX
#: locks need no bytes to be there.
_OWNERS = 1 << 40
_SLOTS = 1 << 12


class OperationSlots:
    """Slots of owners, who are digests. `file` is shared by the processes of this machine."""

    def __init__(self, file: Path | None = None) -> None:
        self._descriptor = (
            None if file is None else os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        )
        self._held: set[int] = set()
        self._counts: Counter[str] = Counter()

    def acquire(self, owner: str, limit: int) -> int | None:
        """A slot of the owner's `limit`; None if all are taken."""
        if self._counts[owner] >= limit:
            return None
        first = int(owner[:10], 16) % _OWNERS * _SLOTS
        for slot in range(first, first + min(limit, _SLOTS)):
            if slot not in self._held and self._lock(slot):
                self._held.add(slot)
                self._counts[owner] += 1
                return slot
        return None

    def release(self, owner: str, slot: int) -> None:
        """Give a slot back."""
        self._held.discard(slot)
        self._counts[owner] -= 1
        if not self._counts[owner]:
            del self._counts[owner]
        if self._descriptor is not None:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, slot)

    def _lock(self, slot: int) -> bool:
        if self._descriptor is None:
            return True
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, slot)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
