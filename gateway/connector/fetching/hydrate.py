"""Hydration: loading the data that fields need beyond a record's row: reference tables, details, stubs' full rows."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from gateway.connector.description.resource import Detail, Nested, Resource
from gateway.connector.fetching.by_id import by_ids, get_row
from gateway.connector.fetching.session import Session
from gateway.connector.records.record import FULL_ROW, Record
from gateway.connector.records.rows import have_stubs, owners_of
from gateway.errors import GatewayError, UpstreamRejected


async def hydrate(session: Session, records: Sequence[Record], names: Iterable[str]) -> None:
    """
    Load the data that these fields of these records need. Never raises: reading a field raises the error of its load.

    Costs one list for each reference table, and one call for each record with a field that only its detail has.
    """
    field_names = tuple(names)
    if await _need_only_tables(session, records, field_names):
        return
    while True:
        tables: set[str] = set()
        missing: defaultdict[str, dict[int, Record]] = defaultdict(dict)
        for record in records:
            for name in field_names:
                refs, detail = record.requirements(name)
                tables |= refs
                if detail is not None:
                    missing[detail][id(record)] = record
        if not tables and not missing:
            return
        _drop_included(missing)
        await asyncio.gather(
            session.read_tables(tables),
            *(_load(session, detail, list(group.values())) for detail, group in missing.items()),
        )


async def _need_only_tables(session: Session, records: Sequence[Record], names: Sequence[str]) -> bool:
    """True if the fields need no more than reference tables, which are then read; false without any read."""
    if have_stubs(records):
        return False
    refs: set[str] = set()
    for resource in {id(owner.resource): owner.resource for owner in owners_of(records)}.values():
        for name in names:
            declaration = resource.declared(name)
            if declaration is None:
                continue
            if declaration.detail is not None:
                return False
            if not isinstance(declaration, Nested):
                refs.update(declaration.refs)
    if unread := session.unread(refs):
        await session.read_tables(unread)
    return True


def _drop_included(missing: Mapping[str, dict[int, Record]]) -> None:
    """Drop the details that the get of another missing detail includes."""
    for detail, group in missing.items():
        for key, record in group.items():
            spec = record.resource.details.get(detail)
            if (
                detail == FULL_ROW
                or (spec is not None and spec.by is not None)
                or record.resource.get is None
            ):
                continue
            for included in record.resource.get.includes:
                if included != detail and included in missing:
                    missing[included].pop(key, None)


async def _load(session: Session, detail: str, records: Sequence[Record]) -> None:
    by_type: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_type[record.type_name].append(record)
    for group in by_type.values():
        resource = group[0].resource
        if detail == FULL_ROW:
            await _load_stubs(session, resource, group)
        else:
            await _load_detail(session, resource, detail, group)


async def _load_stubs(session: Session, resource: Resource, stubs: Sequence[Record]) -> None:
    results = await by_ids(session, resource, [stub.native_id for stub in stubs])
    for stub in stubs:
        result = results[stub.native_id]
        if isinstance(result, Record):
            stub.merge(result.row, loaded=result.loaded)
        elif isinstance(result, GatewayError):
            stub.fail(FULL_ROW, result)
        else:
            stub.stub = False


async def _load_detail(session: Session, resource: Resource, detail: str, records: Sequence[Record]) -> None:
    spec = resource.details.get(detail, Detail())
    remaining = list(records)
    if spec.by is not None and resource.batch is not None and len(remaining) > 1:
        remaining = await _load_in_lists(session, resource, detail, spec, remaining)
    await asyncio.gather(*(_load_with_get(session, resource, detail, record) for record in remaining))


async def _load_in_lists(
    session: Session, resource: Resource, detail: str, spec: Detail, records: list[Record]
) -> list[Record]:
    """
    Load a detail in list calls, for records with the same value of `spec.by`.

    Gives the records that have to be loaded with a get: the list call was rejected, or did not include the detail.
    """
    assert spec.by is not None
    assert spec.params is not None
    assert resource.batch is not None
    groups: defaultdict[str, list[Record]] = defaultdict(list)
    remaining: list[Record] = []
    for record in records:
        key = record.row.get(spec.by)
        is_groupable = isinstance(key, int) and not isinstance(key, bool)
        (groups[str(key)] if is_groupable else remaining).append(record)

    async def load_batch(key: str, batch: list[Record]) -> list[Record]:
        assert spec.params is not None
        assert resource.batch is not None
        params = {**spec.params(key), resource.batch.param: ",".join(record.native_id for record in batch)}
        try:
            listed, _ = await session.pager(resource, params, loaded=frozenset((detail,))).read_all()
        except UpstreamRejected:
            return batch
        except GatewayError as exc:
            for record in batch:
                record.fail(detail, exc)
            return []
        is_included = {
            record.native_id: True if spec.is_included is None else spec.is_included(record.row)
            for record in listed
        }
        if True not in is_included.values():
            return batch
        by_id = {record.native_id: record for record in listed if is_included[record.native_id] is not False}
        for record in batch:
            # A get may have loaded the detail meanwhile, with more than a list's row has.
            if record.native_id in by_id and detail not in record.loaded:
                record.merge(by_id[record.native_id].row, loaded=(detail,))
        return [record for record in batch if record.native_id not in by_id]

    size = resource.batch.size
    batches = [
        (key, group[start : start + size])
        for key, group in groups.items()
        for start in range(0, len(group), size)
    ]
    remaining += [batch[0] for _, batch in batches if len(batch) == 1]
    for not_loaded in await asyncio.gather(
        *(load_batch(key, batch) for key, batch in batches if len(batch) > 1)
    ):
        remaining += not_loaded
    return remaining


async def _load_with_get(session: Session, resource: Resource, detail: str, record: Record) -> None:
    try:
        row = await get_row(session, resource, record.native_id)
        if row is not None and resource.fields["native_id"].value(row, session.tables) != record.native_id:
            raise session.invalid_response("another record came than was asked for")
    except GatewayError as exc:
        record.fail(detail, exc)
        return
    includes = resource.get.includes if resource.get is not None else ()
    # A record that was deleted meanwhile has no such detail: that is no error.
    record.merge(row or {}, loaded=(*includes, detail))
