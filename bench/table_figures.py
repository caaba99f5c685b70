"""Figures of `make bench-tables` beside a fill's own: exports into PostgreSQL, and GraphQL while tables are filled."""

import http.client
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from gateway import vendors
from gateway.tables.derivation import tables
from gateway.tables.export.destination import parse_destination
from gateway.tables.export.request import ExportRequest, ExportTable
from schema.build import build_schema

_QUERY = "{ locations(first: 20) { totalCount nodes { id name city } } }"
_ALONE_SECONDS = 10.0


def exported(folder: Path, address: str) -> dict[str, dict[str, float]]:
    """
    Two exports of `assets` into an empty database, of which the second one finds nothing changed: seconds, and those of
    CPU that this process used.
    """
    table = tables(build_schema(vendors.load().values())._schema)["assets"]  # noqa: SLF001
    path = max(folder.glob("*/assets.parquet"))
    now = datetime.now(UTC)
    figures: dict[str, dict[str, float]] = {}
    for attempt in ("first", "unchanged"):
        with tempfile.TemporaryDirectory() as workspace:
            request = ExportRequest(
                tables=[ExportTable(table=table, path=path, filled_at=now)],
                workspace=Path(workspace),
                now=now,
            )
            began, cpu = time.monotonic(), time.process_time()
            parse_destination(address).write(request)
            figures[attempt] = {
                "seconds": round(time.monotonic() - began, 2),
                "cpu seconds": round(time.process_time() - cpu, 2),
            }
    return figures


def graphql_beside(port: int, fill: Sequence[str], environ: dict[str, str]) -> dict[str, dict[str, float]]:
    """A query's milliseconds, median and 99th percentile, alone and while the command `fill` runs."""
    cores, ends = os.sched_getaffinity(0), time.monotonic() + _ALONE_SECONDS
    os.sched_setaffinity(0, {min(cores)})
    try:
        alone = _times(port, lambda: time.monotonic() < ends)
        process = subprocess.Popen(fill, env=environ, stdout=subprocess.DEVNULL)
        try:
            beside = _times(port, lambda: process.poll() is None)
        finally:
            process.terminate()
            process.wait(30)
    finally:
        os.sched_setaffinity(0, cores)
    return {"alone": alone, "during a fill": beside}


def _times(port: int, goes_on: Callable[[], bool]) -> dict[str, float]:
    body = json.dumps({"query": _QUERY}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    times: list[float] = []
    while goes_on():
        began = time.monotonic()
        connection.request("POST", "/graphql", body, {"content-type": "application/json"})
        connection.getresponse().read()
        times.append(1000 * (time.monotonic() - began))
    times.sort()
    return {name: round(times[int(len(times) * share)], 1) for name, share in (("p50", 0.5), ("p99", 0.99))}
