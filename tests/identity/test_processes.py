"""Things in several processes: every worker, and the next start, has the same groups under the same ids."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.coordination.test_serving import serving
from tests.test_cli import free_port

THINGS = """{ unifiedAssets(first: 500) { complete nodes { id matchedBy records { id } } }
  possibleMatches(first: 500) { nodes { left { id } right { id } reasons } }
  assetConflicts(first: 500) { totalCount nodes { asset { id } field } } }"""


@asynccontextmanager
async def vendors() -> AsyncIterator[Mapping[str, str]]:
    """The sandbox in a process of its own: the settings for its vendors."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "sandbox", "--assets", "100", "--port-base", str(free_port())),
        stdout=asyncio.subprocess.PIPE,
        limit=2**20,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(40):
            settings = json.loads(await process.stdout.readline())
        yield {**settings, "GATEWAY_SOURCES__REVNUE__RATE_PER_MINUTE": "0"}
    finally:
        process.terminate()
        await process.wait()


async def ask(port: int) -> Any:
    """The things, asked for over a connection of its own: any worker may answer."""
    async with httpx.AsyncClient(timeout=60) as client:
        response = await client.post(f"http://127.0.0.1:{port}/graphql", json={"query": THINGS})
    answer = response.json()
    assert "errors" not in answer, answer
    return answer["data"]


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_every_worker_and_the_next_start_have_the_same_things() -> None:
    answers: list[Any] = []
    async with vendors() as settings:
        for _ in range(2):
            async with serving(4, dict(settings)) as port:
                answers += await asyncio.gather(*(ask(port) for _ in range(16)))
                answers.append(await ask(port))
    first = answers[0]
    assert first["unifiedAssets"]["complete"]
    assert any(len(thing["records"]) > 2 for thing in first["unifiedAssets"]["nodes"])
    assert first["possibleMatches"]["nodes"]
    assert first["assetConflicts"]["totalCount"] > 10
    assert all(answer == first for answer in answers)
