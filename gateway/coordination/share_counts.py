"""Counts behind callers' shares, of one process or of all processes on this machine: token buckets, and slots."""

from pathlib import Path

from gateway.coordination.file_buckets import FileBuckets
from gateway.coordination.operation_slots import OperationSlots
from gateway.coordination.token_buckets import InProcessBuckets


class ShareCounts:
    """
    The counts, in files of `folder` if there is one. A process has them once: what locks its files is the process, and
    closing a file would end its locks.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.buckets: InProcessBuckets | FileBuckets = (
            InProcessBuckets() if folder is None else FileBuckets(folder / "shares.buckets")
        )
        self.slots = OperationSlots(None if folder is None else folder / "shares.slots")

    def close(self) -> None:
        """Close the files."""
        self.slots.close()
        if isinstance(self.buckets, FileBuckets):
            self.buckets.close()
