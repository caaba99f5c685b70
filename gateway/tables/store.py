"""
The snapshot store: a folder with `current.json` (the manifest) and `<version>/<table>.parquet`.

Only the holder of the fill lock writes snapshots. The manifest is replaced by rename, so that readers in any process
see a whole one, and a crash at any moment leaves the version before.
"""

import hashlib
import logging
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from gateway.tables.manifest import Manifest, Replacement, TableSnapshot, decode, encode, utc_now

#: Replacement versions stay as long for readers that have begun on them.
RETENTION = timedelta(minutes=30)

#: Files that are locked, not read: to remove one would let two hold it.
FILL_LOCK, OWNER_LOCK = "lock", "owner"
LOCKS = frozenset({FILL_LOCK, OWNER_LOCK})

_MANIFEST = "current.json"
_VERSION = re.compile(r"\d{8}T\d{6}-[0-9a-f]{12}")
_TABLE = re.compile(r"[a-z][a-z_]{0,62}")
_log = logging.getLogger("gateway.tables")


class SnapshotStore:
    """Reads and publishes snapshots in `folder`, which is made private (0700). Raises OSError if it cannot be used."""

    def __init__(self, folder: Path, fingerprint: str, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.folder = folder
        self.fingerprint = fingerprint
        self.clock = clock
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._stamp: tuple[int, int, int] | None = None
        self._manifest = Manifest(fingerprint=fingerprint)

    @property
    def manifest(self) -> Manifest:
        """The current manifest: read again whenever the file has been replaced. Damaged entries are left out."""
        path = self.folder / _MANIFEST
        try:
            status = path.stat()
        except OSError:
            self._stamp, self._manifest = None, Manifest(fingerprint=self.fingerprint)
            return self._manifest
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
        if stamp != self._stamp:
            self._manifest, self._stamp = self._load(path), stamp
        return self._manifest

    def path(self, table: str, snapshot: TableSnapshot) -> Path:
        """The Parquet file of a snapshot."""
        return self.folder / snapshot.version / f"{table}.parquet"

    def contribution(self, table: str, version: str, other: str) -> Path:
        """The file of what a version of a table tells of another; there is none if it tells nothing."""
        return self.folder / version / f"{table}.{other}.rows.parquet"

    def earlier(self, table: str, sha256: str) -> TableSnapshot | None:
        """The replaced version of a table with this digest, as long as it is retained."""
        for entry in self.manifest.replaced:
            if entry.table == table and entry.snapshot.sha256 == sha256:
                return entry.snapshot if self.path(table, entry.snapshot).is_file() else None
        return None

    def new_version(self) -> str:
        """A version's name: when it began, and random digits."""
        return f"{self.clock():%Y%m%dT%H%M%S}-{os.urandom(6).hex()}"

    def publish(self, snapshots: Mapping[str, TableSnapshot]) -> None:
        """Make these the current versions. The caller holds the fill lock, and the files are in place."""
        before, now = self.manifest, self.clock()
        replaced = [
            msgspec.structs.replace(entry, replaced_at=min(entry.replaced_at, now))
            for entry in before.replaced
            if now - entry.replaced_at < RETENTION
        ]
        replaced += [
            Replacement(table=name, snapshot=before.tables[name], replaced_at=now)
            for name in snapshots
            if name in before.tables
        ]
        for name, snapshot in snapshots.items():
            _sync(self.path(name, snapshot))
        manifest = Manifest(
            fingerprint=self.fingerprint, tables={**before.tables, **snapshots}, replaced=tuple(replaced)
        )
        self._write(manifest)
        self.sweep()

    def sweep(self) -> None:
        """Remove what the manifest does not name. The caller holds the fill lock."""
        manifest = self.manifest
        named = {(snapshot.version, table) for table, snapshot in manifest.tables.items()}
        named |= {(entry.snapshot.version, entry.table) for entry in manifest.replaced}
        versions = {version for version, _ in named}
        for folder in self.folder.iterdir():
            if not folder.is_dir() or not _VERSION.fullmatch(folder.name):
                continue
            if folder.name not in versions:
                shutil.rmtree(folder, ignore_errors=True)
                continue
            for file in folder.iterdir():
                if (folder.name, file.name.partition(".")[0]) not in named:
                    file.unlink(missing_ok=True)

    def forget(self) -> None:
        """Remove everything in the folder. The caller holds the fill lock."""
        (self.folder / _MANIFEST).unlink(missing_ok=True)
        for entry in self.folder.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.name not in LOCKS:
                entry.unlink(missing_ok=True)

    def _load(self, path: Path) -> Manifest:
        try:
            manifest = decode(path.read_bytes(), self.fingerprint)
        except (OSError, ValueError) as exc:
            _log.warning("%s is not read: %s", path, exc if isinstance(exc, ValueError) else exc.strerror)
            return Manifest(fingerprint=self.fingerprint)
        sound = {name: version for name, version in manifest.tables.items() if self._is_sound(name, version)}
        replaced = tuple(entry for entry in manifest.replaced if _is_named_well(entry.table, entry.snapshot))
        return msgspec.structs.replace(manifest, tables=sound, replaced=replaced)

    def _is_sound(self, table: str, snapshot: TableSnapshot) -> bool:
        try:
            sound = (
                _is_named_well(table, snapshot)
                and self.path(table, snapshot).stat().st_size == snapshot.bytes
            )
        except OSError:
            sound = False
        if not sound:
            _log.warning("the snapshot of %.60r is not read: its file is missing or incomplete", table)
        return sound

    def _write(self, manifest: Manifest) -> None:
        content = encode(manifest)
        path = self.folder / f"{_MANIFEST}.{os.urandom(6).hex()}"
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            path.replace(self.folder / _MANIFEST)
        finally:
            path.unlink(missing_ok=True)
        self._stamp = None


def fingerprint(accounts: Iterable[tuple[str, str]]) -> str:
    """
    A digest of the sources' names and their accounts, which are digests themselves.

    >>> fingerprint([("a", "1"), ("b", "2")]) == fingerprint([("b", "2"), ("a", "1")])
    True
    """
    return hashlib.sha256(repr(sorted(accounts)).encode()).hexdigest()[:32]


def sha256_of(path: Path) -> str:
    """The digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_named_well(table: str, snapshot: TableSnapshot) -> bool:
    """True if the names can only lead to a file below the folder: a manifest may have been written by others."""
    return bool(_TABLE.fullmatch(table) and _VERSION.fullmatch(snapshot.version))


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
