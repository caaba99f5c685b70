"""
Figures of the kept tables: `make bench-tables`. A sandbox without rate limits in a process of its own; the fill, the
files that are made of it, OData, GraphQL while tables are filled, and exports into PostgreSQL. The server and the fill
have a core of their own, beside the sandbox and the load.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.processes import cpu_seconds, memory_mib, pinned, tree
from bench.table_figures import exported, graphql_beside
from gateway.sandbox.server import parts

_SANDBOX_PORT, _PORT = 9300, 9390
_TIMES = 20
_ADDRESSES = {
    "1,000 rows": "assets?$top=1000",
    "a page of 5,000": "assets",
    "count": "assets/$count",
    "count with a condition": "assets/$count?$filter=status%20eq%20'IN_USE'",
    "group by": "assets?$apply=groupby((status),aggregate($count%20as%20n))",
    "1,000 rows ordered, at 50,000": "assets?$top=1000&$skip=50000&$orderby=name",
    "1,000 rows with a condition over a link": "assets?$top=1000&$filter=location/name%20ne%20null",
}
_COMMAND = [sys.executable, "-m", "gateway"]


def main() -> None:
    """Measure, and print JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--assets", type=int, default=10000)
    parser.add_argument("--postgresql", metavar="ADDRESS", help="an empty database, to export into")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _sandbox(options.assets):
        environ = _environ(folder)
        figures = {"fill": _filled(environ), **_served(environ)}
        if options.postgresql:
            figures["postgresql"] = exported(Path(folder), options.postgresql)
        figures["parquet bytes"] = sum(path.stat().st_size for path in Path(folder).glob("*/assets.parquet"))
    print(json.dumps(figures, indent=2))


def _environ(folder: str) -> dict[str, str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    for port, (vendor, part) in enumerate(sorted(parts().items()), _SANDBOX_PORT):
        for key, value in {**part.settings(f"http://127.0.0.1:{port}"), "RATE_PER_MINUTE": "0"}.items():
            environ[f"GATEWAY_SOURCES__{vendor.upper()}__{key}"] = value
    return {
        **environ,
        "GATEWAY_TABLES__DIR": folder,
    }


@contextmanager
def _sandbox(assets: int) -> Iterator[None]:
    command = [*pinned(0), *_COMMAND, "sandbox", "--port-base", str(_SANDBOX_PORT), "--assets", str(assets)]
    with _running(command, dict(os.environ), f"http://127.0.0.1:{_SANDBOX_PORT}/"):
        yield


def _filled(environ: dict[str, str]) -> dict[str, Any]:
    began = time.monotonic()
    done = subprocess.run(
        [*pinned(1), *_COMMAND, "fill", "--tables", "assets"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "said": (done.stdout + done.stderr).strip().splitlines()[-1:],
        "seconds": round(time.monotonic() - began, 2),
        "cpu seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak MiB": used.ru_maxrss // 1024,
    }


def _served(environ: dict[str, str]) -> dict[str, Any]:
    base = f"http://127.0.0.1:{_PORT}"
    command = [*pinned(1), *_COMMAND, "serve", "--port", str(_PORT)]
    figures: dict[str, Any] = {}
    with _running(command, environ, f"{base}/healthz") as server:
        pids = tree(server.pid)
        figures["worker MiB before"] = sum(memory_mib(pid)[0] for pid in pids)
        for ending in ("parquet", "csv", "ndjson", "arrow"):
            for attempt in ("first", "again"):
                cpu = sum(map(cpu_seconds, pids))
                with urllib.request.urlopen(f"{base}/tables/assets.{ending}") as answer:
                    size = len(answer.read())
                figures[f"{ending} {attempt}"] = {
                    "cpu ms": round(1000 * (sum(map(cpu_seconds, pids)) - cpu)),
                    "bytes": size,
                }
        figures["odata, cpu ms"] = _odata(f"{base}/odata", pids)
        fill = [*pinned(1), *_COMMAND, "fill", "--tables", "assets"]
        figures["graphql ms"] = graphql_beside(_PORT, fill, environ)
        figures["worker MiB after"] = sum(memory_mib(pid)[0] for pid in pids)
    return figures


def _odata(base: str, pids: list[int]) -> dict[str, float]:
    """Milliseconds of the server's CPU for an address each, the mean of several; and for a walk over all pages."""
    figures: dict[str, float] = {}
    for name, address in _ADDRESSES.items():
        with urllib.request.urlopen(f"{base}/{address}") as answer:  # the first loads the library
            answer.read()
        cpu = sum(map(cpu_seconds, pids))
        for _ in range(_TIMES):
            with urllib.request.urlopen(f"{base}/{address}") as answer:
                answer.read()
        figures[name] = round(1000 * (sum(map(cpu_seconds, pids)) - cpu) / _TIMES, 1)
    cpu, url, pages = sum(map(cpu_seconds, pids)), f"{base}/assets", 0
    while url:
        with urllib.request.urlopen(url) as answer:
            url = json.load(answer).get("@odata.nextLink")
        pages += 1
    figures[f"all rows, {pages} pages"] = round(1000 * (sum(map(cpu_seconds, pids)) - cpu))
    return figures


@contextmanager
def _running(command: list[str], environ: dict[str, str], url: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
    try:
        for _ in range(1200):
            try:
                urllib.request.urlopen(url, timeout=2).close()
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.1)
            else:
                break
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


if __name__ == "__main__":
    main()
