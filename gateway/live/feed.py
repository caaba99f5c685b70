"""Feed of the changes of all sources' assets, over a poller for each source that somebody follows."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from gateway.connector.description.ids import GlobalId
from gateway.connector.fetching.source import Source
from gateway.connector.lists import cursor
from gateway.connector.lists.conditions import FALSE
from gateway.connector.records.record import Record
from gateway.live.poller import SourcePoller
from gateway.live.subscriber import Subscriber
from gateway.live.subscriber_groups import Interest, OpenContext
from gateway.settings import LiveSettings
from resolvers.asset_changes import ASSET, RecordChange
from resolvers.context import RequestContext
from resolvers.lists import conditions_of


class AssetFeed:
    """
    Change feed. A source is polled as long as somebody subscribes to changes that may be its, once for all subscribers.
    `open_context` makes the context of one poll.
    """

    def __init__(
        self, sources: Mapping[str, Source], open_context: OpenContext, settings: LiveSettings
    ) -> None:
        self._pollers = {
            name: SourcePoller(source, open_context, settings)
            for name, source in sources.items()
            if ASSET in source.resources and source.resources[ASSET].list is not None
        }

    def subscribe(
        self, ctx: RequestContext, filter_input: Mapping[str, Any]
    ) -> AsyncGenerator[RecordChange, None]:
        """The changes of assets that satisfy a filter before or after, as the caller sees them. Raises BadInput."""
        key = cursor.identity(filter_input, ctx.visibility_digest)
        return self._changes(
            [
                Interest(key=key, source=source, condition=condition)
                for source, _, condition in conditions_of(ctx, ASSET, filter_input)
                if condition is not FALSE and ASSET in source.resources and source.name in self._pollers
            ]
        )

    def poll_seconds(self, source: Source) -> float | None:
        """Seconds between two polls of a source, by what the last one took; None if it has no list of assets."""
        poller = self._pollers.get(source.name)
        return None if poller is None else poller.interval

    def on_written(self, record: Record) -> None:
        """Tell of a record that the gateway has created or changed."""
        if record.type_name == ASSET and record.source.name in self._pollers:
            self._pollers[record.source.name].on_written(record)

    def on_deleted(self, source: Source, global_id: GlobalId) -> None:
        """Tell of a record that the gateway has deleted."""
        if global_id.type == ASSET and source.name in self._pollers:
            self._pollers[source.name].on_deleted(global_id.native_id)

    async def close(self) -> None:
        """End all polls."""
        for poller in self._pollers.values():
            await poller.close()

    async def _changes(self, interests: Sequence[Interest]) -> AsyncGenerator[RecordChange, None]:
        subscriber = Subscriber()
        try:
            for interest in interests:
                self._pollers[interest.source.name].add(subscriber, interest)
            while True:
                yield await subscriber.next()
        finally:
            for interest in interests:
                self._pollers[interest.source.name].remove(subscriber, interest)
