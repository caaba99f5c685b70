"""The faults that the sandbox can be started with."""

import httpx
import pytest

from gateway.sandbox.faults import Fault, parse
from gateway.sandbox.server import serve_sandbox

SIGNED = {"authorization": "Bearer whatever"}


async def answer(fault: Fault, **headers: str) -> httpx.Response:
    async with (
        serve_sandbox(port_base=0, assets=5, faults={"fiwit": fault}) as settings,
        httpx.AsyncClient(base_url=settings["GATEWAY_SOURCES__FIWIT__BASE_URL"], timeout=1) as client,
    ):
        return await client.get("/assets", headers=headers)


async def test_a_fault_befalls_what_carries_a_credential() -> None:
    assert (await answer(Fault("503"), **SIGNED)).status_code == 503
    assert (await answer(Fault("503"))).status_code == 200


async def test_a_share_of_none_is_none() -> None:
    assert (await answer(Fault("503", 0.0), **SIGNED)).status_code == 200


async def test_a_refusal_is_one() -> None:
    with pytest.raises(httpx.ConnectError):
        await answer(Fault("refuse"), **SIGNED)


@pytest.mark.parametrize("kind", ["drop", "cut"])
async def test_the_connection_breaks(kind: str) -> None:
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await answer(Fault(kind), **SIGNED)


async def test_a_rate_limit_says_when_to_come_back() -> None:
    got = await answer(Fault("rate-limit", 7.0), **SIGNED)
    assert (got.status_code, got.headers["retry-after"]) == (429, "7")


async def test_a_bomb_unpacks_to_a_lot() -> None:
    got = await answer(Fault("bomb"), **SIGNED, **{"accept-encoding": "identity"})
    assert len(got.content) == 32 * 1024 * 1024
    assert int(got.headers["content-length"]) < 200_000


@pytest.mark.parametrize(
    "text", ["halo", "nobody:hang", "halo:fire", "halo:200", "halo:slow:soon", "halo:500:-1"]
)
def test_what_cannot_be_understood_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no|is neither"):
        parse(text, {"halo"})
