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
from pathlib import Path

from gateway.app import opened_fill
from gateway.cli.fill import stand_back
from gateway.edge.serving.logs import configure_logging
from gateway.identity import Decisions
from gateway.settings import Settings
from gateway.tables.fillers import is_unforeseen, reason


def main() -> int:
    """Fills what a server has asked for, and gives the exit status."""
    stand_back()
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
        await fill.requested()


def _end_with(file: int) -> None:
    """End this process once nobody holds the other end of the pipe any more."""
    while os.read(file, 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
