"""Takes the figures: checks what is answered, warms up, and measures all gateways in turns, shape by shape."""

import json
import math
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import install, processes, vendors
from bench.gateways import GATEWAYS, PORTS, Gateway, Start

SHAPES = ("Q1", "Q2", "Q3", "Q4", "Q5", "Q6")
ROWS = {"Q1": 100, "Q2": 100, "Q3": 100, "Q4": 1, "Q5": 5000, "Q6": 100}
_CONNECTIONS = {"Q5": 2}
_STEADY_ROUNDS = 3
_UPSTREAMS = 9101
_VENDORS_CORE, _GATEWAY_CORE = 0, 1


@dataclass(kw_only=True)
class Running:
    """A gateway that runs twice: as it is, and keeping answers (for Q6)."""

    gateway: Gateway
    port: int
    upstream: int
    log: Path
    pids: dict[bool, int] = field(default_factory=dict)
    start_seconds: float = 0.0
    faults: dict[str, str] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    rate: dict[str, float] = field(default_factory=dict)
    warm: dict[str, float] = field(default_factory=dict)
    rounds: dict[str, list[dict[str, float]]] = field(default_factory=dict)

    def port_of(self, shape: str) -> int:
        """Where a shape is asked."""
        return self.port + (1 if shape == "Q6" else 0)

    def pid_of(self, shape: str) -> int:
        """Who answers it."""
        return self.pids[shape == "Q6"]


@contextmanager
def started(names: Sequence[str], home: Path) -> Iterator[tuple[list[Running], dict[str, str], int]]:
    """The vendors and the gateways, running; what could not be had, with the reason; the vendors' process."""
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    vendors.write(home / "root")
    chosen = [gateway for gateway in GATEWAYS if gateway.name in names]
    ports = [_UPSTREAMS + number for number in range(len(chosen))]
    conf = home / "nginx.conf"
    conf.write_text(vendors.nginx_conf(home / "root", ports, home))
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        serve = [install.nginx(), "-c", str(conf), "-p", str(home)]
        nginx = stack.enter_context(processes.running(serve, core=_VENDORS_CORE, log=home / "nginx.out"))
        _until(lambda: _get(f"http://127.0.0.1:{ports[0]}/fiwit_0/assets"), 10)
        found = []
        for number, (gateway, upstream) in enumerate(zip(chosen, ports, strict=True)):
            one = Running(gateway=gateway, port=PORTS + 2 * number, upstream=upstream, log=home / "calls.log")
            try:
                with ExitStack() as own:
                    for cached in (False, True):
                        start = gateway.start(one.port + cached, f"http://127.0.0.1:{upstream}", cached, home)
                        one.pids[cached] = own.enter_context(
                            _run(start, home / f"{gateway.name}-{cached}.out")
                        )
                        began = time.perf_counter()
                        _until(lambda at=one, kept=cached: ask(at, "Q6" if kept else "Q4"), 40)  # type: ignore[misc]
                        if not cached:
                            one.start_seconds = round(time.perf_counter() - began, 2)
                    stack.enter_context(own.pop_all())
                found.append(one)
            except (install.NotInstalled, TimeoutError) as exc:
                missing[gateway.name] = str(exc)
        yield found, missing, nginx


def _run(start: Start, log: Path) -> Any:
    return processes.running(start.command, core=_GATEWAY_CORE, log=log, cwd=start.cwd, env=start.env)


def ask(one: Running, shape: str) -> bytes:
    """One answer's body."""
    return _get(f"http://127.0.0.1:{one.port_of(shape)}/graphql", _body(one, shape, 0).encode())


def check(one: Running, shape: str, home: Path) -> None:
    """Asks once, and keeps how long the answer is and how many calls it took; a wrong answer is a fault."""
    ask(one, shape)
    time.sleep(0.2)
    asked = one.log.stat().st_size
    body = ask(one, shape)
    one.bytes[shape] = len(body)
    one.calls[shape] = _calls(one, asked)
    told = json.loads(body)
    data = told.get("data") or {}
    if "errors" in told:
        one.faults[shape] = f"errors: {json.dumps(told['errors'])[:200]}"
    elif (rows := _count(data)) != ROWS[shape]:
        one.faults[shape] = f"{rows} rows instead of {ROWS[shape]}"
    elif shape == "Q2" and (wrong := _wrongly_joined(data, home)):
        one.faults[shape] = f"joined wrongly: {wrong}"


def warm_up(one: Running, shape: str, *, seconds: float, at_most: float) -> None:
    """
    Asks until the CPU of a request stands still: three rounds of some seconds in a row are no 3 % less than the least
    before them. Learns the rate. What has not come to stand after `at_most` seconds is measured as it is.
    """
    pid, connections = one.pid_of(shape), _CONNECTIONS.get(shape, 8)
    began = time.monotonic()
    least, steady, requests = math.inf, 0, 2 * connections
    while steady < _STEADY_ROUNDS and time.monotonic() < began + at_most:
        before = processes.cpu_seconds(pid)
        answers = load(one, shape, requests, connections=connections)
        cpu = (processes.cpu_seconds(pid) - before) / requests
        one.rate[shape] = requests / answers["seconds"]
        if answers["seconds"] > seconds / 2:
            steady = steady + 1 if cpu > 0.97 * least else 0
            least = min(least, cpu)
        requests = max(2 * connections, int(one.rate[shape] * seconds))
    one.warm[shape] = round(time.monotonic() - began, 1)


def _accounts(shape: str) -> int:
    """Accounts that are asked in turns. Answers that are kept are those of one."""
    return 1 if shape == "Q6" else vendors.ACCOUNTS


def measure(one: Running, shape: str, seconds: float, nginx: int) -> None:
    """One round of one gateway and one shape: one request at a time, and several at once."""
    alone = _measured(one, shape, seconds, connections=1, nginx=nginx)
    busy = _measured(one, shape, seconds, connections=_CONNECTIONS.get(shape, 8), nginx=nginx)
    one.rounds.setdefault(shape, []).append(
        {**{f"alone_{key}": value for key, value in alone.items()}, **busy},
    )


def _measured(one: Running, shape: str, seconds: float, *, connections: int, nginx: int) -> dict[str, float]:
    requests = max(2 * connections, int(one.rate[shape] * seconds))
    pid = one.pid_of(shape)
    asked = one.log.stat().st_size
    busy, cpu, vendor = (
        processes.machine_busy_seconds(),
        processes.cpu_seconds(pid),
        processes.cpu_seconds(nginx),
    )
    told = load(one, shape, requests, connections=connections)
    used = processes.cpu_seconds(pid) - cpu
    others = processes.machine_busy_seconds() - busy - used - told["cpu"]
    others -= processes.cpu_seconds(nginx) - vendor
    times = sorted(told["milliseconds"])
    return {
        "requests": requests,
        "cpu_ms": used * 1000 / requests,
        "per_second": requests / told["seconds"],
        "p50_ms": times[len(times) // 2],
        "p99_ms": times[min(len(times) - 1, int(len(times) * 0.99))],
        "calls": _calls(one, asked) / requests,
        "others_share": others / told["seconds"],
    }


def load(one: Running, shape: str, requests: int, *, connections: int) -> Any:
    """What the process that makes the load says."""
    told = {
        "port": one.port_of(shape),
        "bodies": [_body(one, shape, account) for account in range(_accounts(shape))],
        "connections": connections,
        "requests": requests,
        "bytes": one.bytes[shape],
    }
    command = [*processes.pinned(_VENDORS_CORE), sys.executable, str(Path(__file__).with_name("load.py"))]
    done = subprocess.run(
        [*command, json.dumps(told)], capture_output=True, text=True, timeout=180, check=False
    )
    if done.returncode != 0:
        raise RuntimeError((done.stderr.strip().splitlines() or ["the load failed"])[-1])
    return json.loads(done.stdout)


def figures(one: Running) -> dict[str, Any]:
    """The medians of the rounds, and what else is known of a gateway."""
    shapes: dict[str, Any] = {}
    for shape, rounds in one.rounds.items():
        middle = {key: round(statistics.median(each[key] for each in rounds), 4) for key in rounds[0]}
        shapes[shape] = {
            **middle,
            "bytes": one.bytes[shape],
            "calls_once": one.calls[shape],
            "warm_up_seconds": one.warm[shape],
            "rounds": rounds,
        }
    memory = {
        name: dict(zip(("now_mib", "most_mib"), processes.memory_mib(one.pids[cached]), strict=True))
        for name, cached in (("plain", False), ("keeping", True))
    }
    return {"start_seconds": one.start_seconds, "memory": memory, "shapes": shapes, "faults": one.faults}


def _body(one: Running, shape: str, account: int) -> str:
    text = " ".join(one.gateway.queries[shape].split())
    return json.dumps({"query": text, "variables": one.gateway.variables(shape, account)})


def _get(url: str, body: bytes | None = None) -> bytes:
    headers = {"Content-Type": "application/json", "Accept": "application/json", "X-Account": "0"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as answer:
        found: bytes = answer.read()
        return found


def _until(works: Callable[[], object], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while True:
        try:
            works()
        except (OSError, urllib.error.URLError) as exc:
            if time.monotonic() > ends:
                raise TimeoutError(f"did not start: {exc}") from exc
            time.sleep(0.01)
        else:
            return


def _calls(one: Running, since: int) -> int:
    """How often the vendors were asked on a gateway's behalf since their log was `since` bytes long."""
    time.sleep(0.2)
    mark = f"{one.upstream} ".encode()
    with one.log.open("rb") as log:
        log.seek(since)
        return sum(line.startswith(mark) for line in log)


def _count(data: Mapping[str, Any]) -> int:
    """How many records an answer holds."""
    count = 0
    for found in data.values():
        rows = (
            next((found[key] for key in ("nodes", "assets", "data") if key in found), found) if found else []
        )
        count += len(rows) if isinstance(rows, list) else 1
    return count


def _wrongly_joined(data: Mapping[str, Any], home: Path) -> str | None:
    def rows(name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((home / f"root/fiwit/{name}.json").read_text())
        return found

    places = {row["id"]: row["name"] for row in rows("locations")}
    users = {row["id"]: row["email"] for row in rows("users")}
    wanted = {row["name"]: (places[row["location_id"]], users[row["assigned_id"]]) for row in rows("assets")}
    listed = data["assets"]["nodes"] if isinstance(data["assets"], dict) else data["assets"]
    for row in listed:
        person = row.get("assignedTo") or row.get("assigned") or {}
        if (row["location"]["name"], person.get("email")) != wanted[row["name"]]:
            return str(row)
    return None
