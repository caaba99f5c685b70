"""
How `serve --workers N` scales over cores, and how long it takes from its start to the first answer.

    python bench/workers.py [--workers 1,2] [--rounds 3] [--seconds 4] [--starts 5]

One shape, 5,000 rows from a warm cache: too large an answer to be kept whole, so that the work is the gateway's, and
the load and the vendors take little of the cores that all of them share. Prints requests per second and the CPU of all
the gateway's processes per request.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench import install, processes, report, vendors
from bench.gateways import GATEWAYS
from bench.measure import Running, _until, ask, load

_SHAPE = "Q5"
_UPSTREAM, _PORT = 9301, 9310
(_OURS,) = (gateway for gateway in GATEWAYS if gateway.name == "ours")


def main() -> None:
    """Measure, and print what came of it."""
    args = _arguments()
    print(report.machine(os.getloadavg()[0]))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        with _vendors(home):
            starts = sorted(_start_seconds(home) for _ in range(args.starts))
            middle = statistics.median(starts)
            print(f"start to first answer: {middle:.2f} s (of {args.starts}; {starts[0]:.2f} at least)")
            counts = [int(one) for one in args.workers.split(",")]
            told: dict[int, list[Sequence[float]]] = {count: [] for count in counts}
            for _ in range(args.rounds):
                for count in counts:
                    told[count].append(_measured(home, count, args.seconds))
    for count, rounds in told.items():
        rate, cpu, others = (statistics.median(each) for each in zip(*rounds, strict=True))
        print(
            f"{count} worker{'s' * (count > 1)}: {rate:.0f} requests per second, {cpu:.2f} ms of CPU per request;"
            f" others took {others:.2f} cores meanwhile"
        )


@contextmanager
def _vendors(home: Path) -> Iterator[None]:
    (home / "tmp").mkdir()
    vendors.write(home / "root")
    conf = home / "nginx.conf"
    conf.write_text(vendors.nginx_conf(home / "root", [_UPSTREAM], home))
    with processes.running(
        [install.nginx(), "-c", str(conf), "-p", str(home)], core=0, log=home / "nginx.out"
    ):
        _until((home / "nginx.pid").read_text, 10)
        yield


@contextmanager
def _gateway(home: Path, workers: int) -> Iterator[tuple[Running, int]]:
    """The gateway on all cores, once it answers."""
    one = Running(gateway=_OURS, port=_PORT, upstream=_UPSTREAM, log=home / "calls.log")
    start = _OURS.start(one.port_of(_SHAPE), f"http://127.0.0.1:{_UPSTREAM}", True, home)  # noqa: FBT003
    with (home / "gateway.out").open("wb") as out:
        process = subprocess.Popen(
            [*start.command, "--workers", str(workers)],
            cwd=start.cwd,
            env={**os.environ, **start.env},
            stdout=out,
            stderr=out,
        )
    try:
        _until(lambda: ask(one, _SHAPE), 40)
        yield one, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _start_seconds(home: Path) -> float:
    began = time.perf_counter()
    with _gateway(home, 1):
        return time.perf_counter() - began


def _measured(home: Path, workers: int, seconds: float) -> Sequence[float]:
    """Requests per second, milliseconds of CPU for each, and the cores that were not ours."""
    with _gateway(home, workers) as (one, pid):
        one.bytes[_SHAPE] = len(ask(one, _SHAPE))
        told = load(one, _SHAPE, 40 * workers, connections=8 * workers)
        requests = max(16 * workers, int(40 * workers / told["seconds"] * seconds))
        cpu, busy = processes.cpu_seconds(pid), processes.machine_busy_seconds()
        told = load(one, _SHAPE, requests, connections=8 * workers)
        cpu = processes.cpu_seconds(pid) - cpu
        others = processes.machine_busy_seconds() - busy - cpu - told["cpu"]
        return requests / told["seconds"], cpu * 1000 / requests, others / told["seconds"]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Workers and the start.")
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement")
    parser.add_argument("--starts", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
