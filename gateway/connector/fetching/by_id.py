"""Lookup of records by native id, with the fewest calls that a vendor allows."""

from collections.abc import Sequence
from enum import Enum
from urllib.parse import quote

from gateway.concurrency.gather import gather
from gateway.connector.description import envelope
from gateway.connector.description.convert import normalize_serial
from gateway.connector.description.resource import Field, List, Resource, Ttl
from gateway.connector.description.row_types import Row
from gateway.connector.fetching.session import NOT_FOUND_STATUSES, Session
from gateway.connector.records.record import Record
from gateway.errors import GatewayError, UpstreamRejected
from gateway.literals import is_digits

#: For more ids than this, a list call is cheaper than a get for each.
MAX_SINGLE_GETS = 3

RecordOrError = Record | None | GatewayError


async def by_ids(session: Session, resource: Resource, ids: Sequence[str]) -> dict[str, RecordOrError]:
    """
    Records by native id, with the fewest calls that the vendor allows.

    A value is the record, None if there is no such record, or the error if reading it failed.
    """
    ids = list(dict.fromkeys(ids))
    if not ids:
        return {}
    strategy = choose_lookup(resource, len(ids), is_read=session.is_read(resource))
    if strategy is LookupStrategy.BATCH:
        return await _read_batches(session, resource, ids)
    if strategy is LookupStrategy.LIST:
        return await _read_list(session, resource, ids)
    records = await gather([_read(session, resource, native_id, strategy) for native_id in ids])
    return dict(zip(ids, records, strict=True))


async def by_id(session: Session, resource: Resource, native_id: str) -> RecordOrError:
    """The same for a single id."""
    strategy = choose_lookup(resource, 1, is_read=session.is_read(resource))
    if strategy is LookupStrategy.LIST:
        return (await _read_list(session, resource, [native_id]))[native_id]
    return await _read(session, resource, native_id, strategy)


class LookupStrategy(Enum):
    """Strategy of a lookup by id."""

    BATCH = "many ids in a list call"
    LIST_LOOKUP = "each in a list call of its own"
    EMBEDDED = "each inside another record"
    LIST = "all from the full list"
    GET = "each with a get of its own"
    NONE = "not at all"


def choose_lookup(resource: Resource, id_count: int, *, is_read: bool) -> LookupStrategy:
    """The strategy for a number of ids; `is_read` means that the full list has been read already."""
    list_spec = resource.list
    if resource.batch is not None and id_count > 1:
        return LookupStrategy.BATCH
    if resource.list_lookup is not None:
        return LookupStrategy.LIST_LOOKUP
    if resource.embedded_in is not None:
        return LookupStrategy.EMBEDDED
    if resource.get is None:
        return LookupStrategy.NONE if list_spec is None else LookupStrategy.LIST
    return (
        LookupStrategy.LIST
        if list_spec is not None and _list_is_cheaper(list_spec, id_count, is_read=is_read)
        else LookupStrategy.GET
    )


def is_reference_table(resource: Resource) -> bool:
    """True if two or more records of the resource are looked up in its list, which is small and cached for minutes."""
    list_spec = resource.list
    return (
        list_spec is not None
        and list_spec.ttl is not Ttl.ROWS
        and choose_lookup(resource, 2, is_read=False) is LookupStrategy.LIST
    )


def _list_is_cheaper(list_spec: List, id_count: int, *, is_read: bool) -> bool:
    """True if the list costs less than a get for each id: a reference table is small, a list already read is free."""
    if list_spec.ttl is not Ttl.ROWS:
        return id_count > 1 or is_read
    return list_spec.pages is None and (id_count > MAX_SINGLE_GETS or is_read)


async def _read(
    session: Session, resource: Resource, native_id: str, strategy: LookupStrategy
) -> RecordOrError:
    """A record by itself."""
    try:
        match strategy:
            case LookupStrategy.GET:
                return await _get(session, resource, native_id)
            case LookupStrategy.LIST_LOOKUP:
                return await _find_in_list(session, resource, native_id)
            case LookupStrategy.EMBEDDED:
                return await _find_embedded(session, resource, native_id)
            case _:
                return None
    except GatewayError as exc:
        return exc


async def _read_batches(session: Session, resource: Resource, ids: Sequence[str]) -> dict[str, RecordOrError]:
    assert resource.batch is not None
    param, size = resource.batch.param, resource.batch.size

    async def read_batch(batch: Sequence[str]) -> dict[str, RecordOrError]:
        try:
            pager = session.pager(resource, {param: ",".join(batch)})
            page = await pager.page(1)
            records, error = page.records, page.error
            if not records.indexed.index_of.keys() >= set(batch):
                records, error = await pager.read_all()
        except GatewayError as exc:
            return dict.fromkeys(batch, exc)
        by_id = records.by_ids(batch)
        return {native_id: by_id.get(native_id, error) for native_id in batch}

    results: dict[str, RecordOrError] = {}
    for result in await gather([read_batch(ids[start : start + size]) for start in range(0, len(ids), size)]):
        results |= result
    return results


async def _read_list(session: Session, resource: Resource, ids: Sequence[str]) -> dict[str, RecordOrError]:
    try:
        records, error = await session.pager(resource, {}).read_all()
    except GatewayError as exc:
        return dict.fromkeys(ids, exc)
    by_id = records.by_ids(ids)
    return {native_id: by_id.get(native_id, error) for native_id in ids}


async def _find_in_list(session: Session, resource: Resource, native_id: str) -> Record | None:
    assert resource.list_lookup is not None
    records, error = await session.pager(resource, resource.list_lookup.params(native_id)).read_all()
    record = records.find(native_id)
    if record is None and error is not None:
        raise error
    return record


async def _get(session: Session, resource: Resource, native_id: str) -> Record | None:
    assert resource.get is not None
    row = await get_row(session, resource, native_id)
    if row is None and resource.get.also_known_as is not None:
        return await _find_by_alias(session, resource, native_id, resource.get.also_known_as)
    if row is None or (
        resource.list is not None
        and resource.list.row_filter is not None
        and not resource.list.row_filter(row)
    ):
        return None
    record = session.record(resource, row, loaded=resource.get.includes)
    if record is None:
        raise session.invalid_response("a record was promised, something else came")
    return record


async def _find_by_alias(session: Session, resource: Resource, alias: str, aliases: Field) -> Record | None:
    """The record with an alternative name, searched in the list: the vendor's get does not accept such names."""
    if resource.list is None or is_digits(alias):
        return None
    records, error = await session.pager(resource, {}).read_all()
    for record in records:
        if normalize_serial(alias) in map(normalize_serial, aliases.value(record.row, session.tables)):
            return record
    if error is not None:
        raise error
    return None


async def get_row(session: Session, resource: Resource, native_id: str) -> Row | None:
    """The row of a get, or None if the vendor says that there is no such record. Raises UpstreamError."""
    assert resource.get is not None
    path = resource.get.path.replace("{id}", quote(native_id, safe=""))
    try:
        upstream_answer = await session.get(path, resource.get.params, ttl=Ttl.ROWS)
    except UpstreamRejected as exc:
        if exc.status in NOT_FOUND_STATUSES:
            return None
        raise
    try:
        return envelope.find_record(upstream_answer.decoded, native_id)
    except envelope.UnknownEnvelope as exc:
        raise session.invalid_response("a record was promised, something else came") from exc


async def _find_embedded(session: Session, resource: Resource, native_id: str) -> Record | None:
    """The record that exists only inside another: inside its owner if the id names it, else inside any of the list."""
    embedded_in = resource.embedded_in
    assert embedded_in is not None
    outer = session.source.readable(embedded_in.type)
    owner_id = embedded_in.owner(native_id) if embedded_in.owner is not None else None
    if owner_id is not None:
        owner = (await by_ids(session, outer, [owner_id]))[owner_id]
        if isinstance(owner, GatewayError):
            raise owner
        candidates = [owner] if owner is not None else []
    else:
        records, error = await session.pager(outer, {}).read_all()
        if error is not None:
            raise error
        candidates = list(records)
    for record in candidates:
        if record.linked_id(embedded_in.link) == native_id:
            return session.stub(record, embedded_in.link)
    return None
