"""Resolvers of links from records to others, and of the objects nested in records."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from gateway.concurrency.gather import gather
from gateway.concurrency.time_slice import ROWS
from gateway.connector.fetching.hydrate import hydrate
from gateway.connector.fetching.session import session_of
from gateway.connector.lists.filtering import visible_records
from gateway.connector.records.column_reader import RecordColumns, RecordGroups
from gateway.connector.records.record import NestedObject, Record, group_by_resource
from gateway.connector.records.rows import owners_of, records_at
from resolvers.context import LevelResolver, RequestContext
from resolvers.field_resolver import FieldExplainer, FieldsUsed, T

if TYPE_CHECKING:
    from gateway.connector.description.resource import Resource
    from gateway.connector.fetching.session import Session
    from gateway.connector.records.origin import Origin

_ORIGIN = attrgetter("origin")


@dataclass(frozen=True, eq=False)
class LinkResolver:
    """
    Resolver of a link to one record: None if there is none.

    If the row has part of the linked record, the result is a stub of that, which is loaded once a further field is
    selected.
    """

    name: str

    async def __call__(
        self,
        ctx: RequestContext,
        parents: Sequence[Record],
        args: Mapping[str, Any],  # noqa: ARG002
    ) -> list[Any]:
        """Each parent's linked record, None, or the GatewayError in its place."""
        await hydrate_records(parents, (self.name,))
        results: list[Any] = [None] * len(parents)
        groups = group_by_resource(owners_of(parents))
        await gather([self._follow(ctx, parents, indices, results) for indices in groups])
        return results

    def fields_used(self) -> FieldsUsed:
        """The link."""
        return FieldsUsed(parent=(self.name,))

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:  # noqa: ARG002
        """The linked records."""
        return explainer.link(self.name)

    async def _follow(
        self, ctx: RequestContext, parents: Sequence[Record], indices: Sequence[int], results: list[Any]
    ) -> None:
        """Put the linked records of the parents at `indices` into `results`. They are of one source and type."""
        first = owners_of(parents)[indices[0]]
        link = first.resource.links.get(self.name)
        if link is None:
            return
        session = session_of(first.origin)
        target = session.source.resources.get(link.type)
        unresolved: defaultdict[str, list[int]] = defaultdict(list)

        for start in range(0, len(indices), ROWS):
            chunk = indices[start : start + ROWS]
            await ctx.time_slice.pause(len(chunk))
            linked = _link_targets(session, records_at(parents, chunk), self.name)
            for index, record_or_id in zip(chunk, linked, strict=True):
                if isinstance(record_or_id, str):
                    unresolved[record_or_id].append(index)
                else:
                    results[index] = record_or_id
        if target is not None and target.row_rules is not None:
            await _hide_stubs(session, target, results, indices)
        records = await ctx.record_by_id.load_group(session, link.type, list(unresolved))
        for indices_of_record, record in zip(unresolved.values(), records, strict=True):
            for index in indices_of_record:
                results[index] = record


def _link_targets(session: "Session", parents: Sequence[Record], name: str) -> Sequence[Any]:
    """
    For each of these parents of one source and type its linked record as a stub; its native id if the row has no more
    of it; None if it has none; or the GatewayError in its place.
    """
    ids = RecordColumns(parents).get(f"{name}.id")
    if owners_of(parents)[0].resource.links[name].stub is None:
        return ids
    return [
        session.stub(parent, name) or native_id if isinstance(native_id, str) else native_id
        for parent, native_id in zip(parents, ids, strict=True)
    ]


async def _hide_stubs(
    session: "Session", target: "Resource", results: list[Any], indices: Sequence[int]
) -> None:
    """Replace the stubs among the results of records that the caller may not see."""
    visible = await visible_records(session, target, [results[index] for index in indices])
    for index, record in zip(indices, visible, strict=True):
        results[index] = record


async def hydrate_records(records: Sequence[Record], names: Sequence[str]) -> None:
    """Load the details that these fields of the records need, for all sources concurrently."""
    owners = owners_of(records)
    if len(set(map(_ORIGIN, owners))) == 1:
        await hydrate(session_of(owners[0].origin), records, names)
        return
    groups: defaultdict[Origin, list[Record]] = defaultdict(list)
    for record in records:
        groups[record.origin].append(record)
    await gather(
        [hydrate(session_of(origin), source_records, names) for origin, source_records in groups.items()]
    )


def field(name: str) -> LevelResolver:
    """Resolver of a field that may have to be loaded first."""

    async def resolve(ctx: RequestContext, parents: Sequence[Record], args: Mapping[str, Any]) -> list[Any]:  # noqa: ARG001
        await hydrate_records(parents, (name,))
        return RecordGroups(parents).read(lambda columns: columns.get(name))

    return resolve


@dataclass(frozen=True, eq=False)
class NestedObjectResolver:
    """Resolver of an object nested in the record: None if the vendor has no value for any of its fields."""

    name: str

    async def __call__(
        self,
        ctx: RequestContext,  # noqa: ARG002
        parents: Sequence[Record],
        args: Mapping[str, Any],  # noqa: ARG002
    ) -> list[Any]:
        """Each parent's nested object or None."""
        # A field of one vendor's rows may cost a call for each record of another's.
        groups = RecordGroups(parents)
        await gather(
            [
                hydrate_records(columns.records, _row_fields(columns.records[0].resource, self.name))
                for _, columns in groups.groups
            ]
        )
        return groups.read(lambda columns: _nested_objects(columns, self.name))

    def fields_used(self) -> FieldsUsed:
        """All of the object: it is null if all of its fields are."""
        return FieldsUsed(parent=(f"{self.name}.",))

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:  # noqa: ARG002
        """The object in each parent."""
        return explainer.nested_object(self.name)


def _row_fields(resource: "Resource", name: str) -> list[str]:
    """The nested fields that every row has. The status is left out: by itself it says nothing."""
    return [
        field
        for field in _fields_below(resource, name)
        if resource.fields[field].detail is None and field != f"{name}.status"
    ]


def _fields_below(resource: "Resource", name: str) -> list[str]:
    return [field for field in resource.fields if field.startswith(f"{name}.")]


def _nested_objects(columns: RecordColumns, name: str) -> list[NestedObject | None]:
    """
    Each record's nested object; None if all of its fields are known to be empty.

    A field that costs a call for each record is not loaded for that: if a vendor has such a field, there is an object.
    Fields that could not be loaded raise their own errors.
    """
    resource = columns.records[0].resource
    nested_fields, row_fields = _fields_below(resource, name), _row_fields(resource, name)
    if not nested_fields or nested_fields == [f"{name}.status"]:
        return [None] * len(columns.records)
    objects: list[NestedObject | None] = [NestedObject(record, name) for record in columns.records]
    if len(row_fields) < sum(field != f"{name}.status" for field in nested_fields):
        return objects
    empty = zip(*([value is None for value in columns.get(field)] for field in row_fields), strict=True)
    return [
        None if all(nulls) else nested_object for nested_object, nulls in zip(objects, empty, strict=True)
    ]
