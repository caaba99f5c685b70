"""Which state of a source is known to be the newest, for several processes on one machine."""

import hashlib
import os
from pathlib import Path

_BYTES = 8


class FileEpochs:
    """A file for each source, with a random number that is another one after each change. Reading it is one call."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, int] = {}

    def now(self, source: str) -> int:
        """The number now, at least 0."""
        return int.from_bytes(os.pread(self._file(source), _BYTES, 0), "big")

    def begin(self, source: str) -> None:
        """Another number: the source is being changed."""
        os.pwrite(self._file(source), os.urandom(_BYTES), 0)

    def _file(self, source: str) -> int:
        found = self._open.get(source)
        if found is None:
            path = self._folder / f"{hashlib.sha256(source.encode()).hexdigest()[:32]}.epoch"
            found = self._open[source] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return found
