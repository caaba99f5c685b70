"""The audits of graphql-http, which say if a server speaks GraphQL over HTTP. They are installed from npm."""

import asyncio
import json
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
import uvicorn

from gateway.sandbox import Company
from tests.support.gateway import sandbox
from tests.support.npm import needs_npm

HERE = Path(__file__).with_name("audits")
pytestmark = [pytest.mark.long, needs_npm]


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with graphql-http in it, in the locked version."""
    folder = tmp_path_factory.mktemp("audits")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    command = ["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=folder, check=True, timeout=240)
    return folder


async def test_every_audit_is_passed_without_a_warning(modules: Path, company: Company) -> None:
    async with sandbox(company, only=("tether",)) as gateway:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            config = uvicorn.Config(gateway.app, log_level="error", lifespan="off")
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve([listener]))
            address = f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
            process = await asyncio.create_subprocess_exec(
                *("node", str(HERE / "audit.mjs"), address), cwd=modules, stdout=asyncio.subprocess.PIPE
            )
            output, _ = await asyncio.wait_for(process.communicate(), 60)
            server.should_exit = True
            await serving
    results = json.loads(output)
    assert len(results) == 61
    assert [result for result in results if result["status"] != "ok"] == []
