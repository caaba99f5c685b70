"""
Fillers of the snapshots: a process of its own beside the server, so that a fill can neither slow it down nor end it;
or a task in this process, if the network is replaced.
"""

import asyncio
import logging
import pickle
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from gateway.identity import Decisions
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.tables.run import FillRun

_LONGEST_PAUSE_SECONDS = 60.0
_GRACE_SECONDS = 3.0
#: The process speaks of failures in one line.
_LINE = 4096
_MODULE = "gateway.cli.requested_fill"
_OF_THE_MACHINE = ("no space left on device", "permission denied", "read-only file system")
_log = logging.getLogger("gateway.tables")


class Filler(Protocol):
    """Answers requests for fills, which lie in the snapshots' folder."""

    @property
    def failure(self) -> str | None:
        """The reason for which the last run failed, if it did."""
        ...

    def start(self) -> None:
        """Have the requests answered, now or soon."""
        ...

    async def close(self) -> None:
        """End a run that is under way."""
        ...


class FillerTask:
    """Fills in this process."""

    def __init__(self, run: "FillRun") -> None:
        self.failure: str | None = None
        self._run = run
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Run unless a run is under way."""
        if self._task is None or self._task.done():
            self.failure = None
            self._task = asyncio.create_task(self._fill())

    async def close(self) -> None:
        """End the run."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _fill(self) -> None:
        try:
            await self._run.requested()
        except Exception as exc:  # noqa: BLE001 (is logged, and told to whoever waits)
            self.failure = reason(exc)
            _log.warning("tables could not be filled: %s", self.failure, exc_info=is_unforeseen(exc))


class FillerProcess:
    """
    Fills in a process of its own: `gateway/cli/requested_fill.py`. It gets the settings and the operator's decisions
    through a pipe, never as arguments or environment, and ends when that closes: it never outlives this process.

    A process that dies is started again when it is needed, after pauses that grow.
    """

    def __init__(self, settings: Settings, folder: Path, decisions: Callable[[], Decisions]) -> None:
        self.failure: str | None = None
        self._settings = settings
        self._folder = folder
        self._decisions = decisions
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._not_before = 0.0

    def start(self) -> None:
        """Run unless a run is under way, or the last one died a moment ago."""
        is_running = self._task is not None and not self._task.done()
        if not is_running and time.monotonic() >= self._not_before:
            self._task = asyncio.create_task(self._supervise())

    async def close(self) -> None:
        """End the process."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _supervise(self) -> None:
        try:
            status, line = await self._process()
        except OSError as exc:
            status, line = 1, reason(exc)
        if status == 0:
            self._failures, self.failure = 0, None
            return
        self._failures += 1
        self._not_before = time.monotonic() + min(_LONGEST_PAUSE_SECONDS, 2.0 ** min(self._failures, 10) / 2)
        self.failure = line or f"the process that fills ended with status {status}"
        _log.warning("tables could not be filled: %s", self.failure)

    async def _process(self) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _MODULE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LINE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        payload = pickle.dumps((self._settings, self._folder, self._decisions()))
        try:
            process.stdin.write(struct.pack(">I", len(payload)) + payload)
            with suppress(ConnectionError):
                await process.stdin.drain()
            line = await process.stdout.read(_LINE)
            status = await process.wait()
        finally:
            await _end(process)
        return status, line.decode(errors="replace").strip()


def reason(exc: BaseException) -> str:
    """
    A failure of the machine's, for people: a full disk, a folder that cannot be written.

    >>> reason(OSError(28, "No space left on device", "/secret/path"))
    'No space left on device'
    """
    if isinstance(exc, OSError):
        return exc.strerror or type(exc).__name__
    text = str(exc).lower()
    for known in _OF_THE_MACHINE:
        if known in text:
            return known.capitalize()
    return f"{type(exc).__name__}: see the log"


def is_unforeseen(exc: BaseException) -> bool:
    """True if it is no failure of the machine's, and its traceback belongs into the log."""
    return not isinstance(exc, OSError) and not any(known in str(exc).lower() for known in _OF_THE_MACHINE)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_GRACE_SECONDS):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
