"""Loading what fields need beyond the row at hand: reference tables, details, whole records behind stubs."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from gateway.connector.description.resource import Detail, Nested, Resource
from gateway.connector.fetching.by_id import by_ids, row_of
from gateway.connector.fetching.session import Session
from gateway.connector.records.record import WHOLE, Record
from gateway.errors import GatewayError, UpstreamRejected

_STUB = attrgetter("stub")


async def hydrate(session: Session, records: Sequence[Record], names: Iterable[str]) -> None:
    """
    Load what these fields of these records need. It never raises: reading the field tells what failed.

    Costs: one list for each reference table, one call for each record with a part that only its detail has.
    """
    wanted = tuple(names)
    if await _tables_are_enough(session, records, wanted):
        return
    while True:
        tables: set[str] = set()
        parts: defaultdict[str, dict[int, Record]] = defaultdict(dict)
        for record in records:
            for name in wanted:
                refs, part = record.requirements(name)
                tables |= refs
                if part is not None:
                    parts[part][id(record)] = record
        if not tables and not parts:
            return
        _leave_to_details(parts)
        await asyncio.gather(
            session.read_tables(tables),
            *(_load(session, part, list(some.values())) for part, some in parts.items()),
        )


async def _tables_are_enough(session: Session, records: Sequence[Record], names: Sequence[str]) -> bool:
    """Whether nothing was needed of any record by itself, but tables, which are read now."""
    if any(map(_STUB, records)):
        return False
    refs: set[str] = set()
    for resource in {id(record.resource): record.resource for record in records}.values():
        for name in names:
            found = resource.declared(name)
            if found is not None and found.detail is not None:
                return False
            refs.update(found.refs if found is not None and not isinstance(found, Nested) else ())
    if unread := session.unread(refs):
        await session.read_tables(unread)
    return True


def _leave_to_details(parts: Mapping[str, dict[int, Record]]) -> None:
    """Do not load apart what comes with a detail that has to be got anyway."""
    for part, some in parts.items():
        for at, record in some.items():
            spec = record.resource.details.get(part)
            if part == WHOLE or (spec is not None and spec.by is not None) or record.resource.get is None:
                continue
            for other in record.resource.get.includes:
                if other != part and other in parts:
                    parts[other].pop(at, None)


async def _load(session: Session, part: str, records: Sequence[Record]) -> None:
    by_resource: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_resource[record.type_name].append(record)
    for type_name, some in by_resource.items():
        resource = session.source.resources[type_name]
        if part == WHOLE:
            await _load_whole(session, resource, some)
        else:
            await _load_part(session, resource, part, some)


async def _load_whole(session: Session, resource: Resource, records: Sequence[Record]) -> None:
    found = await by_ids(session, resource, [record.native_id for record in records])
    for record in records:
        got = found[record.native_id]
        if isinstance(got, Record):
            record.merge(got.row, loaded=got.loaded)
        elif isinstance(got, GatewayError):
            record.fail(WHOLE, got)
        else:
            record.stub = False


async def _load_part(session: Session, resource: Resource, part: str, records: Sequence[Record]) -> None:
    spec = resource.details.get(part, Detail())
    left = list(records)
    if spec.by is not None and resource.batch is not None and len(left) > 1:
        left = await _load_together(session, resource, part, spec, left)
    await asyncio.gather(*(_load_one(session, resource, part, record) for record in left))


async def _load_together(
    session: Session, resource: Resource, part: str, spec: Detail, records: list[Record]
) -> list[Record]:
    """Load a part in list calls for the records that are alike; gives those for which that did not work."""
    assert spec.by is not None
    assert spec.params is not None
    assert resource.batch is not None
    groups: defaultdict[str, list[Record]] = defaultdict(list)
    left: list[Record] = []
    for record in records:
        key = record.row.get(spec.by)
        (left if not isinstance(key, int) or isinstance(key, bool) else groups[str(key)]).append(record)

    async def together(key: str, some: list[Record]) -> list[Record]:
        assert spec.params is not None
        assert resource.batch is not None
        params = {**spec.params(key), resource.batch.param: ",".join(record.native_id for record in some)}
        try:
            found, _ = await session.pager(resource, params, loaded=frozenset((part,))).read_all()
        except UpstreamRejected:
            return some
        except GatewayError as exc:
            for record in some:
                record.fail(part, exc)
            return []
        brought = {
            record.native_id: True if spec.is_included is None else spec.is_included(record.row)
            for record in found
        }
        if True not in brought.values():
            return some
        by_id = {record.native_id: record for record in found if brought[record.native_id] is not False}
        for record in some:
            # A detail may have come meanwhile, which has the part and more: a list's row is less.
            if record.native_id in by_id and part not in record.loaded:
                record.merge(by_id[record.native_id].row, loaded=(part,))
        return [record for record in some if record.native_id not in by_id]

    size = resource.batch.size
    calls = [(key, some[at : at + size]) for key, some in groups.items() for at in range(0, len(some), size)]
    left += [some[0] for _, some in calls if len(some) == 1]
    for more in await asyncio.gather(*(together(key, some) for key, some in calls if len(some) > 1)):
        left += more
    return left


async def _load_one(session: Session, resource: Resource, part: str, record: Record) -> None:
    try:
        row = await row_of(session, resource, record.native_id)
        if row is not None and resource.fields["native_id"].value(row, session.tables) != record.native_id:
            raise session.invalid_response("another record came than was asked for")
    except GatewayError as exc:
        record.fail(part, exc)
        return
    has = resource.get.includes if resource.get is not None else ()
    # A record that went away meanwhile has no such part; that is no fault.
    record.merge(row or {}, loaded=(*has, part))
