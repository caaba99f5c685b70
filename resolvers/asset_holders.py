"""Asset holders: the people of an e-mail address in all sources, and the assets that they have."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.connector.description.resource import Resource
from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.connector.lists.filtering import visible_records
from gateway.connector.records.record import Record
from gateway.errors import GatewayError
from resolvers.children import ChildConnection
from resolvers.context import RequestContext
from resolvers.field_resolver import FieldExplainer, FieldsUsed, T
from resolvers.identity.relations import ThingConnection
from resolvers.links import LinkResolver, hydrate_records
from resolvers.lists import Args, ParentRecords, check, list_page

_LINK = "assigned_to"
_ASSETS = ThingConnection(ChildConnection("Asset", "assignedToId"))


@dataclass(frozen=True)
class AssetHolder:
    """Whoever has an e-mail address, as the sources know them."""

    email: str

    @property
    def type_name(self) -> str:
        """The schema's type."""
        return "AssetHolder"


@dataclass(frozen=True)
class HeldRecords:
    """A source's records by the address of whom they are of. None of them is known if there is an `error`."""

    session: Session
    resource: Resource
    by_email: Mapping[str, Sequence[Record]] = field(default_factory=dict)
    error: GatewayError | None = None

    def of(self, holder: AssetHolder) -> ParentRecords:
        """Those of one holder."""
        records = self.by_email.get(_compared(holder.email), ())
        return ParentRecords(self.session, self.resource, records, self.error)


@dataclass(frozen=True, eq=False)
class HolderPeople:
    """Resolver of `AssetHolder.people`: the people of that address whom the sources list."""

    async def __call__(self, ctx: RequestContext, parents: Sequence[AssetHolder], args: Args) -> list[Any]:
        """Each holder's page."""
        people = await _people(ctx)

        async def page(holder: AssetHolder) -> Any:
            held = [source.of(holder) for source in people]
            ids = [record.id for source in held for record in source.records]
            return await list_page(ctx, "Person", args, within={"id": {"in": ids}}, parent_records=held)

        return await asyncio.gather(*map(page, parents), return_exceptions=True)

    def fields_used(self) -> FieldsUsed:
        """The addresses."""
        return FieldsUsed(list_type="Person", list_fields=("email",))

    def explain(self, explainer: FieldExplainer[T], args: Args) -> T:  # noqa: ARG002
        """The whole lists of people, of whom the address may be nobody's."""
        return explainer.subset(explainer.whole_list("Person", None))

    def check(self, ctx: RequestContext, args: Args) -> None:
        """Raise BadInput for arguments that cannot be answered, before any call."""
        check(ctx, "Person", args)


@dataclass(frozen=True, eq=False)
class HolderAssets:
    """
    Resolver of `AssetHolder.assets`: the assets of the people of that address, and at a source that lists no people
    those whose rows tell the address.
    """

    async def __call__(self, ctx: RequestContext, parents: Sequence[AssetHolder], args: Args) -> list[Any]:
        """Each holder's page."""
        people = await _people(ctx)
        by_row = await _assets_by_row(ctx)
        unknown = [
            HeldRecords(held.session, held.session.source.resources["Asset"], error=held.error)
            for held in people
            if held.error is not None and "Asset" in held.session.source.resources
        ]
        groups = [[record for held in people for record in held.of(holder).records] for holder in parents]
        others = [[held.of(holder) for held in (*by_row, *unknown)] for holder in parents]
        return await _ASSETS.pages(ctx, groups, args, others=others)

    def fields_used(self) -> FieldsUsed:
        """The addresses, and whom an asset is assigned to."""
        return FieldsUsed(list_type="Person", list_fields=("email",), asset_fields=(_LINK,))

    def explain(self, explainer: FieldExplainer[T], args: Args) -> T:
        """The whole lists of people, and their assets; the whole lists of assets of the other sources."""
        people = explainer.whole_list("Person", None)
        by_row = [
            explainer.members((_LINK,), of=explainer.whole_list("Asset", source.name))
            for source in explainer.ctx.sources.values()
            if not _lists_people(source) and _tells_holders(source)
        ]
        by_person = explainer.children(args, _ASSETS.children, of=people)
        return explainer.subset(by_person, *by_row)

    def check(self, ctx: RequestContext, args: Args) -> None:
        """Raise BadInput for arguments that cannot be answered, before any call."""
        check(ctx, "Asset", args)


def _lists_people(source: Source) -> bool:
    resource = source.resources.get("Person")
    return resource is not None and resource.list is not None


def _tells_holders(source: Source) -> bool:
    """True if the rows of its assets say whom they are assigned to."""
    resource = source.resources.get("Asset")
    return resource is not None and resource.list is not None and _LINK in resource.links


async def _people(ctx: RequestContext) -> Sequence[HeldRecords]:
    """The people of each source that lists them."""

    async def read(session: Session, resource: Resource) -> HeldRecords:
        people, error = await _whole_list(session, resource)
        return await _held(session, resource, people, people, error)

    return await asyncio.gather(
        *(
            read(ctx.session(source), source.resources["Person"])
            for source in ctx.sources.values()
            if _lists_people(source)
        )
    )


async def _assets_by_row(ctx: RequestContext) -> Sequence[HeldRecords]:
    """The assets of the other sources that tell whom they are assigned to."""

    async def read(session: Session, resource: Resource) -> HeldRecords:
        assets, error = await _whole_list(session, resource)
        people = await LinkResolver(_LINK)(ctx, assets, {}) if assets else []
        return await _held(session, resource, assets, people, error)

    return await asyncio.gather(
        *(
            read(ctx.session(source), source.resources["Asset"])
            for source in ctx.sources.values()
            if not _lists_people(source) and _tells_holders(source)
        )
    )


async def _whole_list(session: Session, resource: Resource) -> tuple[Sequence[Record], GatewayError | None]:
    """The records that the caller may see, and the error that some are missing for."""
    if resource.row_rules == ():
        return (), None
    try:
        records, error = await session.pager(resource, {}).read_all()
        visible = await visible_records(session, resource, records)
    except GatewayError as exc:
        return (), exc
    undecided = next((item for item in visible if isinstance(item, GatewayError)), None)
    return [item for item in visible if isinstance(item, Record)], error or undecided


async def _held(
    session: Session,
    resource: Resource,
    records: Sequence[Record],
    people: Sequence[Any],
    error: GatewayError | None,
) -> HeldRecords:
    """The records by the addresses of their people, who may be None, or an exception where they are not known."""
    by_email: defaultdict[str, list[Record]] = defaultdict(list)
    try:
        if error is not None:
            raise error
        await hydrate_records([person for person in people if isinstance(person, Record)], ("email",))
        for record, person in zip(records, people, strict=True):
            if isinstance(person, GatewayError):
                raise person
            if person is not None and (email := person.get("email")):
                by_email[_compared(email)].append(record)
    except GatewayError as exc:
        return HeldRecords(session, resource, error=exc)
    return HeldRecords(session, resource, by_email)


def _compared(email: str) -> str:
    """An address as it is compared: letters of both cases are equal."""
    return email.strip().casefold()
