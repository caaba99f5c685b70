"""Things by serial number, tag or id, and the thing of an asset."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.connector.description.ids import excerpt
from gateway.connector.records.record import Record
from gateway.errors import BadInput, GatewayError
from gateway.identity import UNIFIED_SOURCE, IdentityGroup, unified_id
from gateway.identity.matching_view import MatchingView, ThingRecords
from resolvers.context import RequestContext
from resolvers.field_resolver import FieldExplainer, FieldsUsed, T
from resolvers.identity.reading import AssetReading, read_assets
from resolvers.identity.rows import IDENTITY_FIELDS
from resolvers.identity.things import Thing, make_thing
from resolvers.partial import PartialAnswer

#: The fields of assets that finding a thing reads.
IDENTITY_USED = FieldsUsed(asset_fields=IDENTITY_FIELDS)
_LONGEST = 10_000
_PREFIX = f"{UNIFIED_SOURCE}:UnifiedAsset:"


@dataclass(frozen=True, eq=False)
class UnifiedAssetResolver:
    """Resolver of `unifiedAsset(serialNumber:, assetTag:)`: None if no thing has them."""

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """The one thing for the root. Raises BadInput if several have them, with their ids."""
        number, tag = self._written(args)
        reading = await read_assets(ctx)
        thing = await _one_thing(reading, lambda view: _named(view, number, tag))
        return [PartialAnswer(thing, reading.errors)] * len(parents)

    def fields_used(self) -> FieldsUsed:
        """All that identity compares."""
        return IDENTITY_USED

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:
        """The whole lists. Raises BadInput."""
        self._written(args)
        return explainer.whole_assets(IDENTITY_FIELDS, None, is_single=True)

    @staticmethod
    def _written(args: Mapping[str, Any]) -> tuple[str | None, str | None]:
        written = args.get("serialNumber"), args.get("assetTag")
        if written == (None, None):
            raise BadInput("Give a `serialNumber` or an `assetTag`.")
        for value in written:
            if value is not None and len(value) > _LONGEST:
                raise BadInput(f"A serial number or a tag has at most {_LONGEST} characters.")
        return written


def _named(
    view: MatchingView, number: str | None, tag: str | None
) -> Generator[None, None, list[IdentityGroup]]:
    groups = None if number is None else view.with_serial_number(number)
    if tag is None:
        return groups or []
    tagged = yield from view.with_asset_tag(tag)
    return tagged if groups is None else [group for group in tagged if group in groups]


@dataclass(frozen=True, eq=False)
class UnifiedResolver:
    """Resolver of `Asset.unified`: None for a record that is in no list, as a deleted one."""

    async def __call__(
        self,
        ctx: RequestContext,
        parents: Sequence[Record],
        args: Mapping[str, Any],  # noqa: ARG002
    ) -> list[Any]:
        """Each asset's thing."""
        reading = await read_assets(ctx)
        things = await things_of(reading, parents)
        by_id: dict[str, Thing] = {}
        return [
            PartialAnswer(
                None if thing is None else by_id.setdefault(thing.id, make_thing(reading, thing)),
                reading.errors,
            )
            for thing in things
        ]

    def fields_used(self) -> FieldsUsed:
        """All that identity compares."""
        return IDENTITY_USED

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:  # noqa: ARG002
        """The whole lists."""
        return explainer.whole_assets(IDENTITY_FIELDS, None)


def is_unified(written: str) -> bool:
    """True for an id of the form that unified assets have."""
    return written.startswith(_PREFIX)


async def unified_node(ctx: RequestContext, written: str) -> PartialAnswer:
    """The thing of a unified asset's id, or None. Raises BadInput if several share the number that it is made of."""
    if len(written) > _LONGEST:
        raise BadInput(f"{excerpt(written)} is not an id of this gateway.")
    reading = await read_assets(ctx)
    thing = await _one_thing(reading, lambda view: _with_id(view, written))
    return PartialAnswer(thing, reading.errors)


async def things_by_key(
    ctx: RequestContext, keys: Sequence[tuple[str, str]]
) -> tuple[list[Thing | BadInput | None], Sequence[GatewayError]]:
    """
    The thing of each key (`id`, `serialNumber` or `assetTag`) and its value, by one reading: None if there is none,
    and the refusal if several have it. With the errors of sources that may know more.
    """

    def job(view: MatchingView) -> Generator[None, None, list[ThingRecords | BadInput | None]]:
        answers: list[ThingRecords | BadInput | None] = []
        for key, written in keys:
            if len(written) > _LONGEST:
                answers.append(BadInput(f"A key has at most {_LONGEST} characters."))
            elif key == "id":
                answers.append(_only_thing(view, view.with_id(written)))
            elif key == "serialNumber":
                answers.append(_only_thing(view, view.with_serial_number(written)))
            else:
                answers.append(_only_thing(view, (yield from view.with_asset_tag(written))))
            yield
        return answers

    reading = await read_assets(ctx)
    answers = await reading.use(job)
    things = [make_thing(reading, item) if isinstance(item, ThingRecords) else item for item in answers]
    return things, reading.errors


def _with_id(view: MatchingView, written: str) -> Generator[None, None, list[IdentityGroup]]:
    yield
    return view.with_id(written)


async def _one_thing(reading: AssetReading, find: Any) -> Thing | None:
    def job(view: MatchingView) -> Generator[None, None, ThingRecords | BadInput | None]:
        return _only_thing(view, (yield from find(view)))

    answer = await reading.use(job)
    if isinstance(answer, BadInput):
        raise answer
    return None if answer is None else make_thing(reading, answer, is_single=True)


def _only_thing(view: MatchingView, groups: Sequence[IdentityGroup]) -> ThingRecords | BadInput | None:
    """The thing of one group; the refusal of several, with their ids."""
    if len(groups) > 1:
        thing_ids = [unified_id(view.matching, group) for group in groups]
        shown = ", ".join(thing_ids[:10])
        return BadInput(f"{len(thing_ids)} things share this: ask for one of them with `node(id:)`: {shown}.")
    return view.thing(groups[0]) if groups else None


async def things_of(reading: AssetReading, assets: Sequence[Record]) -> list[ThingRecords | None]:
    """Each asset's thing; None for one that is in no list."""

    def job(view: MatchingView) -> Generator[None, None, list[ThingRecords | None]]:
        things: list[ThingRecords | None] = []
        for asset in assets:
            things.append(view.thing_of(asset.id))
            yield
        return things

    return await reading.use(job)
