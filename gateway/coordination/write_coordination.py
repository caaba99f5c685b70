"""How the writes of one process, of the workers on a machine, or of several gateways are kept apart."""

from pathlib import Path

from gateway.coordination import idempotency, locks
from gateway.coordination.layered_idempotency import Ledger, SharedKeys
from gateway.coordination.layered_locks import Latch, SharedLocks

#: What an operation that was ended may still take until it is.
_LATER = 15.0


class Writing:
    """
    Locks and keys: of this process, of all with the same `folder` on this machine, and of all with the same store.

    `seconds` is what an operation may take: nothing that a process has claimed lasts much longer without it.
    """

    def __init__(self, *, seconds: float = 30.0, folder: Path | None = None, url: str | None = None) -> None:
        # what a single process has no use for is not loaded
        lease = seconds + _LATER
        self._latches: list[Latch] = []
        self._ledgers: list[Ledger] = []
        if folder is not None:
            from gateway.coordination.file_lock import FileLatch  # noqa: PLC0415
            from gateway.coordination.sqlite_store import FileLedger  # noqa: PLC0415

            self._latches.append(FileLatch(folder))
            self._ledgers.append(FileLedger(folder / "keys.sqlite", lease=lease))
        if url is not None:
            from gateway.coordination.valkey_connection import ValkeyDoor  # noqa: PLC0415
            from gateway.coordination.valkey_lock import ValkeyLatch  # noqa: PLC0415
            from gateway.coordination.valkey_store import ValkeyLedger  # noqa: PLC0415

            door = ValkeyDoor(url)
            self._latches.append(ValkeyLatch(door, lease=lease))
            self._ledgers.append(ValkeyLedger(door, lease=lease))

    def locks(self, place: str) -> locks.Locks:
        """Who is writing which record of a place."""
        found: locks.Locks = locks.InProcess()
        for latch in self._latches:
            found = SharedLocks(found, latch, place)
        return found

    def keys(self, place: str) -> idempotency.Store:
        """What was done under which of the callers' keys at a place."""
        found: idempotency.Store = idempotency.InProcess()
        for ledger in self._ledgers:
            found = SharedKeys(found, ledger, place)
        return found

    async def close(self) -> None:
        """Close what is open."""
        for ledger in self._ledgers:
            await ledger.close()
