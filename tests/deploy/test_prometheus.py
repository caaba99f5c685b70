"""The alert rules and the dashboard, with Prometheus' own tools: every query runs against a real scrape."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.documents import ROOT
from tests.test_cli import free_port, running, until_ready

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "asset-gateway.json"
KEY = {"Authorization": "Bearer k"}
#: Queries whose series come only once something has gone wrong.
QUIET = ("FORBIDDEN", 'code="INTERNAL"', "UPSTREAM_AUTH", 'outcome!="ok"', "absent(")

needs_prometheus = pytest.mark.skipif(
    shutil.which("prometheus") is None or shutil.which("promtool") is None,
    reason="needs prometheus and promtool (Debian package prometheus)",
)


def dashboard_queries() -> Iterator[str]:
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            yield target["expr"].replace("$__rate_interval", "1m")


def alert_queries() -> Iterator[str]:
    """What the rules look at, without the values at which they fire."""
    text = RULES.read_text()
    for match in re.finditer(r"expr: (?:\|\n((?: {10}.*\n)+)|(.*)\n)", text):
        yield re.sub(r" (>|==) [^()]*$", "", " ".join((match[1] or match[2]).split()))


def test_the_dashboard_is_one_grafana_can_read() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids)) > 20
    assert all(panel["targets"] and panel["title"] for panel in dashboard["panels"])
    assert len(list(alert_queries())) == RULES.read_text().count("- alert:")


@needs_prometheus
def test_the_rules_are_sound() -> None:
    done = subprocess.run(
        ["promtool", "check", "rules", str(RULES)], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
@needs_prometheus
def test_every_query_runs_against_a_real_scrape(tmp_path: Path) -> None:
    port, prometheus_port = free_port(), free_port()
    config = {
        "global": {"scrape_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [
            {
                "job_name": "asset-gateway",
                "authorization": {"credentials": "k"},
                "static_configs": [{"targets": [f"127.0.0.1:{port}"]}],
            }
        ],
    }
    (tmp_path / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
    with running("demo", "--port", str(port), environ={"GATEWAY_AUTH__API_KEYS": "k"}) as process:
        until_ready(process, port)
        command = [
            "prometheus",
            f"--config.file={tmp_path / 'prometheus.yml'}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{prometheus_port}",
            "--log.level=error",
        ]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as prometheus:
            try:
                _call(port)
                empty = _empty_queries(f"http://127.0.0.1:{prometheus_port}", port)
            finally:
                prometheus.terminate()
    assert empty == []


def _call(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url, headers=KEY, timeout=60) as client:
        for _ in range(3):
            client.post("/graphql", json={"query": "query Names { assets(first: 5) { nodes { name } } }"})
        client.post("/graphql", json={"query": "{ nonsense }"})
        assert client.get("/tables/assets.csv").status_code in {200, 202, 503}
        assert client.get("/metrics", headers={"Authorization": "Bearer x"}).status_code == 401


def _empty_queries(prometheus: str, port: int) -> list[Any]:
    """The queries that fail, and those that are empty, after a while."""
    queries = [*dashboard_queries(), *alert_queries()]
    end = time.monotonic() + 60
    while True:
        _call(port)
        empty = []
        for query in queries:
            try:
                answer = httpx.get(f"{prometheus}/api/v1/query", params={"query": query}).json()
            except httpx.TransportError:
                answer = {"status": "not ready"}
            is_quiet = any(word in query for word in QUIET)
            if answer["status"] != "success" or (not answer["data"]["result"] and not is_quiet):
                empty.append((query, answer["status"]))
        if not empty or time.monotonic() > end:
            return empty
        time.sleep(1)
