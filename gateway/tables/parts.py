"""The sources' parts of a table's next version: what was read now, and what is taken over from the version before."""

from collections.abc import Collection, Mapping

import msgspec

from gateway.connector.fetching.source import Source
from gateway.tables.columns import KEYS, FlatTable
from gateway.tables.manifest import SourcePart, TableSnapshot
from gateway.tables.plans import lists
from gateway.tables.relations import ReadCost, cost_of
from gateway.tables.source_read import SourceRead


def next_parts(
    listing: Collection[Source], reads: Mapping[str, SourceRead], before: TableSnapshot | None
) -> tuple[dict[str, SourcePart], set[str]]:
    """The sources' parts of the next version, and the names of those whose rows are taken over."""
    parts: dict[str, SourcePart] = {}
    carried: set[str] = set()
    for source in listing:
        read, known = reads.get(source.name), (before.sources if before else {}).get(source.name)
        if read is None and known is None:
            continue
        if read is None:
            assert known is not None
            parts[source.name] = known
            carried.add(source.name)
        elif read.fault is None or known is None or known.read_at is None:
            parts[source.name] = read.part()
        else:
            parts[source.name] = msgspec.structs.replace(known, tried_at=read.tried_at, fault=read.fault)
            carried.add(source.name)
    return parts, carried


def relation_parts(
    relation: FlatTable,
    tables: Mapping[str, FlatTable],
    snapshots: Mapping[str, TableSnapshot],
    sources: Mapping[str, Source],
) -> dict[str, SourcePart]:
    """The parts of a table that is read along with others: each source's is as old, and as whole, as all of theirs."""
    parts: dict[str, SourcePart] = {}
    origins = [tables[name] for name in relation.origins if name in snapshots]
    for source in sources.values():
        origin_parts = [
            part
            for table in origins
            if lists(source, table) and cost_of(relation, source, table.resource or "") is not ReadCost.ABSENT
            if (part := snapshots[table.name].sources.get(source.name)) is not None
        ]
        if origin_parts:
            parts[source.name] = _joined(relation, origin_parts)
    return parts


def _joined(relation: FlatTable, origins: Collection[SourcePart]) -> SourcePart:
    own_fault = next(
        (fault for part in origins if (fault := part.relations.get(relation.name)) is not None), None
    )
    moments = [part.read_at for part in origins]
    whole = [moment for moment in moments if moment is not None]
    is_whole = own_fault is None and len(whole) == len(moments)
    is_unread = any(relation.name in part.unread for part in origins)
    names = [column.name for column in relation.stored if column.name not in KEYS]
    return SourcePart(
        rows=0,
        read_at=min(whole) if is_whole else None,
        tried_at=min(part.tried_at for part in origins),
        fault=own_fault or next((part.fault for part in origins if part.fault is not None), None),
        not_read=tuple(names) if is_unread else (),
    )
