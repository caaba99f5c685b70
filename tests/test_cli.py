"""The command line, as a user runs it."""

import dataclasses
import importlib.metadata
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from gateway import vendors
from gateway.cli.main import main
from gateway.connector.description.resource import Description
from gateway.settings import SourceSettings
from tests.support.documents import blocks_of

FIWIT = {
    "GATEWAY_SOURCES__FIWIT__API_KEY": "hunter2",
    "GATEWAY_SOURCES__FIWIT__BASE_URL": "http://127.0.0.1:9",
}


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("GATEWAY_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def fiwit(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FIWIT.items():
        monkeypatch.setenv(name, value)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(*arguments: str, environ: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A command in a process of its own; it is gone at the end, whatever happens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", *arguments],
        env={**os.environ, **(environ or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until_ready(process: subprocess.Popen[str], port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail(
        f"not ready: {process.communicate(timeout=5)[1] if process.poll() is not None else 'too late'}"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["serve", "--workers", "0"],
        ["serve", "--port", "65536"],
        ["serve", "--port", "x"],
        ["check", "x"],
        ["explain"],
        ["explain", "{ a }", "--file", "a"],
        ["explain", "{ a }", "--variables", "[]"],
        ["explain", "{ a }", "--variables", "x"],
    ],
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        main(arguments)
    assert exited.value.code == 2
    assert "usage: asset-gateway" in capsys.readouterr().err


def test_check_without_a_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 1
    assert "no source is configured" in capsys.readouterr().out


def test_what_is_told_to_be_enough_for_a_source_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check"])
    named = re.findall(r"GATEWAY_SOURCES__[A-Z]\w+", capsys.readouterr().out)
    assert named == ["GATEWAY_SOURCES__FIWIT__API_KEY"]
    monkeypatch.setenv(named[0], "hunter2")
    assert main(["check"]) == 0


#: Wrong settings that are of one vendor only, and of which the description of its API is made.
WRONG = {
    "GATEWAY_SOURCES__HALO__BASE_URL": "http://127.0.0.1:9",
    "GATEWAY_SOURCES__HALO__CLIENT_ID": "me",
    "GATEWAY_SOURCES__HALO__CLIENT_SECRET": "hunter2",
    "GATEWAY_SOURCES__HALO__TIME_ZONE": "Mars/X",
    "GATEWAY_SOURCES__HALO__STATUS_MAP": "Active=GREAT",
    "GATEWAY_SOURCES__REVNUE__BASE_URL": "http://127.0.0.1:9",
    "GATEWAY_SOURCES__REVNUE__TOKEN": "hunter2",
    "GATEWAY_SOURCES__REVNUE__COUNTRY_IDS": "Belgium=abc",
    "GATEWAY_SOURCES__REVNUE__USAGE_STATUS_IDS": "production=x",
}


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "--probe"],
        ["serve", "--port", "0"],
        ["serve", "--port", "0", "--workers", "2"],
        ["explain", "{ sources { name } }"],
    ],
)
def test_faults_of_a_vendors_own_settings_are_told_by_every_command(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in WRONG.items():
        monkeypatch.setenv(name, value)
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    text, silent = (out, err) if arguments[0] == "check" else (err, out)
    names = [line.removeprefix("asset-gateway: ").partition(": ")[0] for line in text.splitlines()]
    assert names == [
        "GATEWAY_SOURCES__HALO__STATUS_MAP",
        "GATEWAY_SOURCES__HALO__TIME_ZONE",
        "GATEWAY_SOURCES__REVNUE__COUNTRY_IDS",
        "GATEWAY_SOURCES__REVNUE__USAGE_STATUS_IDS",
    ]
    assert silent == ""


@pytest.mark.usefixtures("fiwit")
@pytest.mark.parametrize("arguments", [["check"], ["check", "--probe"], ["serve"], ["explain", "{ a }"]])
def test_what_a_vendor_refuses_to_describe_is_told_with_the_faults_of_documents(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuses(_: SourceSettings) -> Description:
        raise ValueError("this account cannot be described")

    known = vendors.load()
    monkeypatch.setattr(
        vendors, "load", lambda: {**known, "fiwit": dataclasses.replace(known["fiwit"], describe=refuses)}
    )
    monkeypatch.setenv("GATEWAY_DOCUMENTS__FILE", str(tmp_path / "missing.json"))
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    first, second = (line.removeprefix("asset-gateway: ") for line in (out + err).splitlines())
    assert first == "GATEWAY_SOURCES__FIWIT: this account cannot be described"
    assert second.startswith("GATEWAY_DOCUMENTS__FILE")


@pytest.mark.usefixtures("fiwit")
def test_check_tells_every_fault_on_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check"]) == 0
    assert capsys.readouterr().out == "fiwit (fiwit): ok\n"
    monkeypatch.setenv("GATEWAY_SOURCES__FIWIT__API_KEE", "hunter2")
    assert main(["check", "--config", str(tmp_path / "missing.toml")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(str(tmp_path / "missing.toml"))
    assert lines[1].startswith("GATEWAY_SOURCES__FIWIT__API_KEE: ")
    assert "hunter2" not in "".join(lines)


@pytest.mark.usefixtures("fiwit")
def test_trusted_documents_are_checked_before_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "documents.json"
    file.write_text('{"a": "{ sources { name } }"}')
    monkeypatch.setenv("GATEWAY_DOCUMENTS__FILE", str(file))
    monkeypatch.setenv("GATEWAY_DOCUMENTS__ONLY_TRUSTED", "true")
    assert main(["check"]) == 0
    file.write_text('{"a": "{ sources { nobody } }", "b": "{"}')
    capsys.readouterr()
    assert main(["check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": documents.json: ")[2][:2] for line in lines] == ["a:", "b:"]
    assert main(["serve", "--port", "0"]) == 1
    assert "Cannot query field 'nobody'" in capsys.readouterr().err
    monkeypatch.delenv("GATEWAY_DOCUMENTS__FILE")
    assert main(["check"]) == 1
    assert "GATEWAY_DOCUMENTS__ONLY_TRUSTED: nothing could be asked" in capsys.readouterr().out


def test_serve_without_a_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve"]) == 1
    assert "no source is configured" in capsys.readouterr().err


@pytest.mark.usefixtures("fiwit")
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_serve_for_others_needs_a_key(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--host", host, "--port", "0"]) == 1
    assert "GATEWAY_AUTH__API_KEYS: is not set" in capsys.readouterr().err


@pytest.mark.usefixtures("fiwit")
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert main([command, "--port", str(port)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"cannot listen on 127.0.0.1, port {port}: Address already in use" in line


@pytest.mark.usefixtures("fiwit")
def test_explain_asks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    query = "query A($n: Int) { assets(first: $n) { nodes { name location { name } } } } query B { sources { name } }"
    assert main(["explain", query, "--operation", "A", "--variables", '{"n": 3}']) == 0
    out = capsys.readouterr().out
    assert "  fiwit  GET /assets\n" in out
    assert "  together  1 to 2: within the 100" in out
    assert "def run(" not in out
    assert main(["explain", query, "--operation", "A", "--code"]) == 0
    assert "def run(" in capsys.readouterr().out
    file = tmp_path / "query.graphql"
    file.write_text(query)
    monkeypatch.setenv("GATEWAY_LIMITS__UPSTREAM_CALLS", "1")
    assert main(["explain", "--file", str(file), "--operation", "A", "--json"]) == 0
    explanation = json.loads(capsys.readouterr().out)
    assert [ask["path"] for step in explanation["steps"] for ask in step["asks"]] == ["/assets", "/locations"]
    assert explanation["calls"] == {"least": 1, "most": 2}
    assert explanation["verdict"].startswith("it may pass the 1 ")
    assert "def run(" in explanation["projections"][0]["code"]
    assert explanation["projections"][0]["left"] == explanation["projections"][0]["missing_fields"]


def test_explain_with_the_demo_s_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "{ assets(first: 3) { nodes { name } } }", "--demo"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("fiwit", "halo", "revnue", "s3s", "tether", "together"))


@pytest.mark.usefixtures("fiwit")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{ nobody }"], "GRAPHQL_VALIDATION_FAILED (line 1, column 3): Cannot query field 'nobody'"),
        (["--file", "missing.graphql"], "missing.graphql: cannot be read (No such file or directory)"),
        (["{ assets(first: -1) { complete } }"], "BAD_USER_INPUT (line 1, column 3): `first` must be from 0"),
    ],
)
def test_explain_says_why_not(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *arguments]) == 1
    assert capsys.readouterr().err.startswith(f"asset-gateway: {message}")


def test_version_prints_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        main(["--version"])
    assert exited.value.code == 0
    assert capsys.readouterr().out == f"asset-gateway {importlib.metadata.version('asset-gateway')}\n"


def test_schema_prints_the_sdl(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert "\ntype Query {" in capsys.readouterr().out


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_serve_serves_and_ends_at_a_signal(workers: str, sent: signal.Signals) -> None:
    port = free_port()
    with running("serve", "--port", str(port), "--workers", workers, environ=FIWIT) as process:
        until_ready(process, port)
        body = {"query": "{ __typename }"}
        answer = httpx.post(f"http://127.0.0.1:{port}/graphql", json=body)
        assert answer.json() == {"data": {"__typename": "Query"}}
        process.send_signal(sent)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Sources: fiwit (fiwit)" in out
    assert f"http://127.0.0.1:{port}/graphql" in out
    assert "hunter2" not in out + err
    assert "Traceback" not in err


def test_demo_is_the_whole_product() -> None:
    port = free_port()
    with running("demo", "--port", str(port), environ=FIWIT) as process:
        until_ready(process, port)
        url = f"http://127.0.0.1:{port}/graphql"
        names = httpx.post(url, json={"query": "{ sources { name } }"}).json()["data"]["sources"]
        assert [source["name"] for source in names] == ["fiwit", "halo", "revnue", "s3s", "tether"]
        page = httpx.get(url, headers={"accept": "text/html"}).text
        assert "AllSources" in page
        shown, whole, cut = (block.text for block in blocks_of("text") if block.page.name == "roles.md")
        query = {"query": shown}
        assert httpx.post(url, json=query).json() == json.loads(whole)
        desk = httpx.post(url, json=query, headers={"authorization": "Bearer demo-desk"})
        assert desk.json() == json.loads(cut)
        assert httpx.post(url, json=query, headers={"authorization": "Bearer wrong"}).status_code == 401
        front_end = {"origin": "http://localhost:5173", "access-control-request-method": "POST"}
        assert (
            httpx.options(url, headers=front_end).headers["access-control-allow-origin"]
            == front_end["origin"]
        )
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert f"GraphiQL in a browser: {url}" in out
    assert "Web pages of these origins may call it: http://localhost:*, http://127.0.0.1:*" in out
    assert "Traceback" not in err


def test_the_sandboxs_line_is_what_check_needs() -> None:
    with running("sandbox", "--port-base", "0", "--assets", "20", "--seed", "3") as process:
        assert process.stdout is not None
        settings = json.loads(process.stdout.readline())
        done = subprocess.run(
            [sys.executable, "-m", "gateway", "check", "--probe"],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        lines = done.stdout.splitlines()
        assert [line.partition(":")[0] for line in lines if line[0] != " "] == [
            "fiwit",
            "halo",
            "revnue",
            "s3s",
            "tether",
        ]
        assert any(re.fullmatch(r"  Asset: [1-9]\d* rows \(\d+ ms\)", line) for line in lines)
        refused = subprocess.run(
            [sys.executable, "-m", "gateway", "check", "--probe", "--json"],
            env={**os.environ, **settings, "GATEWAY_SOURCES__FIWIT__API_KEY": "hunter2"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert refused.returncode == 1
        sources = {source["source"]: source for source in json.loads(refused.stdout)["sources"]}
        port = urlsplit(settings["GATEWAY_SOURCES__FIWIT__BASE_URL"]).netloc
        failure = ("UPSTREAM_AUTH", "status=401", port)
        assert tuple(sources["fiwit"][name] for name in ("code", "reason", "host")) == failure
        assert abs(sources["halo"]["clockDifferenceSeconds"]) < 5
        assert all(probe["rows"] is not None for probe in sources["halo"]["lists"])
        assert "hunter2" not in refused.stdout + refused.stderr


def test_the_log_tells_start_operations_and_stop() -> None:
    port = free_port()
    arguments = ("serve", "--port", str(port), "--log-level", "info", "--log-format", "json")
    with running(*arguments, environ=FIWIT) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it listens
        query = {"query": "query Q { assets { nodes { id } } }"}
        answer = httpx.post(f"http://127.0.0.1:{port}/graphql", json=query, timeout=30)
        assert answer.json()["errors"][0]["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"
        process.terminate()
        _, log = process.communicate(timeout=30)
    lines = list(map(json.loads, log.splitlines()))
    by_message = {line["message"]: line for line in lines}
    assert (lines[0]["message"], lines[-1]["message"]) == ("start", "stop")
    assert lines[0]["GATEWAY_SOURCES__FIWIT__API_KEY"] == "set"
    assert by_message["operation"]["operation"] == "Q"
    assert by_message["operation"]["request_id"] == answer.headers["x-request-id"]
    assert by_message["upstream call"]["source"] == "fiwit"
    assert "hunter2" not in log
