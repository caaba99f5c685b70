"""Lock backend with locked files, for the processes of one machine. A lock is released when its process ends."""

import fcntl
import os
from pathlib import Path

_FILES = 4096


class FileLock:
    """
    At most `_FILES` files for all names, created on demand: two names may share a file, and then exclude each other.

    Acquiring takes microseconds and never blocks.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, int] = {}

    async def acquire(self, name: str, token: str) -> bool:
        """Try to acquire the lock; True if the token has it now. `name` is a digest."""
        path = self._folder / f"{int(name[:8], 16) % _FILES:03x}.lock"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            # Most likely too many files are open: the caller tries again.
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        self._held[token] = descriptor
        return True

    async def release(self, name: str, token: str) -> None:  # noqa: ARG002
        """Release the lock if the token has it."""
        descriptor = self._held.pop(token, None)
        if descriptor is not None:
            os.close(descriptor)
