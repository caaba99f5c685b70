"""Operations and probes of the operator's own, outside of any request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager

from gateway.app.matching import open_catalog
from gateway.app.sources import open_each_source
from gateway.connector.fetching.probe import ProbeResult, probe
from gateway.coordination.write_coordination import WriteCoordination
from gateway.settings import Settings
from gateway.upstream.caching.cache import LocalCache
from gateway.upstream.dispatch.budget import Priority
from gateway.upstream.transport.choose import make_transport
from gateway.upstream.upstreams import UpstreamFactory
from resolvers.context import RequestContext

#: An operator's own operation ends within an hour.
_OPERATOR_SECONDS = 3600.0


@asynccontextmanager
async def open_operation(settings: Settings) -> AsyncIterator[RequestContext]:
    """An operation of the operator's own, outside of any request. Its calls have no limit but the sources' rates."""
    upstreams = UpstreamFactory(make_transport(settings.upstream.transport), LocalCache())
    catalog = open_catalog(settings)
    context = RequestContext(
        open_each_source(settings, upstreams, WriteCoordination()).all_or_raise(),
        calls=2**31,
        records=2**31,
        max_page_size=settings.limits.max_page_size,
        caching=True,
        base_url=str,
        seconds=_OPERATOR_SECONDS,
        priority=Priority.EXPORT,
        catalog=catalog,
    )
    try:
        yield context
    finally:
        await context.close()
        await catalog.close()
        await upstreams.close()


@asynccontextmanager
async def opened_probes(settings: Settings) -> AsyncIterator[Mapping[str, Awaitable[ProbeResult]]]:
    """The probes of all sources by name, which run concurrently."""
    upstreams = UpstreamFactory(
        make_transport(settings.upstream.transport), max_bytes=settings.upstream.answer_bytes
    )
    try:
        sources = open_each_source(settings, upstreams, WriteCoordination()).all_or_raise()
        yield {name: asyncio.create_task(probe(source)) for name, source in sources.items()}
    finally:
        await upstreams.close()
