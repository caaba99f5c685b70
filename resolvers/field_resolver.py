"""
Interface of a field's resolver: its values, the fields of records that it reads by itself, and the calls that it takes.

The layers above ask a resolver for these, and know none of the classes.
"""

from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from gateway.connector.description.ids import GlobalId
from gateway.connector.description.vocabulary import GroupTerm
from gateway.connector.fetching.source import Source
from resolvers.context import LevelResolver, RequestContext

if TYPE_CHECKING:
    from resolvers.children import ChildConnection

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class FieldsUsed:
    """
    Names of the fields, links and nested records that a resolver reads, beside those selected below its field.

    `parent` are the parent record's, with `warranty.` for all of a nested object. `list_type` is the type of the
    records that it lists: it reads their `list_fields`, and all that the arguments `filter` and `orderBy` name.
    `unbounded` says that any field of the records below may be read. `asset_fields` are read of assets that the parents
    are made of, as unified assets are.
    """

    parent: tuple[str, ...] = ()
    asset_fields: tuple[str, ...] = ()
    list_type: str = ""
    list_fields: tuple[str, ...] = ()
    unbounded: bool = False


#: A resolver that reads no record by itself.
NO_FIELDS = FieldsUsed()


class FieldExplainer(Protocol[T]):
    """
    Explains one field for all parents of its level: each method is one kind of read, and gives the records (`T`)
    that the field then leads to. Nothing is asked of a source.
    """

    @property
    def ctx(self) -> RequestContext:
        """The context of the operation that is explained."""
        ...

    def no_calls(self) -> T:
        """Values that take no call, and lead to no record."""
        ...

    def nested_object(self, name: str, /) -> T:
        """An object inside each parent."""
        ...

    def link(self, name: str, /) -> T:
        """The record that each parent's link points at."""
        ...

    def children(
        self, args: Mapping[str, Any], connection: "ChildConnection", /, *, of: T | None = None
    ) -> T:
        """A page of each parent's records of a type; or of the records `of`."""
        ...

    def list_page(self, type_name: str, args: Mapping[str, Any], /) -> T:
        """One page of a list over all sources."""
        ...

    def whole_list(self, type_name: str, source: str | None, /) -> T:
        """All records of a type, of all sources or of one."""
        ...

    def whole_assets(
        self, names: Sequence[str], filter_input: Mapping[str, Any] | None, /, *, is_single: bool = False
    ) -> T:
        """
        All assets of all sources, with the reference tables that these fields need, and what a filter on them needs.
        Leads to some of the assets, or with `is_single` to those of single things.
        """
        ...

    def counts(self, type_name: str, filter_input: Mapping[str, Any], terms: Sequence[GroupTerm], /) -> T:
        """All records of a type that a filter finds, read to be counted by these terms. Leads to no record."""
        ...

    def members(self, names: Sequence[str], /, *, of: T | None = None) -> T:
        """
        The assets that each parent is made of, or those in `of`, with the reference tables that these fields of theirs
        need.
        """
        ...

    def subset(self, *records: T) -> T:
        """Some of all of these records, or none."""
        ...

    def records_by_id(self, ids: Sequence[GlobalId], /) -> T:
        """Records by their global ids."""
        ...

    def source_call(self, source: Source, call: str, /) -> T:
        """One of the source's further reads, once."""
        ...

    def record_call(self, call: str, /) -> T:
        """One of the sources' further reads for each parent, of those that have it."""
        ...


@runtime_checkable
class FieldResolver(Protocol):
    """The resolver of one field of the schema. Every entry of `RESOLVERS` is one."""

    def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any], /
    ) -> Awaitable[Sequence[Any]]:
        """The field's value for each parent of a level, in their order. A failure stands in its value's place."""
        ...

    def fields_used(self) -> FieldsUsed:
        """The fields of records that it reads by itself: lists are decoded no further than these need."""
        ...

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any], /) -> T:
        """Say to `explainer` how the values are read. Raises the GatewayError that refuses these arguments."""
        ...


@runtime_checkable
class EventResolver(FieldResolver, Protocol):
    """The resolver of a subscription's field. Its value is the context's event."""

    async def events(self, ctx: RequestContext, args: Mapping[str, Any], /) -> AsyncGenerator[Any, None]:
        """The events, each of which the operation is run for. Raises GatewayError for arguments that it refuses."""
        ...


@dataclass(frozen=True, eq=False)
class FunctionResolver:
    """
    A plain function as a resolver: of values that take no call, or of a mutation, which is never explained. A mutation
    has its `operation`, such as `asset.checkout`.
    """

    function: LevelResolver
    used: FieldsUsed = NO_FIELDS
    operation: str = ""

    def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> Awaitable[Sequence[Any]]:
        """Each parent's value."""
        return self.function(ctx, parents, args)

    def fields_used(self) -> FieldsUsed:
        """As declared."""
        return self.used

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:  # noqa: ARG002
        """No call is made."""
        return explainer.no_calls()
