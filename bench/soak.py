"""
Some minutes of random faults: every vendor is wrong in every way, callers come and go.

    python bench/soak.py [--minutes 3] [--share 0.3]

Afterwards the gateway's memory must have stayed flat, and no call may be under way. Exit status 1 where one of these
does not hold.
"""

import argparse
import asyncio
import collections
import json
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

VENDORS = ("fiwit", "halo", "revnue", "s3s", "tether")
QUERIES = (
    "{ assets(first: 20) { nodes { id name location { name } } complete sources { error { code } } } }",
    "{ assets(first: 50, orderBy: [{field: NAME}]) { totalCount nodes { id tickets(first: 3) { nodes { id } } } } }",
    "{ tickets(first: 20) { nodes { id subject assets { nodes { name } } } complete } }",
    "{ sources { name health { state retryAt requestsRemaining } } }",
    "{ people(first: 50) { nodes { name assets { nodes { name } } } complete } }",
)


def memory(pid: int) -> float:
    """Resident memory in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


def descriptors(pid: int) -> int:
    """How many files and sockets are open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def caller(url: str, until: float, seen: collections.Counter[str], number: int) -> None:
    """Asks until the time is over; now and then goes away before the answer."""
    chance = random.Random(number)
    async with httpx.AsyncClient(timeout=60) as client:
        while time.monotonic() < until:
            patience = chance.choice((60.0, 60.0, 0.2))
            try:
                answer = await client.post(url, json={"query": chance.choice(QUERIES)}, timeout=patience)
                codes = {error["extensions"]["code"] for error in answer.json().get("errors", ())}
                seen.update(codes or {"whole"})
            except httpx.TimeoutException:
                seen["went away"] += 1
            await asyncio.sleep(chance.random() * 0.2)


async def soak(minutes: float, share: float) -> int:
    """The exit status."""
    faults = [part for vendor in VENDORS for part in ("--fault", f"{vendor}:random:{share}")]
    gateway = [sys.executable, "-m", "gateway"]
    sandbox = subprocess.Popen(  # noqa: ASYNC220 (before anything else runs)
        [*gateway, "sandbox", "--port-base", "0", "--assets", "150", *faults],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert sandbox.stdout is not None
    told: dict[str, Any] = json.loads(sandbox.stdout.readline())
    shorter = {f"GATEWAY_SOURCES__{vendor.upper()}__TIMEOUT_SECONDS": "0.5" for vendor in VENDORS}
    environ = {**os.environ, **told, **shorter, "GATEWAY_CACHE__ENABLED": "false"}
    port = 18000 + os.getpid() % 1000
    server = subprocess.Popen(  # noqa: ASYNC220
        [*gateway, "serve", "--port", str(port)],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    seen: collections.Counter[str] = collections.Counter()
    try:
        async with httpx.AsyncClient() as client:
            for _ in range(100):
                try:
                    await client.get(f"{base}/readyz")
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.1)
            until = time.monotonic() + minutes * 60
            calls = [asyncio.create_task(caller(f"{base}/graphql", until, seen, at)) for at in range(8)]
            sizes: list[float] = []
            while not all(call.done() for call in calls):
                await asyncio.sleep(min(5.0, minutes * 6))
                sizes.append(memory(server.pid))
            await asyncio.gather(*calls)
            await asyncio.sleep(25)  # idle connections end meanwhile
            metrics = (await client.get(f"{base}/metrics")).text
    finally:
        left = descriptors(server.pid)
        server.terminate()
        sandbox.terminate()
        server.wait(30)
        sandbox.wait(30)
    early, late = max(sizes[len(sizes) // 4 : len(sizes) // 2]), max(sizes[len(sizes) * 3 // 4 :])
    under_way = re.findall(r"^gateway_upstream_(?:in_flight|waiting)\{.*\} (\S+)$", metrics, re.MULTILINE)
    print(dict(seen))
    print(f"memory: {sizes[0]:.0f} MiB at first, {early:.0f} before half-time, {late:.0f} at the end")
    print(f"under way at the end: {under_way}; descriptors open: {left}")
    fine = late < early + 5 and set(under_way) <= {"0.0"} and "INTERNAL" not in seen
    print("fine" if fine else "NOT fine")
    return 0 if fine else 1


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--minutes", type=float, default=3)
    options.add_argument("--share", type=float, default=0.3)
    asked = options.parse_args()
    raise SystemExit(asyncio.run(soak(asked.minutes, asked.share)))
