"""Records by native id, with the fewest calls that a vendor allows."""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any
from urllib.parse import quote

from gateway.concurrency.gather import gather
from gateway.connector.description import envelope
from gateway.connector.description.convert import serial
from gateway.connector.description.resource import Field, List, Resource, Ttl
from gateway.connector.description.row_types import Row
from gateway.connector.fetching.session import GONE, Session
from gateway.connector.records.record import Record
from gateway.errors import GatewayError, UpstreamRejected

#: With more ids than this, one list is cheaper than a call for each.
FEW = 3

RecordOrError = Record | None | GatewayError


async def by_ids(session: Session, resource: Resource, ids: Sequence[str]) -> dict[str, RecordOrError]:
    """Records by native id, with the fewest calls that the vendor allows; a failure stands in its record's place."""
    ids = list(dict.fromkeys(ids))
    if not ids:
        return {}
    match choose_lookup(resource, len(ids), is_read=session.is_read(resource)):
        case LookupStrategy.BATCH:
            return await _batched(session, resource, ids)
        case LookupStrategy.FIND:
            return await _each(ids, lambda native: _found(session, resource, native))
        case LookupStrategy.WITHIN:
            return await _each(ids, lambda native: _within(session, resource, native))
        case LookupStrategy.LIST:
            return await _listed(session, resource, ids)
        case LookupStrategy.GET:
            return await _each(ids, lambda native: _got(session, resource, native))
        case LookupStrategy.NONE:
            return dict.fromkeys(ids)


class LookupStrategy(Enum):
    """How records are had by their ids."""

    BATCH = "several in a list call"
    FIND = "each in a list that its id names"
    WITHIN = "each inside another record"
    LIST = "out of the whole list"
    GET = "each with a call of its own"
    NONE = "not at all"


def choose_lookup(resource: Resource, ids: int, *, is_read: bool) -> LookupStrategy:
    """The way for so many ids; `is_read` says that the whole list has been read already."""
    listed = resource.list
    if resource.batch is not None and ids > 1:
        return LookupStrategy.BATCH
    if resource.list_lookup is not None:
        return LookupStrategy.FIND
    if resource.embedded_in is not None:
        return LookupStrategy.WITHIN
    if resource.get is None:
        return LookupStrategy.NONE if listed is None else LookupStrategy.LIST
    return (
        LookupStrategy.LIST
        if listed is not None and _list_is_cheaper(listed, ids, is_read=is_read)
        else LookupStrategy.GET
    )


def is_reference_table(resource: Resource) -> bool:
    """Whether several records of the resource are looked up in its list, which is small and kept for minutes."""
    listed = resource.list
    return (
        listed is not None
        and listed.ttl is not Ttl.ROWS
        and choose_lookup(resource, 2, is_read=False) is LookupStrategy.LIST
    )


def _list_is_cheaper(listed: List, wanted: int, *, is_read: bool) -> bool:
    """Whether one list takes no more calls than a get for each: tables are small, and what is read is read."""
    if listed.ttl is not Ttl.ROWS:
        return wanted > 1 or is_read
    return listed.paging is None and (wanted > FEW or is_read)


async def _each(ids: Sequence[str], get: Callable[[str], Any]) -> dict[str, RecordOrError]:
    async def one(native: str) -> RecordOrError:
        try:
            found: RecordOrError = await get(native)
        except GatewayError as exc:
            return exc
        return found

    return dict(zip(ids, await gather([one(native) for native in ids]), strict=True))


async def _batched(session: Session, resource: Resource, ids: Sequence[str]) -> dict[str, RecordOrError]:
    assert resource.batch is not None
    param, size = resource.batch.param, resource.batch.size

    async def chunk(some: Sequence[str]) -> dict[str, RecordOrError]:
        try:
            pager = session.pager(resource, {param: ",".join(some)})
            first = await pager.page(1)
            records, fault = first.records, first.error
            if not records.sheet.index_of.keys() >= set(some):
                records, fault = await pager.read_all()
        except GatewayError as exc:
            return dict.fromkeys(some, exc)
        known = records.by_ids(some)
        return {native: known.get(native, fault) for native in some}

    found: dict[str, RecordOrError] = {}
    for one in await gather([chunk(ids[at : at + size]) for at in range(0, len(ids), size)]):
        found |= one
    return found


async def _listed(session: Session, resource: Resource, ids: Sequence[str]) -> dict[str, RecordOrError]:
    try:
        records, fault = await session.pager(resource, {}).read_all()
    except GatewayError as exc:
        return dict.fromkeys(ids, exc)
    known = records.by_ids(ids)
    return {native: known.get(native, fault) for native in ids}


async def _found(session: Session, resource: Resource, native: str) -> Record | None:
    assert resource.list_lookup is not None
    records, fault = await session.pager(resource, resource.list_lookup.params(native)).read_all()
    found = records.find(native)
    if found is None and fault is not None:
        raise fault
    return found


async def _got(session: Session, resource: Resource, native: str) -> Record | None:
    assert resource.get is not None
    row = await row_of(session, resource, native)
    if row is None and resource.get.also_known_as is not None:
        return await _by_other_name(session, resource, native, resource.get.also_known_as)
    if row is None or (
        resource.list is not None
        and resource.list.row_filter is not None
        and not resource.list.row_filter(row)
    ):
        return None
    assert resource.get is not None
    record = session.record(resource, row, loaded=resource.get.includes)
    if record is None:
        raise session.invalid_response("a record was promised, something else came")
    return record


async def _by_other_name(session: Session, resource: Resource, name: str, names: Field) -> Record | None:
    """The record that has a name which the vendor does not find records by."""
    if resource.list is None or name.isdecimal():
        return None
    records, fault = await session.pager(resource, {}).read_all()
    for record in records:
        if serial(name) in map(serial, names.value(record.row, session.tables)):
            return record
    if fault is not None:
        raise fault
    return None


async def row_of(session: Session, resource: Resource, native: str) -> Row | None:
    """The row of a get, or None where the vendor says that there is no such record. Raises UpstreamError."""
    assert resource.get is not None
    path = resource.get.path.replace("{id}", quote(native, safe=""))
    try:
        told = await session.get(path, resource.get.params, ttl=Ttl.ROWS)
    except UpstreamRejected as exc:
        if exc.status in GONE:
            return None
        raise
    try:
        return envelope.find_record(told.answer, native)
    except envelope.UnknownEnvelope as exc:
        raise session.invalid_response("a record was promised, something else came") from exc


async def _within(session: Session, resource: Resource, native: str) -> Record | None:
    """A record that is told only inside another one."""
    assert resource.embedded_in is not None
    outer = session.source.resources[resource.embedded_in.type]
    name = resource.embedded_in.link
    owner = resource.embedded_in.owner(native) if resource.embedded_in.owner is not None else None
    if owner is not None:
        found = (await by_ids(session, outer, [owner]))[owner]
        if isinstance(found, GatewayError):
            raise found
        candidates = [found] if found is not None else []
    else:
        everyone, fault = await session.pager(outer, {}).read_all()
        candidates = list(everyone)
        if fault is not None:
            raise fault
    for record in candidates:
        if record.linked_id(name) == native:
            return session.stub(record, name)
    return None
