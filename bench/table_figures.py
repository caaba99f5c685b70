"""Figures of `make bench-tables` beside a fill's own: exports into PostgreSQL, and GraphQL while tables are filled."""

import json
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from gateway import vendors
from gateway.tables.derivation import tables
from gateway.tables.export.destination import parse_destination
from gateway.tables.export.request import ExportRequest, ExportTable
from schema.build import build_schema

_QUERY = "{ assets(first: 20) { totalCount nodes { id name status location { name } } } }"
_ALONE_SECONDS = 10.0


def exported(folder: Path, address: str) -> dict[str, float]:
    """Seconds of two exports of `assets` into an empty database, of which the second one finds nothing changed."""
    table = tables(build_schema(vendors.load().values())._schema)["assets"]  # noqa: SLF001
    path = max(folder.glob("*/assets.parquet"))
    now = datetime.now(UTC)
    seconds: dict[str, float] = {}
    for attempt in ("first", "unchanged"):
        with tempfile.TemporaryDirectory() as workspace:
            request = ExportRequest(
                tables=[ExportTable(table=table, path=path, filled_at=now)],
                workspace=Path(workspace),
                now=now,
            )
            began = time.monotonic()
            parse_destination(address).write(request)
            seconds[attempt] = round(time.monotonic() - began, 2)
    return seconds


def graphql_beside(base: str, fill: Sequence[str], environ: dict[str, str]) -> dict[str, float]:
    """The 99th percentile of a query's milliseconds, alone and while the command `fill` runs."""
    ends = time.monotonic() + _ALONE_SECONDS
    alone = _p99(base, lambda: time.monotonic() < ends)
    process = subprocess.Popen(fill, env=environ, stdout=subprocess.DEVNULL)
    try:
        beside = _p99(base, lambda: process.poll() is None)
    finally:
        process.terminate()
        process.wait(30)
    return {"alone": alone, "during a fill": beside}


def _p99(base: str, goes_on: Callable[[], bool]) -> float:
    body = json.dumps({"query": _QUERY}).encode()
    times: list[float] = []
    while goes_on():
        request = urllib.request.Request(f"{base}/graphql", body, {"content-type": "application/json"})
        began = time.monotonic()
        with urllib.request.urlopen(request) as answer:
            answer.read()
        times.append(time.monotonic() - began)
    return round(1000 * sorted(times)[int(len(times) * 0.99)], 1) if times else 0.0
