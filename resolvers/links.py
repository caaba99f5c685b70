"""Going from records to what they point at, and to what is inside them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.ids import GlobalId
from gateway.connector.loading import prepare
from gateway.connector.record import Facet, Record
from gateway.errors import GatewayError
from gateway.loaders import Context, Level
from gateway.waiting import together


def linked(name: str) -> Level:
    """
    The resolver of a link to one record: None where there is none.

    What the row tells of the linked record is enough until a field is asked for that it does not tell.
    """

    async def resolve(ctx: Context, parents: Sequence[Record], args: Mapping[str, Any]) -> list[Any]:  # noqa: ARG001
        await prepared(parents, (name,))
        found: list[Any] = [None] * len(parents)
        wanted: defaultdict[GlobalId, list[int]] = defaultdict(list)
        for at, parent in enumerate(parents):
            try:
                native = parent.linked(name)
            except GatewayError as exc:
                found[at] = exc
                continue
            if native is not None:
                found[at] = parent.session.stub(parent, name)
                if found[at] is None:
                    type_name = parent.resource.links[name].type
                    wanted[GlobalId(parent.source.name, type_name, native)].append(at)
        for one, records in zip(wanted.values(), await ctx.record_by_id.load_many(list(wanted)), strict=True):
            for at in one:
                found[at] = records
        return found

    return resolve


async def prepared(records: Sequence[Record], names: Sequence[str]) -> None:
    """Load what these fields of these records need, for each source at once."""
    groups: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        if not all(record.ready(name) for name in names):
            groups[record.source.name].append(record)
    await together([prepare(some[0].session, some, names) for some in groups.values()])


def field(name: str) -> Level:
    """The resolver of a field that may have to be loaded first."""

    async def resolve(ctx: Context, parents: Sequence[Record], args: Mapping[str, Any]) -> list[Any]:  # noqa: ARG001
        await prepared(parents, (name,))
        return [_value(parent, name) for parent in parents]

    return resolve


def _value(record: Record, name: str) -> Any:
    try:
        return record.get(name)
    except GatewayError as exc:
        return exc


def facet(name: str) -> Level:
    """The resolver of an object inside the record: None where the vendor tells nothing of it."""

    async def resolve(ctx: Context, parents: Sequence[Record], args: Mapping[str, Any]) -> list[Any]:  # noqa: ARG001
        return [_facet(parent, name) for parent in parents]

    return resolve


def _facet(record: Record, name: str) -> Facet | None:
    inside = [field for field in record.resource.fields if field.startswith(f"{name}.")]
    told = [field for field in inside if not field.endswith(".status") and field != f"{name}.status"]
    if not inside:
        return None
    # What is not known yet may be there; the status alone says nothing.
    if all(record.ready(field) and record.get(field) is None for field in told):
        return None
    return Facet(record, name)
