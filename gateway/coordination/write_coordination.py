"""Layers of locks and idempotency keys for one process, the workers of a machine, or several gateways."""

from pathlib import Path

from gateway.coordination import idempotency
from gateway.coordination.layered_idempotency import IdempotencyBackend, LayeredIdempotency
from gateway.coordination.layered_locks import LayeredLocks, LockBackend
from gateway.coordination.locks import InProcessLocks, Locks

#: Seconds that a cancelled operation may still take to end.
_GRACE_SECONDS = 15.0


class WriteCoordination:
    """
    Locks and idempotency keys of this process, of all processes with the same `folder` on this machine, and of all
    gateways with the same server at `url`.

    `seconds` is the time limit of an operation: the lease of a claim or a lock is only slightly longer.
    """

    def __init__(self, *, seconds: float = 30.0, folder: Path | None = None, url: str | None = None) -> None:
        # imported only if it is used: a single process needs neither
        lease = seconds + _GRACE_SECONDS
        self._locks: dict[str, Locks] = {}
        self._keys: dict[str, idempotency.IdempotencyStore] = {}
        self._lock_backends: list[LockBackend] = []
        self._idempotency_backends: list[IdempotencyBackend] = []
        if folder is not None:
            from gateway.coordination.file_lock import FileLock  # noqa: PLC0415
            from gateway.coordination.sqlite_store import SqliteStore  # noqa: PLC0415

            self._lock_backends.append(FileLock(folder))
            self._idempotency_backends.append(SqliteStore(folder / "keys.sqlite", lease=lease))
        if url is not None:
            from gateway.coordination.valkey_connection import ValkeyConnection  # noqa: PLC0415
            from gateway.coordination.valkey_lock import ValkeyLock  # noqa: PLC0415
            from gateway.coordination.valkey_store import ValkeyStore  # noqa: PLC0415

            connection = ValkeyConnection(url)
            self._lock_backends.append(ValkeyLock(connection, lease=lease))
            self._idempotency_backends.append(ValkeyStore(connection, lease=lease))

    def locks(self, namespace: str) -> Locks:
        """Locks of the records in a namespace, the same ones at each call."""
        if namespace not in self._locks:
            self._locks[namespace] = self._layered_locks(namespace)
        return self._locks[namespace]

    def keys(self, namespace: str) -> idempotency.IdempotencyStore:
        """Idempotency keys of the callers in a namespace, the same ones at each call."""
        if namespace not in self._keys:
            self._keys[namespace] = self._layered_keys(namespace)
        return self._keys[namespace]

    def _layered_locks(self, namespace: str) -> Locks:
        layered: Locks = InProcessLocks()
        for backend in self._lock_backends:
            layered = LayeredLocks(layered, backend, namespace)
        return layered

    def _layered_keys(self, namespace: str) -> idempotency.IdempotencyStore:
        layered: idempotency.IdempotencyStore = idempotency.InProcessIdempotency()
        for backend in self._idempotency_backends:
            layered = LayeredIdempotency(layered, backend, namespace)
        return layered

    async def close(self) -> None:
        """Close files and connections."""
        for backend in self._idempotency_backends:
            await backend.close()
