"""Progress of a fill: a small file beside the snapshots, from which every process can tell how far it is."""

import os
import time
from contextlib import suppress
from pathlib import Path

import msgspec

_FILE = "progress.json"
_EVERY_SECONDS = 0.3


class SourceProgress(msgspec.Struct, kw_only=True):
    """Rows read of a source, and the page it is at, of how many if that is known."""

    rows: int = 0
    page: int = 0
    pages: int | None = None
    ended: bool = False


class Progress(msgspec.Struct, kw_only=True):
    """The table that is being filled, and each source's part of it."""

    table: str
    began: float
    sources: dict[str, SourceProgress] = {}

    @property
    def rows(self) -> int:
        """Rows read so far."""
        return sum(part.rows for part in self.sources.values())

    def text(self) -> str:
        """
        Progress of the fill, for people.

        >>> part = SourceProgress(rows=31000, page=620, pages=1531)
        >>> Progress(table="assets", began=0.0, sources={"halo": part}).text()
        'assets: rows 31,000, source halo page 620 of 1,531'
        """
        parts = [f"{self.table}: rows {self.rows:,}"]
        parts += [
            f"source {name} page {part.page:,}" + (f" of {part.pages:,}" if part.pages else "")
            for name, part in self.sources.items()
            if not part.ended and part.page
        ]
        return ", ".join(parts)

    def remaining_seconds(self, now: float) -> float | None:
        """About how long the fill of this table still takes, as far as the pages tell."""
        running = [part for part in self.sources.values() if not part.ended and part.page and part.pages]
        shares = [part.page / part.pages for part in running if part.pages]
        return None if not shares else max(0.0, (now - self.began) * (1 / min(shares) - 1))


class ProgressFile:
    """Writes the progress now and then, and reads it. A file that cannot be written or read is none."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self._written = 0.0

    def write(self, progress: Progress, *, at_once: bool = False) -> None:
        """Replace the file, unless that was done a moment ago."""
        now = time.monotonic()
        if not at_once and now - self._written < _EVERY_SECONDS:
            return
        self._written = now
        beside = self._path.with_suffix(f".{os.urandom(6).hex()}")
        with suppress(OSError):
            beside.write_bytes(msgspec.json.encode(progress))
            beside.replace(self._path)

    def read(self) -> Progress | None:
        """The last progress written."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Progress)
        except (OSError, ValueError):
            return None

    def remove(self) -> None:
        """Nothing is being filled any more."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
