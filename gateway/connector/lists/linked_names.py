"""Names of linked records: off the rows that link to them, or looked up with the fewest calls."""

from collections.abc import Mapping, Sequence

from gateway.connector.fetching.by_id import RecordOrError, by_ids
from gateway.connector.fetching.hydrate import hydrate
from gateway.connector.fetching.session import Session
from gateway.connector.lists.filtering import visible_records
from gateway.connector.records.record import Record
from gateway.errors import GatewayError

_NAME = "name"


async def read_linked_names(
    session: Session, records: Sequence[Record], link_name: str
) -> dict[str, str | GatewayError | None]:
    """
    The name of each record that a link of these records points at, by native id.

    The records are of one resource. A GatewayError stands for a name that cannot be read.
    """
    await hydrate(session, records, (link_name,))
    linking: dict[str, Record] = {}
    async for chunk in session.time_slice.chunks(records):
        for record in chunk:
            try:
                native_id = record.linked_id(link_name)
            except GatewayError:
                continue
            if native_id is not None:
                linking.setdefault(native_id, record)
    if not linking:
        return {}
    link = records[0].resource.links[link_name]
    return await read_names(session, link.type, linking, link_name)


async def read_names(
    session: Session, type_name: str, linking: Mapping[str, Record], link_name: str
) -> dict[str, str | GatewayError | None]:
    """The names of records of a type, given with a record that links to each; None for one that is not visible."""
    linked = await read_linked(session, type_name, linking, link_name)
    await hydrate(session, [record for record in linked.values() if isinstance(record, Record)], (_NAME,))
    return {native_id: _name_of(record) for native_id, record in linked.items()}


async def read_linked(
    session: Session, type_name: str, linking: Mapping[str, Record], link_name: str
) -> dict[str, RecordOrError]:
    """Records of a type, given with a record that links to each: stubs, where that has part of them."""
    resource = session.source.resources.get(type_name)
    if resource is None:
        return dict.fromkeys(linking)
    stubs = {native_id: session.stub(record, link_name) for native_id, record in linking.items()}
    missing = [native_id for native_id, stub in stubs.items() if stub is None]
    linked: dict[str, RecordOrError] = {**stubs, **await by_ids(session, resource, missing)}
    return dict(zip(linked, await visible_records(session, resource, list(linked.values())), strict=True))


def _name_of(record: RecordOrError) -> str | GatewayError | None:
    if not isinstance(record, Record):
        return record
    try:
        name: str | None = record.get(_NAME)
    except GatewayError as exc:
        return exc
    return name
