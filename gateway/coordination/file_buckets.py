"""Token buckets in a file, for the processes of one machine."""

import fcntl
import os
import struct
import time
from collections.abc import Sequence
from pathlib import Path

from gateway.coordination.token_buckets import Bucket, FullAt, InProcessBuckets, Taken, take_tokens

_MAX_BUCKETS = 4
_OWNER_BYTES = 16
_SLOT = struct.Struct(f"{_OWNER_BYTES}s{_MAX_BUCKETS}d")
_SLOTS = 32_768
#: Slots that an owner may have: the first that is its own, or whose owner's buckets are full.
_PROBES = 16


class FileBuckets:
    """
    A slot for each owner, found by its digest. The file is locked for microseconds; the clock is the machine's. Where
    more owners than the file holds are active, some share a slot. Without the file the process counts by itself.
    """

    def __init__(self, file: Path) -> None:
        self._own = InProcessBuckets()
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self, owner: str, buckets: Sequence[Bucket], tokens: Sequence[float], *, if_any: bool) -> Taken:
        """As `take_tokens`, of the owner's buckets."""
        name = bytes.fromhex(owner)[:_OWNER_BYTES]
        now = time.monotonic()
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            try:
                offset, before = self._find(name, now)
                taken = take_tokens(before[: len(buckets)], buckets, tokens, now=now, if_any=if_any)
                padded = (*taken.full_at, *(0.0,) * (_MAX_BUCKETS - len(buckets)))
                os.pwrite(self._descriptor, _SLOT.pack(name, *padded), offset)
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        except OSError:
            return self._own.take(owner, buckets, tokens, if_any=if_any)
        return taken

    def _find(self, name: bytes, now: float) -> tuple[int, FullAt]:
        """The offset of the owner's slot, and what is in it."""
        first = int.from_bytes(name[:4], "big") % _SLOTS
        free: int | None = None
        for probe in range(_PROBES):
            offset = (first + probe) % _SLOTS * _SLOT.size
            slot = os.pread(self._descriptor, _SLOT.size, offset).ljust(_SLOT.size, b"\0")
            owner, *full_at = _SLOT.unpack(slot)
            if owner == name:
                return offset, tuple(full_at)
            if free is None and max(full_at) <= now:
                free = offset
        return (first * _SLOT.size if free is None else free), (0.0,) * _MAX_BUCKETS

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
