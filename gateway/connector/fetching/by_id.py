"""Records by native id, with the fewest calls that a vendor allows."""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any
from urllib.parse import quote

from gateway.concurrency.gather import together
from gateway.connector.description import envelope
from gateway.connector.description.convert import serial
from gateway.connector.description.resource import Field, Keep, List, Resource
from gateway.connector.description.row_types import Row
from gateway.connector.fetching.session import GONE, Session
from gateway.connector.records.record import Record
from gateway.errors import GatewayError, UpstreamRejected

#: With more ids than this, one list is cheaper than a call for each.
FEW = 3

Found = Record | None | GatewayError


async def by_ids(session: Session, resource: Resource, wanted: Sequence[str]) -> dict[str, Found]:
    """Records by native id, with the fewest calls that the vendor allows; a failure stands in its record's place."""
    ids = list(dict.fromkeys(wanted))
    if not ids:
        return {}
    match way(resource, len(ids), is_read=session.is_read(resource)):
        case Way.BATCH:
            return await _batched(session, resource, ids)
        case Way.FIND:
            return await _each(ids, lambda native: _found(session, resource, native))
        case Way.WITHIN:
            return await _each(ids, lambda native: _within(session, resource, native))
        case Way.LIST:
            return await _listed(session, resource, ids)
        case Way.GET:
            return await _each(ids, lambda native: _got(session, resource, native))
        case Way.NONE:
            return dict.fromkeys(ids)


class Way(Enum):
    """How records are had by their ids."""

    BATCH = "several in a list call"
    FIND = "each in a list that its id names"
    WITHIN = "each inside another record"
    LIST = "out of the whole list"
    GET = "each with a call of its own"
    NONE = "not at all"


def way(resource: Resource, wanted: int, *, is_read: bool) -> Way:
    """The way for so many ids; `is_read` says that the whole list has been read already."""
    listed = resource.list
    if resource.batch is not None and wanted > 1:
        return Way.BATCH
    if resource.find is not None:
        return Way.FIND
    if resource.within is not None:
        return Way.WITHIN
    if resource.get is None:
        return Way.NONE if listed is None else Way.LIST
    return Way.LIST if listed is not None and _list_is_cheaper(listed, wanted, is_read=is_read) else Way.GET


def is_table(resource: Resource) -> bool:
    """Whether several records of the resource are looked up in its list, which is small and kept for minutes."""
    listed = resource.list
    return listed is not None and listed.keep is not Keep.ROWS and way(resource, 2, is_read=False) is Way.LIST


def _list_is_cheaper(listed: List, wanted: int, *, is_read: bool) -> bool:
    """Whether one list takes no more calls than a get for each: tables are small, and what is read is read."""
    if listed.keep is not Keep.ROWS:
        return wanted > 1 or is_read
    return listed.paging is None and (wanted > FEW or is_read)


async def _each(ids: Sequence[str], get: Callable[[str], Any]) -> dict[str, Found]:
    async def one(native: str) -> Found:
        try:
            found: Found = await get(native)
        except GatewayError as exc:
            return exc
        return found

    return dict(zip(ids, await together([one(native) for native in ids]), strict=True))


async def _batched(session: Session, resource: Resource, ids: Sequence[str]) -> dict[str, Found]:
    assert resource.batch is not None
    param, size = resource.batch.param, resource.batch.size

    async def chunk(some: Sequence[str]) -> dict[str, Found]:
        try:
            pager = session.pager(resource, {param: ",".join(some)})
            first = await pager.page(1)
            records, fault = first.records, first.fault
            if not records.sheet.places.keys() >= set(some):
                records, fault = await pager.everything()
        except GatewayError as exc:
            return dict.fromkeys(some, exc)
        known = records.named(some)
        return {native: known.get(native, fault) for native in some}

    found: dict[str, Found] = {}
    for one in await together([chunk(ids[at : at + size]) for at in range(0, len(ids), size)]):
        found |= one
    return found


async def _listed(session: Session, resource: Resource, ids: Sequence[str]) -> dict[str, Found]:
    try:
        records, fault = await session.pager(resource, {}).everything()
    except GatewayError as exc:
        return dict.fromkeys(ids, exc)
    known = records.named(ids)
    return {native: known.get(native, fault) for native in ids}


async def _found(session: Session, resource: Resource, native: str) -> Record | None:
    assert resource.find is not None
    records, fault = await session.pager(resource, resource.find.params(native)).everything()
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
        resource.list is not None and resource.list.where is not None and not resource.list.where(row)
    ):
        return None
    assert resource.get is not None
    record = session.record(resource, row, loaded=resource.get.has)
    if record is None:
        raise session.garbled("a record was promised, something else came")
    return record


async def _by_other_name(session: Session, resource: Resource, name: str, names: Field) -> Record | None:
    """The record that has a name which the vendor does not find records by."""
    if resource.list is None or name.isdecimal():
        return None
    records, fault = await session.pager(resource, {}).everything()
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
        told = await session.ask(path, resource.get.params, keep=Keep.ROWS)
    except UpstreamRejected as exc:
        if exc.status in GONE:
            return None
        raise
    try:
        return envelope.one(told.answer, native)
    except envelope.OddEnvelope as exc:
        raise session.garbled("a record was promised, something else came") from exc


async def _within(session: Session, resource: Resource, native: str) -> Record | None:
    """A record that is told only inside another one."""
    assert resource.within is not None
    outer = session.source.resources[resource.within.type]
    name = resource.within.link
    owner = resource.within.owner(native) if resource.within.owner is not None else None
    if owner is not None:
        found = (await by_ids(session, outer, [owner]))[owner]
        if isinstance(found, GatewayError):
            raise found
        candidates = [found] if found is not None else []
    else:
        everyone, fault = await session.pager(outer, {}).everything()
        candidates = list(everyone)
        if fault is not None:
            raise fault
    for record in candidates:
        if record.linked(name) == native:
            return session.stub(record, name)
    return None
