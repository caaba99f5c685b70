"""Gauges of worker processes in the folder that they share: those of a dead worker are dropped."""

import os
import re
from pathlib import Path

MULTIPROCESS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that names the folder in which several workers share their counts."""
_LIVE_GAUGE = re.compile(r"gauge_live[a-z]*_(\d+)\.db")


def drop_worker(pid: int) -> None:
    """Drop the gauges of a worker that has ended. Its counts stay."""
    _drop({pid})


def drop_dead_workers() -> None:
    """Drop the gauges of all processes that do not exist any more, as after a kill of all of them."""
    _drop({pid for pid in _pids() if not _is_alive(pid)})


def _folder() -> Path | None:
    folder = os.environ.get(MULTIPROCESS_FOLDER)
    return Path(folder) if folder and Path(folder).is_dir() else None


def _pids() -> set[int]:
    folder = _folder()
    files = () if folder is None else folder.glob("gauge_live*.db")
    return {int(match[1]) for file in files if (match := _LIVE_GAUGE.fullmatch(file.name))}


def _drop(pids: set[int]) -> None:
    folder = _folder()
    if folder is None:
        return
    for pid in pids:
        for file in folder.glob(f"gauge_live*_{pid}.db"):
            file.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
