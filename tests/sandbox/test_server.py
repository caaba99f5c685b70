"""The sandbox over real sockets: one server for each vendor, settings that fit, a quick end."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

import gateway
from gateway.sandbox import make_company
from gateway.sandbox.server import create_apps, parts, serve_sandbox

VENDORS = ["fiwit", "halo", "revnue", "s3s", "tether"]


def url(settings: dict[str, str], vendor: str) -> httpx.URL:
    return httpx.URL(settings[f"GATEWAY_SOURCES__{vendor.upper()}__BASE_URL"])


def free_ports() -> int:
    """The first of five ports in a row that nobody has just now."""
    for base in range(20_000, 60_000, 97):
        try:
            for port in range(base, base + 5):
                with socket.create_server(("127.0.0.1", port)):
                    pass
        except OSError:
            continue
        return base
    raise OSError("no five ports in a row are free")


def test_each_vendor_s_folder_is_found_without_a_list() -> None:
    folder = Path(gateway.__file__).parent / "sandbox" / "vendors"
    assert list(parts()) == VENDORS == sorted(path.parent.name for path in folder.glob("*/__init__.py"))
    assert list(create_apps(make_company(assets=20))) == VENDORS


async def test_all_vendors_answer_and_then_stop() -> None:
    async with serve_sandbox(port_base=0, seed=1, assets=40) as settings:
        assert all(name.startswith("GATEWAY_SOURCES__") for name in settings)
        assert {url(settings, vendor).host for vendor in VENDORS} == {"127.0.0.1"}
        assert len({url(settings, vendor).port for vendor in VENDORS}) == 5
        async with httpx.AsyncClient(timeout=5) as client:
            s3s = await client.get(
                f"{url(settings, 's3s')}/assets",
                headers={"Authorization": f"Bearer {settings['GATEWAY_SOURCES__S3S__API_KEY']}"},
            )
            assert s3s.status_code == 200
            headers = {
                "Accept": "application/json",
                "Authorization": settings["GATEWAY_SOURCES__FIWIT__API_KEY"],
            }
            assert (await client.get(f"{url(settings, 'fiwit')}/assets", headers=headers)).status_code == 200
            login = {
                "username": settings["GATEWAY_SOURCES__TETHER__USERNAME"],
                "password": settings["GATEWAY_SOURCES__TETHER__PASSWORD"],
            }
            host = {"Host": settings["GATEWAY_SOURCES__TETHER__HOST"]}
            token = await client.post(f"{url(settings, 'tether')}/auth/login", data=login, headers=host)
            assert token.status_code == 200
            began = time.monotonic()
    assert time.monotonic() - began < 2
    with pytest.raises(OSError, match=r".+"):
        await asyncio.open_connection("127.0.0.1", url(settings, "s3s").port)


async def test_consecutive_ports_in_the_order_of_the_vendors() -> None:
    base = free_ports()
    async with serve_sandbox(port_base=base, seed=1, assets=20) as settings:
        assert [url(settings, vendor).port for vendor in VENDORS] == list(range(base, base + 5))


async def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_open() -> None:
    base = free_ports()
    with socket.create_server(("127.0.0.1", base + 3)):
        with pytest.raises(OSError, match="in use"):
            async with serve_sandbox(port_base=base, seed=1, assets=20):
                pass
        with socket.create_server(("127.0.0.1", base)):
            pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_prints_one_line_of_settings_and_ends_on_a_signal(number: signal.Signals) -> None:
    program = "from gateway.sandbox.server import run; raise SystemExit(run(port_base=0, assets=20, seed=3))"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            settings = json.loads(process.stdout.readline())
            assert httpx.get(f"{url(settings, 's3s')}/assets").status_code == 401
            process.send_signal(number)
            assert process.wait(timeout=5) == 0
            assert process.stdout.read() == ""
        finally:
            process.kill()


def test_run_says_that_a_port_is_taken() -> None:
    base = free_ports()
    with socket.create_server(("127.0.0.1", base)):
        program = (
            f"from gateway.sandbox.server import run; raise SystemExit(run(port_base={base}, assets=20))"
        )
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f"ports from {base}" in ended.stderr
    assert "Traceback" not in ended.stderr
