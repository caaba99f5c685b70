"""Going from records to what they point at, and to what is inside them."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.ids import GlobalId
from gateway.connector.loading import prepare
from gateway.connector.record import Facet, Record
from gateway.errors import GatewayError
from gateway.loaders import Context, Level


def linked(name: str) -> Level:
    """
    The resolver of a link to one record: None where there is none.

    What the row tells of the linked record is enough until a field is asked for that it does not tell.
    """

    async def resolve(ctx: Context, parents: Sequence[Record], args: Mapping[str, Any]) -> list[Any]:  # noqa: ARG001
        await prepared(parents, (name,))
        return await asyncio.gather(*(_one(ctx, parent, name) for parent in parents), return_exceptions=True)

    return resolve


async def _one(ctx: Context, record: Record, name: str) -> Record | None:
    native = record.linked(name)
    if native is None:
        return None
    stub = record.session.stub(record, name)
    if stub is not None:
        return stub
    return await ctx.record_by_id.load(GlobalId(record.source.name, record.resource.links[name].type, native))


async def prepared(records: Sequence[Record], names: Sequence[str]) -> None:
    """Load what these fields of these records need, for each source at once."""
    groups: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[record.source.name].append(record)
    await asyncio.gather(*(prepare(some[0].session, some, names) for some in groups.values()))


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
