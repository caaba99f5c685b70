"""Valid operations that cost as much as they can: a gateway that serves them serves everybody else meanwhile."""

import contextlib
import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.testing.selections import leaves
from tests.test_cli import free_port, running, until_ready

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

#: Above what three callers of the largest answer take in a process that is fresh (200; 50 where others' memory
#: is used again): tests are shuffled.
_PEAK_MEGABYTES = 250
_HEALTH_SECONDS = 0.5
_ANSWER_SECONDS = 12
#: Callers that send one operation at once.
_CALLERS = 3

Operation = tuple[str, Mapping[str, Any]]
_ALL = leaves("Asset", but=frozenset({"checkoutHistory"}))


def _nested(levels: int) -> str:
    """Locations' assets' locations' assets, and so on."""
    inner = "id name"
    for _ in range(levels):
        inner = f"id location {{ id name assets(first: 500) {{ nodes {{ {inner} }} }} }}"
    return f"{{ assets(first: 500) {{ nodes {{ {inner} }} }} }}"


def _roots(selection: str, count: int = 20) -> str:
    return "{" + " ".join(f"a{number}: {selection}" for number in range(count)) + "}"


_FRAGMENTS = (
    "fragment A on Asset { id name location { assets(first: 100) { nodes { ...B } } } }"
    "fragment B on Asset { id name location { assets(first: 100) { nodes { ...C } } } }"
    f"fragment C on Asset {_ALL}"
)
_FILTERED = "query($f: AssetFilter) { assets(first: 500, filter: $f) { totalCount nodes { id name } } }"

OPERATIONS: Mapping[str, Operation] = {
    "deep": (_nested(2), {}),
    "deeper": (_nested(4), {}),
    "wide": (_roots(f"assets(first: 500) {{ nodes {_ALL} }}"), {}),
    "edges": (_roots("assets(first: 500) { edges { cursor node { id } } pageInfo { endCursor } }"), {}),
    "customFields": (_roots("assets(first: 500) { nodes { customFields { name value } } }"), {}),
    "from the end": (_roots("assets(last: 500) { nodes { id } pageInfo { startCursor } }"), {}),
    "ordered": (
        _roots("assets(first: 500, orderBy: [{field: NAME, direction: DESC}]) { nodes { name } }"),
        {},
    ),
    "children": (
        "{ assets(first: 500) { nodes { tickets(first: 500) { nodes { id subject assets { nodes { id } } } } } } }",
        {},
    ),
    "fragments": (_roots("assets(first: 100) { nodes { ...A } }", 10) + _FRAGMENTS, {}),
    "introspection beside": (
        "{ __schema { queryType { name } } " + _nested(2).removeprefix("{"),
        {},
    ),
    "many ids": (
        "query($i: [ID!]!) { nodes(ids: $i) { id } }",
        {"i": [f"fiwit:Asset:{n}" for n in range(500)]},
    ),
    "too many ids": (
        "query($i: [ID!]!) {" + " ".join(f"a{n}: nodes(ids: $i) {{ id }}" for n in range(19)) + "}",
        {"i": [f"fiwit:Asset:{n}" for n in range(45_000)]},
    ),
    "many terms": (_FILTERED, {"f": {"or": [{"name": {"contains": f"x{n}"}} for n in range(200)]}}),
    "too many terms": (_FILTERED, {"f": {"or": [{"name": {"contains": f"x{n}"}} for n in range(20_000)]}}),
    "long text": (_FILTERED, {"f": {"search": "x" * 500}}),
    "too long text": (_FILTERED, {"f": {"search": "x" * 900_000}}),
    "nested not": (_FILTERED, {"f": json.loads('{"not":' * 49 + '{"name":{"eq":"x"}}' + "}" * 49)}),
}


@dataclass
class Served:
    """A gateway in a process of its own."""

    port: int
    pid: int
    slowest_health: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def ask(self, operation: Operation) -> tuple[int, float, Any]:
        """Status, seconds and body of an answer."""
        query, variables = operation
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            body = json.dumps({"query": query, "variables": variables})
            connection.request("POST", "/graphql", body, {"content-type": "application/json"})
            response = connection.getresponse()
            text = response.read()
        return response.status, time.monotonic() - began, text

    @contextlib.contextmanager
    def watched(self) -> Iterator["Served"]:
        """Ask for the process's health all the time."""
        self.slowest_health = 0.0
        self._stop.clear()
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")  # the peak counts from here
        watcher = threading.Thread(target=self._watch)
        watcher.start()
        try:
            yield self
        finally:
            self._stop.set()
            watcher.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            began = time.monotonic()
            with contextlib.closing(
                http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            ) as connection:
                connection.request("GET", "/healthz")
                assert connection.getresponse().status == 200
            self.slowest_health = max(self.slowest_health, time.monotonic() - began)

    def memory(self, line: str) -> float:
        """Megabytes of a line of the process's status: VmRSS, VmHWM."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(rf"{line}:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) / 1024


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    port = free_port()
    with running("sandbox", "--port-base", "0", "--assets", "600") as vendors:
        assert vendors.stdout is not None
        environ = json.loads(vendors.stdout.readline())
        environ |= {
            key.replace("BASE_URL", "RATE_PER_MINUTE"): "0" for key in environ if key.endswith("BASE_URL")
        }
        environ |= {"GATEWAY_LIMITS__UPSTREAM_CALLS": "400", "GATEWAY_LIMITS__DEADLINE_SECONDS": "10"}
        with running("serve", "--port", str(port), environ=environ) as gateway:
            until_ready(gateway, port)
            yield Served(port, gateway.pid)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak of memory is Linux's")
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_leaves_time_and_memory_to_the_others(served: Served, name: str) -> None:
    memory_before = served.memory("VmRSS")
    with served.watched(), ThreadPoolExecutor(_CALLERS) as callers:
        answers = list(callers.map(served.ask, [OPERATIONS[name]] * _CALLERS))
    grown = served.memory("VmHWM") - memory_before
    slowest = max(seconds for _, seconds, _ in answers)
    figures = f"{grown:.0f} MB, health {served.slowest_health:.3f} s, answer {slowest:.1f} s"
    assert all(status == 200 for status, _, _ in answers)
    assert all(b"GRAPHQL_VALIDATION_FAILED" not in text for _, _, text in answers), answers[0]
    assert slowest < _ANSWER_SECONDS, figures
    assert served.slowest_health < _HEALTH_SECONDS, figures
    assert grown < _PEAK_MEGABYTES, figures


def test_many_plans_leave_time_and_memory_to_the_others(served: Served) -> None:
    memory_before = served.memory("VmRSS")
    with served.watched(), ThreadPoolExecutor(_CALLERS) as callers:
        answers = list(callers.map(served.ask, [_another_plan(number) for number in range(60)]))
    grown = served.memory("VmHWM") - memory_before
    slowest = max(seconds for _, seconds, _ in answers)
    figures = f"{grown:.0f} MB, health {served.slowest_health:.3f} s, answer {slowest:.1f} s"
    assert all(status == 200 for status, _, _ in answers)
    assert all(b"GRAPHQL_VALIDATION_FAILED" not in text for _, _, text in answers), answers[0]
    assert slowest < _ANSWER_SECONDS, figures
    assert served.slowest_health < _HEALTH_SECONDS, figures
    assert grown < _PEAK_MEGABYTES, figures


def _another_plan(number: int) -> Operation:
    selections = f"assets(first: 0) {{ nodes {{ x{number}: id ...A }} }}"
    return _roots(selections, 10) + _FRAGMENTS, {}


def test_slow_readers_leave_time_and_memory_to_the_others(served: Served) -> None:
    query, _ = OPERATIONS["customFields"]
    body = json.dumps({"query": query}).encode()
    head = (
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    memory_before = served.memory("VmRSS")
    with contextlib.ExitStack() as stack, served.watched():
        for _ in range(10):
            reader = stack.enter_context(socket.create_connection(("127.0.0.1", served.port)))
            reader.sendall(head.encode() + body)
        time.sleep(12)
        _, seconds, _ = served.ask(("{ sources { name } }", {}))
    grown = served.memory("VmHWM") - memory_before
    assert seconds < 1
    assert served.slowest_health < _HEALTH_SECONDS
    assert grown < _PEAK_MEGABYTES
