"""Locks of several processes on one machine, as locked files: they end with their process."""

import fcntl
import os
from pathlib import Path

_FILES = 4096


class FileLock:
    """
    So many files for all names, made as they are needed: now and then two names share one, and wait for each other.

    Asking takes microseconds and waits for nothing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, int] = {}

    async def acquire(self, name: str, token: str) -> bool:
        """Whether the name is ours now. `name` is a digest."""
        path = self._folder / f"{int(name[:8], 16) % _FILES:03x}.lock"
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            # Too many files are open, as like as not: later.
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._held[token] = file
        return True

    async def release(self, name: str, token: str) -> None:  # noqa: ARG002
        """Give the name back, where the token has it."""
        file = self._held.pop(token, None)
        if file is not None:
            os.close(file)
