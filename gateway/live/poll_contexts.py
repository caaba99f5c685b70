"""Contexts of polls: operations of the gateway's own, without limits but those of a list, which take nothing cached."""

from gateway.concurrency.time_slice import TimeSlice
from gateway.connector.fetching.source import Source
from gateway.live.subscriber_groups import OpenContext
from gateway.settings import Settings
from gateway.upstream.dispatch.budget import Priority
from resolvers.context import RequestContext

_UNLIMITED = 2**31 - 1
#: A poll ends within that, however slow its source's rate is.
_SECONDS = 900.0


def poll_contexts(settings: Settings, time_slice: TimeSlice) -> OpenContext:
    """Makes the context of one poll of a source, or of a source as some callers see it."""

    def open_context(source: Source) -> RequestContext:
        return RequestContext(
            {source.name: source},
            calls=_UNLIMITED,
            max_page_size=_UNLIMITED,
            caching=settings.cache.enabled,
            base_url=str,
            records=_UNLIMITED,
            seconds=_SECONDS,
            time_slice=time_slice,
            priority=Priority.EXPORT,
            only_renews=True,
        )

    return open_context
