"""Processes that are measured: started on a core of their own, read from /proc, and always ended."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def running(
    command: Sequence[str],
    *,
    core: int,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """The id of a process that runs `command` on one core, until the block ends."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*pinned(core), *command],
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
    try:
        yield process.pid
    finally:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if process.poll() is None:
                os.killpg(process.pid, sign)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    continue


def pinned(core: int) -> list[str]:
    """The words before a command that keep it on a core."""
    cores = sorted(os.sched_getaffinity(0))
    return [shutil.which("taskset") or "taskset", "-c", str(cores[core % len(cores)])]


def tree(pid: int) -> list[int]:
    """A process and all that came from it."""
    found = [pid]
    for one in found:
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            found += [int(child) for child in children.read_text().split()]
    return found


def cpu_seconds(pid: int) -> float:
    """What a process, its children and their ended children have used, user and system."""
    ticks = 0
    for one in tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / TICKS


def memory_mib(pid: int) -> tuple[float, float]:
    """Resident memory of a process and its children, now and at most."""
    now = most = 0
    for one in tree(pid):
        told = dict(line.split(":", 1) for line in Path(f"/proc/{one}/status").read_text().splitlines())
        now += int(told["VmRSS"].split()[0])
        most += int(told["VmHWM"].split()[0])
    return round(now / 1024, 1), round(most / 1024, 1)


def machine_busy_seconds() -> float:
    """What all processes of the machine have used."""
    user, nice, system, _, _, irq, softirq = Path("/proc/stat").read_text().split()[1:8]
    return sum(int(one) for one in (user, nice, system, irq, softirq)) / TICKS


def wait_for_quiet(most: float, seconds: float) -> float:
    """Waits until the load of the last minute is low, or the time is over, and gives it."""
    ends = time.monotonic() + seconds
    while (load := os.getloadavg()[0]) > most and time.monotonic() < ends:
        time.sleep(5)
    return load
