"""An upstream over real sockets, with its times made short."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
import uvloop

from gateway.upstream.caching.cache import Cache, LocalCache
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.client import Upstream
from gateway.upstream.dispatch.auth import Auth, FixedHeader
from gateway.upstream.http.target import Target
from gateway.upstream.transport.direct import DirectTransport
from gateway.upstream.upstreams import UpstreamFactory

Open = Callable[..., Upstream]
LoopFactory = Callable[[], asyncio.AbstractEventLoop]

_ON_BOTH_LOOPS = {"test_transports.py", "test_reasons.py"}

#: Seconds of an attempt: so few that it times out, and enough on a busy machine.
SHORT, LONG = 0.3, 3.0


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, LoopFactory]:
    """Run the tests of transports on either kind of event loop."""
    loops: dict[str, LoopFactory] = {"asyncio": asyncio.new_event_loop}
    return {**loops, "uvloop": uvloop.new_event_loop} if item.path.name in _ON_BOTH_LOOPS else loops


@pytest.fixture
async def open_upstream() -> AsyncIterator[Open]:
    """Open the upstream of a vendor at a URL; it is closed at the end."""
    async with AsyncExitStack() as stack:

        def make(
            url: str,
            *,
            auth: Auth | None = None,
            per_minute: float = 0.0,
            cache: Cache | None = None,
            factory: UpstreamFactory | None = None,
            short: bool = False,
            **target: Any,
        ) -> Upstream:
            if factory is None:
                factory = UpstreamFactory(DirectTransport(connect_seconds=0.5), cache or LocalCache())
                stack.push_async_callback(factory.close)
            settings = {
                "source": "acme",
                "vendor": "halo",
                "timeout_seconds": SHORT if short else LONG,
                "concurrency": 4,
                **target,
            }
            return factory.open(
                Target(base_url=url, **settings), auth or FixedHeader("Bearer secret"), per_minute=per_minute
            )

        yield make


@pytest.fixture
async def budget() -> AsyncIterator[OperationReads]:
    reads = OperationReads(calls=1000, seconds=10)
    yield reads
    await reads.close()


async def ask(
    upstream: Upstream,
    budget: OperationReads,
    path: str = "/Asset",
    *,
    ttl_seconds: float = 0.0,
    **params: str,
) -> Any:
    """The decoded answer of a GET."""
    answer = await upstream.get(path, params, reads=budget, ttl_seconds=ttl_seconds)
    return answer.decoded
