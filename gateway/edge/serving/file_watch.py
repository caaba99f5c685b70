"""Watch of files: their changes, by size, time and identity, also behind links that are replaced."""

from collections.abc import Iterable
from pathlib import Path

_Signature = tuple[int, int, int] | None


class FileWatch:
    """The files as they were last looked at; `seconds` is how often somebody should look."""

    def __init__(self, files: Iterable[Path], *, seconds: float = 1.0) -> None:
        self.seconds = seconds
        self._signatures = {file: _signature(file) for file in files}

    def has_changed(self) -> bool:
        """True if a file has changed since the last look, has come or has gone."""
        before = self._signatures
        self._signatures = {file: _signature(file) for file in before}
        return before != self._signatures

    def replace(self, files: Iterable[Path]) -> None:
        """Watch these files from now on; those among them that are watched already as they were last looked at."""
        before = self._signatures
        self._signatures = {file: before[file] if file in before else _signature(file) for file in files}


def _signature(file: Path) -> _Signature:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
