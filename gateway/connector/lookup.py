"""Records by native id, with the fewest calls that a vendor allows."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from gateway.connector import envelope
from gateway.connector.convert import serial
from gateway.connector.record import Record
from gateway.connector.session import GONE, Session
from gateway.connector.spec import Keep, List, Params, Resource, Row
from gateway.errors import GatewayError, UpstreamRejected

#: With more ids than this, one list is cheaper than a call for each.
_FEW = 3

Found = Record | None | GatewayError


async def by_ids(session: Session, resource: Resource, wanted: Sequence[str]) -> dict[str, Found]:
    """Records by native id, with the fewest calls that the vendor allows; a failure stands in its record's place."""
    ids = list(dict.fromkeys(wanted))
    if not ids:
        return {}
    listed = resource.list
    if resource.batch is not None and len(ids) > 1:
        return await _batched(session, resource, ids)
    find = resource.find
    if find is not None:
        return await _each(ids, lambda native: _in_list(session, resource, find.params(native), native))
    if resource.within is not None:
        return await _each(ids, lambda native: _within(session, resource, native))
    if resource.get is None or (listed is not None and _list_is_cheaper(session, resource, listed, len(ids))):
        if listed is None:
            return dict.fromkeys(ids)
        return await _listed(session, resource, ids)
    return await _each(ids, lambda native: _got(session, resource, native))


def _list_is_cheaper(session: Session, resource: Resource, listed: List, wanted: int) -> bool:
    """Whether one list takes no more calls than a get for each: tables are small, and what is read is read."""
    if listed.keep is not Keep.ROWS:
        return wanted > 1 or session.is_read(resource)
    return listed.paging is None and (wanted > _FEW or session.is_read(resource))


async def _each(ids: Sequence[str], get: Callable[[str], Any]) -> dict[str, Found]:
    async def one(native: str) -> Found:
        try:
            found: Found = await get(native)
        except GatewayError as exc:
            return exc
        return found

    return dict(zip(ids, await asyncio.gather(*(one(native) for native in ids)), strict=True))


async def _batched(session: Session, resource: Resource, ids: Sequence[str]) -> dict[str, Found]:
    assert resource.batch is not None
    param, size = resource.batch.param, resource.batch.size

    async def chunk(some: Sequence[str]) -> dict[str, Found]:
        try:
            pager = session.pager(resource, {param: ",".join(some)})
            first = await pager.page(1)
            records, fault = first.records, first.fault
            if not {record.native_id for record in records}.issuperset(some):
                records, fault = await pager.everything()
        except GatewayError as exc:
            return dict.fromkeys(some, exc)
        by_id = {record.native_id: record for record in records}
        return {native: by_id.get(native, fault) for native in some}

    found: dict[str, Found] = {}
    for one in await asyncio.gather(*(chunk(ids[at : at + size]) for at in range(0, len(ids), size))):
        found |= one
    return found


async def _listed(session: Session, resource: Resource, ids: Sequence[str]) -> dict[str, Found]:
    try:
        records, fault = await session.pager(resource, {}).everything()
    except GatewayError as exc:
        return dict.fromkeys(ids, exc)
    by_id = {record.native_id: record for record in records}
    return {native: by_id.get(native, fault) for native in ids}


async def _in_list(session: Session, resource: Resource, params: Params, native: str) -> Record | None:
    records, fault = await session.pager(resource, params).everything()
    found = next((record for record in records if record.native_id == native), None)
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


async def _by_other_name(
    session: Session, resource: Resource, name: str, names: Callable[[Row], Sequence[str | None]]
) -> Record | None:
    """The record that has a name which the vendor does not find records by."""
    if resource.list is None or name.isdecimal():
        return None
    records, fault = await session.pager(resource, {}).everything()
    for record in records:
        if serial(name) in map(serial, names(record.row)):
            return record
    if fault is not None:
        raise fault
    return None


async def row_of(session: Session, resource: Resource, native: str) -> Row | None:
    """The row of a get, or None where the vendor says that there is no such record. Raises UpstreamError."""
    assert resource.get is not None
    path = resource.get.path.replace("{id}", quote(native, safe=""))
    try:
        body = await session.ask(path, resource.get.params, keep=Keep.ROWS)
    except UpstreamRejected as exc:
        if exc.status in GONE:
            return None
        raise
    try:
        return envelope.one(body, native)
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
        candidates, fault = await session.pager(outer, {}).everything()
        if fault is not None:
            raise fault
    for record in candidates:
        if record.linked(name) == native:
            return session.stub(record, name)
    return None
