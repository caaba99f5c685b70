"""The whole gateway over sockets: callers with tokens of an issuer whose keys rotate, a vendor, and rights."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from gateway.app import create_app, read_settings
from tests.support.issuer import AUDIENCE, Issuer, running_issuer

QUERY = "{ assets { nodes { name purchaseCost } } }"
ASSET = {"id": 1, "name": "one", "status": "available", "purchase_cost": "5.00"}
ROLES = """
[roles.report]
sources = ["*"]
read = ["*"]
hide = ["Asset.purchaseCost"]
[roles.all]
sources = ["*"]
read = ["*"]
"""


@asynccontextmanager
async def running_vendor() -> AsyncIterator[str]:
    """A Tether that has one asset."""
    body = json.dumps([ASSET]).encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api"
    finally:
        server.close()


def configure(path: Path, issuer: Issuer, vendor: str) -> Path:
    path.write_text(
        f'[sources.tether]\nbase_url = "{vendor}"\ntoken = "t"\n'
        f'[auth.oidc]\nissuer = "{issuer.url}"\naudience = "{AUDIENCE}"\n{ROLES}'
    )
    return path


async def test_tokens_rights_and_rotating_keys(
    served: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.access.oidc.key_cache._PAUSE_SECONDS", 0.3)
    async with running_issuer() as issuer, running_vendor() as vendor:
        app = create_app(read_settings(configure(tmp_path / "gateway.toml", issuer, vendor), {}))
        with served(app) as port:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:

                async def ask(token: str, scheme: str = "Bearer") -> httpx.Response:
                    headers = {"authorization": f"{scheme} {token}"}
                    return await client.post("/graphql", json={"query": QUERY}, headers=headers)

                report = issuer.token(roles=["report"])
                basic = base64.b64encode(f"anybody:{report}".encode()).decode()
                for response in [await ask(report), await ask(basic, "Basic")]:
                    body = response.json()
                    assert body["data"]["assets"]["nodes"] == [{"name": "one", "purchaseCost": None}]
                    assert [error["extensions"]["code"] for error in body["errors"]] == ["FORBIDDEN"]
                assert cost(await ask(issuer.token(roles=["all"], sub="bob"))) == "5.00"
                assert (await ask(issuer.token(sub="carol"))).json()["data"]["assets"]["nodes"] == []
                assert (await ask(issuer.token(exp=1))).status_code == 401
                assert len(issuer.requests) == 2

                await asyncio.sleep(0.3)
                before, started_at = len(issuer.requests), time.monotonic()
                storm = [unknown(issuer, number) for number in range(60)]
                answers = await asyncio.gather(*map(ask, storm))
                assert {answer.status_code for answer in answers} <= {401, 429}
                reads = (len(issuer.requests) - before) / 2  # where the keys are, and the keys
                assert 1 <= reads <= 1 + (time.monotonic() - started_at) / 0.3

                await asyncio.sleep(0.3)
                issuer.rotate("second")
                assert cost(await ask(issuer.token(roles=["all"]))) == "5.00"
                assert (await ask(report)).status_code in {401, 429}


def cost(response: httpx.Response) -> Any:
    return response.json()["data"]["assets"]["nodes"][0]["purchaseCost"]


def unknown(issuer: Issuer, number: int) -> str:
    """A token that names a key which the issuer does not have."""
    other = Issuer()
    other.url = issuer.url
    other.keys = {f"unknown-{number}": ECKey.generate_key("P-256", {"kid": f"unknown-{number}"})}
    return other.token(roles=["all"])
