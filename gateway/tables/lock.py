"""Locks between processes on one folder, as locked files: they end with their process, however it ends."""

import fcntl
import os
from pathlib import Path
from types import TracebackType


class FolderLock:
    """
    An exclusive or a shared lock on a file. `try_acquire` waits for nothing. The lock may be handed from one to
    another only through `release`.
    """

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self._path = path
        self._mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        self._file: int | None = None

    def try_acquire(self) -> bool:
        """True if the lock is ours now. Raises OSError if the file cannot be opened."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, self._mode | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        except BaseException:
            os.close(file)
            raise
        self._file = file
        return True

    def release(self) -> None:
        """Give the lock back, if it is ours."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def is_free(self) -> bool:
        """True if nobody holds it. A file that cannot be opened is no lock that anybody holds."""
        try:
            free = self.try_acquire()
        except OSError:
            return True
        self.release()
        return free

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
