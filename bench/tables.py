"""
Figures of the kept tables: `make bench-tables`. A sandbox without rate limits in a process of its own; the fill, the
files that are made of it, and DuckDB over HTTP against a running server.
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

from bench.processes import cpu_seconds, memory_mib, tree
from gateway.sandbox.server import parts

_SANDBOX_PORT, _PORT = 9300, 9390
_COMMAND = [sys.executable, "-m", "gateway"]


def main() -> None:
    """Measure, and print JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--assets", type=int, default=10000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _sandbox(options.assets):
        environ = _environ(folder)
        figures = {"fill": _filled(environ), **_served(environ)}
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
    command = [*_COMMAND, "sandbox", "--port-base", str(_SANDBOX_PORT), "--assets", str(assets)]
    with _running(command, dict(os.environ), f"http://127.0.0.1:{_SANDBOX_PORT}/"):
        yield


def _filled(environ: dict[str, str]) -> dict[str, Any]:
    began = time.monotonic()
    done = subprocess.run(
        [*_COMMAND, "fill", "--tables", "assets"],
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
    command = [*_COMMAND, "serve", "--port", str(_PORT)]
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
        figures["worker MiB after"] = sum(memory_mib(pid)[0] for pid in pids)
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
