"""The process that fills beside a real server, the command `fill`, and real clients over HTTP."""

import http.client
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROWS = 300
COMMAND = [sys.executable, "-m", "gateway"]


class Vendor:
    """A Tether account over HTTP that can be made to wait."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()
        self.asked = threading.Event()
        vendor = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                vendor.asked.set()
                vendor.free.wait(20)
                rows = [row(number) for number in range(1, ROWS + 1)] if "/assets" in self.path else []
                body = json.dumps(rows).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def row(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "asset_tag": f"T-{number}",
        "name": f"Näme {number}",
        "status": "available",
        "purchase_cost": f"{number}.50",
        "purchase_date": "2024-01-15",
    }


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    vendor = Vendor()
    yield vendor
    vendor.free.set()
    vendor.server.shutdown()
    vendor.server.server_close()


def environment(vendor: Vendor, folder: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return {
        **own,
        "GATEWAY_SOURCES__TETHER__BASE_URL": f"http://127.0.0.1:{vendor.server.server_port}/api",
        "GATEWAY_SOURCES__TETHER__TOKEN": "canary-token",
        "GATEWAY_TABLES__DIR": str(folder),
    }


@contextmanager
def server(environ: dict[str, str]) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port)], env=environ, stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            try:
                if get(port, "/readyz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)
        yield port, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=50)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def test_polars_and_arrow_read_what_a_process_has_filled(vendor: Vendor, tmp_path: Path) -> None:
    with server(environment(vendor, tmp_path)) as (port, _):
        base = f"http://127.0.0.1:{port}/tables/assets"
        lazy = pl.scan_parquet(f"{base}.parquet").filter(pl.col("native_id") == "7").collect()
        whole = pl.read_csv(f"{base}.csv")
        lines = pl.read_ndjson(f"{base}.ndjson")
        arrow = pa.ipc.open_file(get(port, "/tables/assets.arrow")[1]).read_all()
        parquet = pq.read_table(pa.BufferReader(get(port, "/tables/assets.parquet")[1]))
    assert lazy["name"].to_list() == ["Näme 7"]
    assert whole.height == lines.height == arrow.num_rows == parquet.num_rows == ROWS
    assert arrow.column("native_id").to_pylist() == [str(number) for number in range(1, ROWS + 1)]
    types = {name: str(parquet.schema.field(name).type) for name in parquet.schema.names}
    assert types["purchase_cost"] == "decimal128(38, 9)"
    assert types["purchase_date"] == "date32[day]"
    assert types["row_changed_at"] == "timestamp[us, tz=UTC]"
    assert parquet.to_pylist() == arrow.to_pylist()


def test_a_filler_that_is_killed_takes_nothing_with_it(vendor: Vendor, tmp_path: Path) -> None:
    vendor.free.clear()
    with server(environment(vendor, tmp_path)) as (port, process):
        answers: list[tuple[int, bytes]] = []
        asking = threading.Thread(target=lambda: answers.append(get(port, "/tables/assets.csv")))
        asking.start()
        assert vendor.asked.wait(20)
        (filler,) = children(process.pid)
        assert "canary-token" not in Path(f"/proc/{filler}/cmdline").read_text()
        os.kill(filler, signal.SIGKILL)
        asking.join(40)
        vendor.free.set()
        assert get(port, "/healthz")[0] == 200
        status, body = get(port, "/tables/assets.csv")
        for _ in range(50):
            if status == 200:
                break
            time.sleep(0.2)
            status, body = get(port, "/tables/assets.csv")
    assert answers[0][0] in {200, 503}
    assert (status, body.count(b"\r\n")) == (200, ROWS + 1)


def test_the_filler_ends_with_its_server(vendor: Vendor, tmp_path: Path) -> None:
    vendor.free.clear()
    with server(environment(vendor, tmp_path)) as (port, process):
        asking = threading.Thread(target=lambda: _ignored(port))
        asking.start()
        assert vendor.asked.wait(20)
        (filler,) = children(process.pid)
        process.kill()
        process.wait()
        for _ in range(100):
            if not Path(f"/proc/{filler}").exists():
                break
            time.sleep(0.1)
        assert not Path(f"/proc/{filler}").exists()
        asking.join(10)


def _ignored(port: int) -> None:
    try:
        get(port, "/tables/assets.csv")
    except (OSError, http.client.HTTPException):
        return


def test_fill_fills_says_what_failed_and_forgets(vendor: Vendor, tmp_path: Path) -> None:
    environ = environment(vendor, tmp_path)

    def fill(*options: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [*COMMAND, "fill", *options]
        return subprocess.run(
            command, env=environ | more, capture_output=True, text=True, timeout=50, check=False
        )

    done = fill("--once", "--tables", "assets")
    assert (done.returncode, done.stdout.startswith(f"assets: {ROWS} rows")) == (0, True), done.stderr
    assert json.loads((tmp_path / "current.json").read_text())["tables"]["assets"]["rows"] == ROWS
    unknown = fill("--tables", "asets")
    assert (unknown.returncode, "there is no table asets" in unknown.stderr) == (1, True)
    nowhere = fill(GATEWAY_TABLES__DIR="")
    assert (nowhere.returncode, "GATEWAY_TABLES__DIR" in nowhere.stderr) == (1, True)
    assert fill("--forget").returncode == 0
    assert not [path for path in tmp_path.iterdir() if path.name not in {"lock", "owner"}]


def test_a_fill_stands_back_in_a_session_of_its_own() -> None:
    """A service is the leader of a session, of which Linux looks at the niceness before that of its processes."""
    session = Path("/proc/self/autogroup")
    if not session.exists() or not session.read_text():
        pytest.skip("sessions have no niceness here")
    code = (
        "import os, pathlib, gateway.cli.fill as fill; fill.stand_back(); "
        "print(os.getpriority(os.PRIO_PROCESS, 0), pathlib.Path('/proc/self/autogroup').read_text().split()[-1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        start_new_session=True,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout.split() == ["10", "10"]
