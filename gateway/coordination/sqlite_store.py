"""What was done under the callers' keys, for several processes on one machine: in an SQLite file."""

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
_WAIT = 1.0
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
    A row for each key, for a day, at most so many, the oldest go first. Used in a thread of its own.

    `claimed` is under way, `again` is so after it was in doubt before.
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
        self._most = keys
        self._clock = clock
        self._db: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keys")
        self._told = False

    async def claim(self, key: str, fingerprint: str, owner: str) -> Claim | OtherProcess:
        """What there is to do."""
        told = await self._run(lambda db: self._claimed(db, key, fingerprint, owner))
        return OtherProcess.AWAY if told is None else told

    async def settle(self, key: str, owner: str, state: ClaimState, result: Mapping[str, Any] | None) -> None:
        """It was done, or is in doubt."""
        told = "done" if state is ClaimState.DONE else "unknown"
        given = (told, json.dumps(result or {}), self._clock() + self._seconds, key, owner)
        change = "UPDATE keys SET state = ?, owner = '', result = ?, ends = ? WHERE key = ? AND owner = ?"
        await self._run(lambda db: db.execute(change, given))

    async def release(self, key: str, owner: str) -> None:
        """The key is as it was before the owner claimed it."""

        def released(db: sqlite3.Connection) -> None:
            ours = "WHERE key = ? AND owner = ?"
            db.execute(f"DELETE FROM keys {ours} AND state = 'claimed'", (key, owner))  # noqa: S608
            db.execute(f"UPDATE keys SET state = 'unknown', owner = '' {ours}", (key, owner))  # noqa: S608

        await self._run(released)

    async def close(self) -> None:
        """Close the file."""
        await self._run(lambda _: None)
        if self._db is not None:
            self._db.close()
        self._thread.shutdown()

    # in the thread

    def _claimed(
        self, db: sqlite3.Connection, key: str, fingerprint: str, owner: str
    ) -> Claim | OtherProcess:
        now = self._clock()
        db.execute("DELETE FROM keys WHERE ends <= ?", (now,))
        found = db.execute(
            "SELECT fingerprint, state, until, result FROM keys WHERE key = ?", (key,)
        ).fetchone()
        if found is None:
            self._make_room(db, now)
            db.execute(
                "INSERT INTO keys VALUES (?, ?, 'claimed', ?, ?, ?, NULL)",
                (key, fingerprint, owner, now + self._lease, now + self._seconds),
            )
            return Claim(ClaimState.NEW)
        known, state, until, result = found
        if known != fingerprint:
            return Claim(ClaimState.OTHER)
        if state == "done":
            return Claim(ClaimState.DONE, json.loads(result))
        if state in _UNDER_WAY and until > now:
            return OtherProcess.BUSY
        db.execute(
            "UPDATE keys SET state = 'again', owner = ?, until = ? WHERE key = ?",
            (owner, now + self._lease, key),
        )
        return Claim(ClaimState.UNKNOWN)

    def _make_room(self, db: sqlite3.Connection, now: float) -> None:
        (held,) = db.execute("SELECT count(*) FROM keys").fetchone()
        db.execute(
            "DELETE FROM keys WHERE key IN (SELECT key FROM keys"
            " WHERE NOT (state IN ('claimed', 'again') AND until > ?) ORDER BY ends LIMIT ?)",
            (now, max(0, held - self._most + 1)),
        )

    async def _run(self, act: Callable[[sqlite3.Connection], T]) -> T | None:
        """What the file says, or None where it cannot be used."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, lambda: self._transaction(act))
        except (sqlite3.Error, OSError):
            if not self._told:
                _log.warning("the workers' common file cannot be used: idempotency keys hold in each alone")
            self._told = True
            return None

    def _transaction(self, act: Callable[[sqlite3.Connection], T]) -> T:
        if self._db is None:
            self._db = _opened(self._file)
        self._db.execute("BEGIN IMMEDIATE")
        try:
            told = act(self._db)
            self._db.execute("COMMIT")
        except BaseException:
            self._db.rollback()
            raise
        return told


def _opened(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file, timeout=_WAIT, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    # It does not outlive the processes.
    db.execute("PRAGMA synchronous = OFF")
    db.executescript(_TABLE)
    return db
