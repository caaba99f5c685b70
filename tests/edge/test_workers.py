"""Worker processes and their supervisor, ended by any of them in any way."""

import functools
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from gateway.upstream.telemetry.worker_gauges import drop_dead_workers, drop_worker
from tests.edge.test_serving import STARTS, until
from tests.test_cli import free_port

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@contextmanager
def serving(metrics: Path, workers: int = 2) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A supervisor whose workers serve, and its port."""
    port = free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "serve", "--port", str(port), "--workers", str(workers)],
        env=own | {"GATEWAY_SOURCES__S3S__API_KEY": "k", "PROMETHEUS_MULTIPROC_DIR": str(metrics)},
        stdout=subprocess.DEVNULL,
    )
    try:
        assert until(lambda: is_ready(port), 40)
        assert until(lambda: len(children(process.pid)) == workers, 20)
        yield process, port
    finally:
        process.terminate()
        process.wait(40)


def is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def children(pid: int) -> list[int]:
    """Workers of a process, not the helper of multiprocessing."""
    workers = []
    for file in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with suppress(OSError):
            if b"resource_tracker" not in Path(f"/proc/{file}/cmdline").read_bytes():
                workers.append(int(file))
    return workers


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def gauges(metrics: Path) -> set[int]:
    return {
        int(match) for file in metrics.iterdir() for match in re.findall(r"gauge_live.*_(\d+)", file.name)
    }


@pytest.mark.long
def test_workers_end_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, port):
        workers = children(process.pid)
        assert gauges(tmp_path) <= set(workers)
        process.kill()
        process.wait()
        assert until(lambda: not any(map(is_alive, workers)), 10)
        with socket.create_server(("127.0.0.1", port)):
            pass


@pytest.mark.long
def test_a_worker_that_is_killed_is_restarted_and_its_gauges_go(tmp_path: Path) -> None:
    (tmp_path / f"gauge_livesum_{dead_pid()}.db").touch()
    with serving(tmp_path) as (process, port):
        assert dead_pid() not in gauges(tmp_path)
        victim, other = children(process.pid)
        (tmp_path / f"gauge_livesum_{victim}.db").touch()
        (tmp_path / f"counter_{victim}.db").touch()
        time.sleep(1)
        os.kill(victim, signal.SIGKILL)
        assert until(lambda: len(set(children(process.pid)) - {victim}) == 2, 20)
        assert other in children(process.pid)
        assert until(lambda: victim not in gauges(tmp_path))
        assert (tmp_path / f"counter_{victim}.db").exists()
        assert until(lambda: is_ready(port), 20)


@functools.cache
def dead_pid() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        return process.pid


def test_gauges_of_dead_workers_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop_dead_workers()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    for name in (
        "gauge_livesum_7.db",
        "gauge_livemax_17.db",
        "counter_7.db",
        f"gauge_livesum_{os.getpid()}.db",
    ):
        (tmp_path / name).touch()
    (tmp_path / f"gauge_livemax_{dead_pid()}.db").touch()
    drop_worker(7)
    drop_dead_workers()
    names = {file.name for file in tmp_path.iterdir()}
    assert {"counter_7.db", f"gauge_livesum_{os.getpid()}.db"} <= names
    assert not names & {"gauge_livesum_7.db", f"gauge_livemax_{dead_pid()}.db"}


@pytest.mark.parametrize(
    ("make_app", "reason"),
    [
        ("functools.partial(os._exit, 9)", "ended with status 9"),
        pytest.param(
            "functools.partial(signal.raise_signal, 9)", "was killed by SIGKILL", marks=pytest.mark.long
        ),
    ],
)
def test_workers_that_die_at_their_start_end_the_command(make_app: str, reason: str) -> None:
    begun = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", f"import os, signal\n{STARTS.format(make_app=make_app, workers=2)}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 7, ended.stderr
    assert f"cannot serve: a worker {reason} at its start, 5 times in a row" in ended.stderr
    pauses = [float(pause) for pause in re.findall(r"the next try is in ([\d.]+) s", ended.stderr)]
    assert sorted(set(pauses)) == [0.5, 1.0, 2.0, 4.0]
    assert time.monotonic() - begun > sum(set(pauses))
