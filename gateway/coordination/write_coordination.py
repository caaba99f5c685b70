"""How the writes of one process, of the workers on a machine, or of several gateways are kept apart."""

from pathlib import Path

from gateway.coordination import idempotency, locks
from gateway.coordination.layered_idempotency import IdempotencyBackend, LayeredIdempotency
from gateway.coordination.layered_locks import LayeredLocks, LockBackend

#: What an operation that was ended may still take until it is.
_LATER = 15.0


class WriteCoordination:
    """
    Locks and keys: of this process, of all with the same `folder` on this machine, and of all with the same store.

    `seconds` is what an operation may take: nothing that a process has claimed lasts much longer without it.
    """

    def __init__(self, *, seconds: float = 30.0, folder: Path | None = None, url: str | None = None) -> None:
        # what a single process has no use for is not loaded
        lease = seconds + _LATER
        self._latches: list[LockBackend] = []
        self._ledgers: list[IdempotencyBackend] = []
        if folder is not None:
            from gateway.coordination.file_lock import FileLock  # noqa: PLC0415
            from gateway.coordination.sqlite_store import SqliteStore  # noqa: PLC0415

            self._latches.append(FileLock(folder))
            self._ledgers.append(SqliteStore(folder / "keys.sqlite", lease=lease))
        if url is not None:
            from gateway.coordination.valkey_connection import ValkeyConnection  # noqa: PLC0415
            from gateway.coordination.valkey_lock import ValkeyLock  # noqa: PLC0415
            from gateway.coordination.valkey_store import ValkeyStore  # noqa: PLC0415

            door = ValkeyConnection(url)
            self._latches.append(ValkeyLock(door, lease=lease))
            self._ledgers.append(ValkeyStore(door, lease=lease))

    def locks(self, namespace: str) -> locks.Locks:
        """Who is writing which record of a place."""
        found: locks.Locks = locks.InProcessLocks()
        for latch in self._latches:
            found = LayeredLocks(found, latch, namespace)
        return found

    def keys(self, namespace: str) -> idempotency.IdempotencyStore:
        """What was done under which of the callers' keys at a place."""
        found: idempotency.IdempotencyStore = idempotency.InProcessIdempotency()
        for ledger in self._ledgers:
            found = LayeredIdempotency(found, ledger, namespace)
        return found

    async def close(self) -> None:
        """Close what is open."""
        for ledger in self._ledgers:
            await ledger.close()
