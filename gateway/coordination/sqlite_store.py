"""Idempotency backend in an SQLite file, for the processes of one machine."""

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from gateway.coordination.idempotency import Claim, ClaimState
from gateway.coordination.layered_idempotency import OtherProcess

_log = logging.getLogger("gateway.shared")

_DAY = 24 * 3600.0
_KEYS = 20_000
_BUSY_SECONDS = 1.0
_TABLE = """
CREATE TABLE IF NOT EXISTS keys (
  key TEXT PRIMARY KEY, fingerprint TEXT, state TEXT, owner TEXT, until REAL, ends REAL, result TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS oldest ON keys (ends);
"""
_UNDER_WAY = frozenset({"claimed", "again"})

T = TypeVar("T")


class SqliteStore:
    """
    A row for each key: at most `keys` rows, each for `seconds`; the oldest are evicted first. Runs in its own thread.

    A key in state `claimed` is held for the first time, in state `again` after its outcome was unknown. A claim lasts
    `lease` seconds.
    """

    def __init__(
        self,
        file: Path,
        *,
        lease: float,
        seconds: float = _DAY,
        keys: int = _KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = file
        self._lease = lease
        self._seconds = seconds
        self._max_keys = keys
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keys")
        self._has_warned = False

    async def claim(self, key: str, fingerprint: str, owner: str) -> Claim | OtherProcess:
        """Claim a key; UNREACHABLE if the file cannot be used."""
        claim = await self._run(lambda db: self._claim_row(db, key, fingerprint, owner))
        return OtherProcess.UNREACHABLE if claim is None else claim

    async def settle(self, key: str, owner: str, state: ClaimState, result: Mapping[str, Any] | None) -> None:
        """Record a result or an unknown outcome."""
        state_name = "done" if state is ClaimState.DONE else "unknown"
        parameters = (state_name, json.dumps(result or {}), self._clock() + self._seconds, key, owner)
        statement = "UPDATE keys SET state = ?, owner = '', result = ?, ends = ? WHERE key = ? AND owner = ?"
        await self._run(lambda db: db.execute(statement, parameters))

    async def release(self, key: str, owner: str) -> None:
        """Restore the key's state from before the owner claimed it."""

        def release_row(db: sqlite3.Connection) -> None:
            of_owner = "WHERE key = ? AND owner = ?"
            db.execute(f"DELETE FROM keys {of_owner} AND state = 'claimed'", (key, owner))  # noqa: S608
            db.execute(f"UPDATE keys SET state = 'unknown', owner = '' {of_owner}", (key, owner))  # noqa: S608

        await self._run(release_row)

    async def close(self) -> None:
        """Close the file."""
        await self._run(lambda _: None)
        if self._connection is not None:
            self._connection.close()
        self._thread.shutdown()

    # runs in the store's thread

    def _claim_row(
        self, db: sqlite3.Connection, key: str, fingerprint: str, owner: str
    ) -> Claim | OtherProcess:
        now = self._clock()
        db.execute("DELETE FROM keys WHERE ends <= ?", (now,))
        row = db.execute(
            "SELECT fingerprint, state, until, result FROM keys WHERE key = ?", (key,)
        ).fetchone()
        if row is None:
            self._evict_oldest(db, now)
            db.execute(
                "INSERT INTO keys VALUES (?, ?, 'claimed', ?, ?, ?, NULL)",
                (key, fingerprint, owner, now + self._lease, now + self._seconds),
            )
            return Claim(ClaimState.NEW)
        stored_fingerprint, state, lease_ends, result = row
        if stored_fingerprint != fingerprint:
            return Claim(ClaimState.MISMATCH)
        if state == "done":
            return Claim(ClaimState.DONE, json.loads(result))
        if state in _UNDER_WAY and lease_ends > now:
            return OtherProcess.BUSY
        db.execute(
            "UPDATE keys SET state = 'again', owner = ?, until = ? WHERE key = ?",
            (owner, now + self._lease, key),
        )
        return Claim(ClaimState.UNKNOWN)

    def _evict_oldest(self, db: sqlite3.Connection, now: float) -> None:
        (count,) = db.execute("SELECT count(*) FROM keys").fetchone()
        db.execute(
            "DELETE FROM keys WHERE key IN (SELECT key FROM keys"
            " WHERE NOT (state IN ('claimed', 'again') AND until > ?) ORDER BY ends LIMIT ?)",
            (now, max(0, count - self._max_keys + 1)),
        )

    async def _run(self, command: Callable[[sqlite3.Connection], T]) -> T | None:
        """The command's result, or None if the file cannot be used; logged once."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, lambda: self._transaction(command))
        except (sqlite3.Error, OSError):
            if not self._has_warned:
                _log.warning("the workers' common file cannot be used: idempotency keys hold in each alone")
            self._has_warned = True
            return None

    def _transaction(self, command: Callable[[sqlite3.Connection], T]) -> T:
        if self._connection is None:
            self._connection = _connect(self._file)
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            answer = command(self._connection)
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.rollback()
            raise
        return answer


def _connect(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    # The file does not outlive the processes.
    db.execute("PRAGMA synchronous = OFF")
    db.executescript(_TABLE)
    return db
