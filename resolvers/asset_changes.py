"""Resolvers of the subscription `assetChanged`, and the changes of assets that it tells of."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from gateway.connector.description.ids import GlobalId
from gateway.connector.description.row_types import Row
from gateway.connector.fetching.source import Source
from gateway.connector.records.record import Record
from gateway.errors import BadInput
from resolvers.context import RequestContext
from resolvers.field_resolver import NO_FIELDS, FieldExplainer, FieldsUsed, T
from resolvers.lists import look_up_ids

ASSET = "Asset"
_OWN_ACCOUNTS = (
    "Changes are read by the gateway's own accounts: subscribe without X-Source-Authorization headers."
)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field in the schema's words, with its values before and after."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """
    A change of an asset, or a gap: changes of the source may have been missed. `row` is the asset's row after the
    change, with the details that it includes.
    """

    kind: str
    source: Source
    seen_at: datetime
    native_id: str | None = None
    row: Row | None = None
    loaded: frozenset[str] = frozenset()
    fields: Sequence[FieldChange] = ()

    @property
    def id(self) -> str | None:
        """The asset's global id."""
        return None if self.native_id is None else str(GlobalId(self.source.name, ASSET, self.native_id))


def gap(source: Source, seen_at: datetime) -> RecordChange:
    """A gap of a source."""
    return RecordChange(kind="GAP", source=source, seen_at=seen_at)


class ChangeFeed(Protocol):
    """Feed of the changes of all sources' assets."""

    def subscribe(
        self, ctx: RequestContext, filter_input: Mapping[str, Any]
    ) -> AsyncGenerator[RecordChange, None]:
        """The changes of assets that satisfy a filter before or after, until it is closed. Raises BadInput."""
        ...

    def poll_seconds(self, source: Source) -> float | None:
        """Seconds between two polls of a source; None if it has no list of assets."""
        ...

    def on_written(self, record: Record) -> None:
        """Tell of a record that the gateway has created or changed. Sends no request by itself."""
        ...

    def on_deleted(self, source: Source, global_id: GlobalId) -> None:
        """Tell of a record that the gateway has deleted."""
        ...


@dataclass(frozen=True, eq=False)
class AssetChanged:
    """Resolver of the subscription: a stream of events, and for each the event that its operation is run for."""

    async def events(
        self, ctx: RequestContext, args: Mapping[str, Any]
    ) -> AsyncGenerator[RecordChange, None]:
        """The changes. Raises BadInput."""
        if ctx.changes is None:
            raise BadInput(_OWN_ACCOUNTS)
        filter_input = args.get("filter") or {}
        if ctx.has_row_rules:
            await look_up_ids(ctx, ASSET, filter_input)
        return ctx.changes.subscribe(ctx, filter_input)

    async def __call__(
        self,
        ctx: RequestContext,
        parents: Sequence[Any],
        args: Mapping[str, Any],  # noqa: ARG002
    ) -> list[Any]:
        """The operation's event, for the root."""
        return [ctx.event] * len(parents)

    def fields_used(self) -> FieldsUsed:
        """A change has the whole row."""
        return NO_FIELDS

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:  # noqa: ARG002
        """One poll of each source: its whole list."""
        return explainer.whole_list(ASSET, None)


@dataclass(frozen=True, eq=False)
class ChangedAsset:
    """Resolver of a change's asset, made of the row that the change brings: no call."""

    async def __call__(
        self,
        ctx: RequestContext,
        parents: Sequence[RecordChange],
        args: Mapping[str, Any],  # noqa: ARG002
    ) -> list[Record | None]:
        """Each change's asset; None if it has none."""
        return [self._record(ctx, change) for change in parents]

    def fields_used(self) -> FieldsUsed:
        """A change has the whole row."""
        return NO_FIELDS

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:  # noqa: ARG002
        """The record that the poll has read."""
        return explainer.no_calls()

    @staticmethod
    def _record(ctx: RequestContext, change: RecordChange) -> Record | None:
        source = ctx.sources.get(change.source.name)
        if change.row is None or source is None or ASSET not in source.resources:
            return None
        return ctx.session(source).record(source.resources[ASSET], change.row, loaded=change.loaded)


async def poll_seconds(
    ctx: RequestContext,
    parents: Sequence[Source],
    args: Mapping[str, Any],  # noqa: ARG001
) -> list[float | None]:
    """Each source's seconds between two polls of its assets."""
    return [None if ctx.changes is None else ctx.changes.poll_seconds(source) for source in parents]
