"""Two callers of a served gateway, one greedy: the other hardly notices."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.roles import headers_of, roles_file
from tests.test_cli import free_port, running, until_ready

ROLES = """
[roles.greedy]
sources = ["*"]
read = ["*"]
[roles.greedy.limits]
requests_per_second = 20
concurrent_operations = 2
[roles.modest]
sources = ["*"]
read = ["*"]
"""
QUERY = '{ assets(first: %d, filter: {source: {eq: "fiwit"}}) { nodes { id name status purchaseCost } } }'
FLOOD = """
import http.client, json, sys, threading
port, headers, query = int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
def flood(number):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for first in range(10**6):
        body = json.dumps({"query": query % (1 + (first * 8 + number) % 300)})
        connection.request("POST", "/graphql", body, {"content-type": "application/json", **headers})
        connection.getresponse().read()
for number in range(8):
    threading.Thread(target=flood, args=(number,), daemon=True).start()
sys.stdin.read()
"""
#: Rounds until one is as it should be: other work on the machine slows both measurements, and not equally.
_ROUNDS = 4
_SLACK_SECONDS = 0.02


@contextmanager
def flood(port: int) -> Iterator[None]:
    """A caller that sends all it can, from a process of its own."""
    arguments = [str(port), json.dumps(headers_of("greedy")), QUERY]
    process = subprocess.Popen([sys.executable, "-c", FLOOD, *arguments], stdin=subprocess.PIPE)
    try:
        time.sleep(0.5)
        yield
    finally:
        process.kill()
        process.communicate()


def p99_seconds(client: httpx.Client) -> float:
    seconds = []
    for number in range(150):
        started_at = time.perf_counter()
        answer = client.post("/graphql", json={"query": QUERY % (20 + number % 10)})
        seconds.append(time.perf_counter() - started_at)
        assert answer.status_code == 200
        time.sleep(0.005)
    return sorted(seconds)[int(len(seconds) * 0.99)]


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="ports are reserved otherwise")
def test_the_others_p99_at_most_doubles(tmp_path: Path) -> None:
    config = roles_file(tmp_path, ROLES, ("greedy", "greedy"), ("modest", "modest"))
    port, sandbox_port = free_port(), 20_000 + free_port() % 20_000
    with running("sandbox", "--port-base", str(sandbox_port), "--assets", "500") as vendors:
        assert vendors.stdout is not None
        environ = json.loads(vendors.stdout.readline())
        with running("serve", "--port", str(port), "--config", str(config), environ=environ) as gateway:
            until_ready(gateway, port)
            with httpx.Client(
                base_url=f"http://127.0.0.1:{port}", headers=headers_of("modest"), timeout=60
            ) as client:
                p99_seconds(client)
                rounds = []
                for _ in range(_ROUNDS):
                    alone = p99_seconds(client)
                    with flood(port):
                        beside = p99_seconds(client)
                    rounds.append((alone, beside))
                    if beside <= 2 * alone + _SLACK_SECONDS:
                        return
    pytest.fail(f"p99 in seconds, alone and beside: {rounds}")
