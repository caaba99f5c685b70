"""Epochs of sources in files: cache invalidation across the processes of one machine."""

import hashlib
import os
from pathlib import Path

_BYTES = 8


class FileEpochs:
    """A file for each source with its epoch, a random number replaced at each change. Reading takes one system call."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptors: dict[str, int] = {}

    def now(self, source: str) -> int:
        """The source's current epoch, at least 0."""
        return int.from_bytes(os.pread(self._descriptor(source), _BYTES, 0), "big")

    def begin(self, source: str) -> None:
        """Begin a new epoch: the source is being changed."""
        os.pwrite(self._descriptor(source), os.urandom(_BYTES), 0)

    def _descriptor(self, source: str) -> int:
        descriptor = self._descriptors.get(source)
        if descriptor is None:
            path = self._folder / f"{hashlib.sha256(source.encode()).hexdigest()[:32]}.epoch"
            descriptor = self._descriptors[source] = os.open(
                path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
        return descriptor
