"""Supervisor of worker processes: those that die are restarted, and none outlives it."""

import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import wait

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from gateway.edge.serving.draining import DrainingServer
from gateway.upstream.telemetry.worker_gauges import drop_dead_workers, drop_worker

#: Seconds until a worker that never became ready counts as dead.
_START_SECONDS = 60.0
_READY_POLL_SECONDS = 0.1
_FIRST_PAUSE, _MAX_PAUSE = 0.5, 60.0
_MAX_FAILURES = 5
_GRACE_SECONDS = 30.0

#: Reads the settings again, if that is requested or a file has changed, and gives what makes an application of them;
#: None if nothing is to change.
Reload = Callable[..., Callable[[], ASGIApp] | None]

_log = logging.getLogger("gateway.edge")


class _Worker(Process):
    """A worker process, whose server drains for `drain_seconds` first when it is to end."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], drain_seconds: float) -> None:
        super().__init__(config, sockets)
        self._drain_seconds = drain_seconds

    @property
    def server(self) -> uvicorn.Server:
        """The server, made in the worker."""
        if self._server is None:
            self._server = DrainingServer(self.config, self._drain_seconds)
        return self._server


class Supervisor(Multiprocess):
    """
    uvicorn's supervisor, with pauses: a worker that dies while it serves is restarted at once, one that dies at its
    start after 0.5 s, 1 s, 2 s ... If no worker serves and one has died five times, or none has ever served and one
    reports that it cannot start, it ends with a `failure`. At SIGHUP, or if a file has changed, `reload` reads the
    settings again, and the workers are told.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        sockets: list[object],
        *,
        reload: Reload | None = None,
        drain_seconds: float = 0.0,
    ) -> None:
        super().__init__(config, sockets)  # type: ignore[arg-type]
        self._reload = reload
        self._drain_seconds = drain_seconds
        self._revision = 0
        self._revisions: dict[Process, int] = {}
        #: Message why no worker can serve, None if all is well.
        self.failure: str | None = None
        self._started_at: dict[Process, float] = {}
        self._serving: set[Process] = set()
        self._has_served = False
        self._failures: dict[int, int] = {}
        self._restart_at: dict[int, float] = {}
        self._pids: set[int] = set()

    def run(self) -> None:
        """Supervise until SIGINT, SIGTERM or a failure."""
        drop_dead_workers()
        super().run()
        self._drop_gauges(self._pids)

    def init_processes(self) -> None:
        """Start the workers."""
        for _ in range(self.processes_num):
            self.processes.append(self._started_process())

    def handle_hup(self) -> None:
        """SIGHUP: read the settings again."""
        self._read_again(requested=True)

    def keep_subprocess_alive(self) -> None:
        """Look after each worker once."""
        self._read_again(requested=False)
        for index in range(len(self.processes)):
            if not self.should_exit.is_set():
                self._look_after(index)
        pids = {process.pid for process in self.processes if process.pid is not None}
        self._drop_gauges(self._pids - pids)
        self._pids = pids
        self._serving.intersection_update(self.processes)

    def _read_again(self, *, requested: bool) -> None:
        """Have workers serve, and later ones start, with the settings as they are now, if these are sound."""
        make_app = None if self._reload is None else self._reload(requested=requested)
        if make_app is not None:
            self.config.app = make_app
            self._revision += 1

    def _tell_revision(self, process: Process) -> None:
        """Have a serving worker read the settings again if it started or read them before they changed."""
        if self._revisions.setdefault(process, 0) < self._revision and process.pid is not None:
            self._revisions[process] = self._revision
            os.kill(process.pid, signal.SIGHUP)

    def _look_after(self, index: int) -> None:
        process, now = self.processes[index], time.monotonic()
        if index in self._restart_at:
            if now >= self._restart_at[index]:
                del self._restart_at[index]
                self.processes[index] = self._started_process()
                self._revisions[self.processes[index]] = self._revision
                _log.warning("worker %s is in the place of worker %s", self.processes[index].pid, process.pid)
            return
        if self._is_well(process, index, now):
            if process in self._serving:
                self._tell_revision(process)
            return
        process.kill()
        process.join()
        self._on_death(index, process, now)

    def _started_process(self) -> Process:
        process = _Worker(self.config, self.sockets, self._drain_seconds)
        process.start()
        return process

    def _is_well(self, process: Process, index: int, now: float) -> bool:
        if not process.process.is_alive():
            return False
        if process in self._serving:
            return process.ping(self.config.timeout_worker_healthcheck)
        if process.is_ready(_READY_POLL_SECONDS):
            self._serving.add(process)
            self._has_served = True
            self._failures.pop(index, None)
            return True
        return now - self._started_at.setdefault(process, now) < _START_SECONDS

    def _on_death(self, index: int, process: Process, now: float) -> None:
        self._started_at.pop(process, None)
        self._revisions.pop(process, None)
        self._drop_gauges({process.pid} if process.pid is not None else set())
        reason = _reason(process.exitcode)
        if process in self._serving:
            self._serving.discard(process)
            _log.error("worker %s %s: it is restarted", process.pid, reason)
            self._restart_at[index] = now
            return
        failures = self._failures[index] = self._failures.get(index, 0) + 1
        is_settled = process.exitcode == STARTUP_FAILURE and not self._has_served
        if is_settled or (failures >= _MAX_FAILURES and not self._serving):
            times = "" if is_settled else f", {failures} times in a row"
            self.failure = f"a worker {reason} at its start{times}"
            self.should_exit.set()
            return
        pause = min(_MAX_PAUSE, _FIRST_PAUSE * 2.0 ** (failures - 1))
        _log.error("worker %s %s at its start: the next try is in %g s", process.pid, reason, pause)
        self._restart_at[index] = now + pause

    @staticmethod
    def _drop_gauges(pids: set[int]) -> None:
        for pid in pids:
            drop_worker(pid)


def _reason(exit_code: int | None) -> str:
    """
    Words for an exit code.

    >>> _reason(-9), _reason(1)
    ('was killed by SIGKILL', 'ended with status 1')
    """
    if exit_code is None or exit_code >= 0:
        return f"ended with status {exit_code}"
    try:
        return f"was killed by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"was killed by signal {-exit_code}"


def end_with_supervisor(drain_seconds: float) -> None:
    """In a worker: begin the graceful end of this process once its supervisor is gone, however that ended."""
    supervisor = multiprocessing.parent_process()
    if supervisor is not None:
        threading.Thread(target=_await_end, args=(supervisor.sentinel, drain_seconds), daemon=True).start()


def _await_end(sentinel: int, drain_seconds: float) -> None:
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS + drain_seconds)
    os._exit(1)
