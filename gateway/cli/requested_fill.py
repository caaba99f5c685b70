"""
The process that fills tables beside a server: `python -m gateway.cli.requested_fill`. The settings, the folder and the
operator's decisions come through standard input, and it ends when that closes: with the server. A failure is one line
on standard output.
"""

import asyncio
import logging
import os
import pickle
import struct
import sys
import threading
from dataclasses import replace
from pathlib import Path

from gateway.app import opened_fill
from gateway.cli.fill import stand_back
from gateway.edge.serving.logs import configure_logging
from gateway.identity import Decisions
from gateway.settings import Settings
from gateway.tables.fillers import is_unforeseen, reason
from gateway.tables.progress import Progress
from gateway.tables.run import FillRun

_LONG_FILL_ROWS = 5_000


def main() -> int:
    """Fills what a server has asked for, and gives the exit status."""
    source = sys.stdin.buffer
    (size,) = struct.unpack(">I", source.read(4))
    settings, folder, decisions = pickle.loads(source.read(size))  # noqa: S301 (from the server that started this process)
    configure_logging(settings.log)
    threading.Thread(target=_end_with, args=(source.fileno(),), daemon=True).start()
    try:
        asyncio.run(_fill(settings, folder, decisions))
    except KeyboardInterrupt:
        return 0
    except Exception as exc:
        if is_unforeseen(exc):
            logging.getLogger("gateway.tables").exception("tables could not be filled")
        print(reason(exc), flush=True)
        return 1
    return 0


async def _fill(settings: Settings, folder: Path, decisions: Decisions) -> None:
    async with opened_fill(settings, lambda: decisions, folder) as fill:
        if fill.store.manifest.tables:
            stand_back()
            await fill.requested()
        else:
            await _standing_back_later(fill).requested()


def _standing_back_later(fill: FillRun) -> FillRun:
    """A first fill, which somebody waits for: it stands back once there is a table to show, or if it is a long one."""

    def on_progress(progress: Progress) -> None:
        if progress.rows >= _LONG_FILL_ROWS:
            stand_back()

    return replace(fill, on_progress=on_progress, on_filled=lambda _table, _snapshot: stand_back())


def _end_with(file: int) -> None:
    """End this process once nobody holds the other end of the pipe any more."""
    while os.read(file, 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
