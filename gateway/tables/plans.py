"""Read plans: what is read of a source for a table, and which other tables that tells of."""

import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from gateway.connector.fetching.source import Source
from gateway.tables.columns import FlatTable
from gateway.tables.costs import costs_calls
from gateway.tables.details import DetailReader, known_details
from gateway.tables.relation_rows import FIELD_TYPES, READS
from gateway.tables.relations import CUSTOM_FIELD_VALUES, RELATIONS, ReadCost, cost_of
from gateway.tables.source_read import ReadPlan
from gateway.tables.stubs import StubReader


def lists(source: Source, table: FlatTable) -> bool:
    """True if the source can list the table's records."""
    resource = source.resources.get(table.resource or "")
    return resource is not None and resource.list is not None


def has_pages(source: Source, table: FlatTable) -> bool:
    """True if the source's list of the table's records is read page by page, not whole."""
    listed = source.resources[table.resource or ""].list
    return listed is not None and listed.pages is not None


def prerequisites(table: FlatTable, tables: Mapping[str, FlatTable]) -> list[str]:
    """The tables to be read for a table: itself, and those whose records tell of its rows."""
    if table.is_matched:
        return list(table.origins)
    if table.origins:
        referenced = [column.references for column in table.columns if column.references is not None]
        return list(dict.fromkeys((*table.origins, *referenced)))
    if not table.has_stubs:
        return [table.name]
    telling = [other.name for other in tables.values() if table.name in contributes_to(other, tables)]
    return [*telling, table.name]


def contributes_to(table: FlatTable, tables: Mapping[str, FlatTable]) -> list[str]:
    """The tables that the records of a table contribute rows to, if it has such columns."""
    if table.resource is None:
        return []
    relations = [relation.name for relation in RELATIONS.values() if table.name in relation.origins]
    fields = fields_table(table, tables)
    return [*relations, *stub_links(table, tables), *([fields] if fields is not None else [])]


def stub_links(table: FlatTable, tables: Mapping[str, FlatTable]) -> Mapping[str, list[str]]:
    """The columns of links to tables that have stubs, by table."""
    links: defaultdict[str, list[str]] = defaultdict(list)
    for column in table.columns:
        if column.references is not None and column.needs is not None and tables[column.references].has_stubs:
            links[column.references].append(column.name)
    return links


def fields_table(table: FlatTable, tables: Mapping[str, FlatTable]) -> str | None:
    """The table of the fields that customers have added to the records."""
    if table.name not in CUSTOM_FIELD_VALUES.origins:
        return None
    resource = FIELD_TYPES.get(table.type)
    return next((name for name, other in tables.items() if other.resource == resource), None)


def read_plan(
    table: FlatTable,
    source: Source,
    tables: Mapping[str, FlatTable],
    *,
    known: Path | None,
    detail_seconds: float | None,
) -> ReadPlan:
    """
    The plan for one source. `detail_seconds` are the seconds that details may take, None if they are not read; `known`
    is the file of those that the version before has.
    """
    resource = table.resource or ""
    not_read = frozenset(column.name for column in table.stored if costs_calls(table, column, source))
    costs = {
        relation.name: cost_of(relation, source, resource)
        for relation in RELATIONS.values()
        if table.name in relation.origins
    }
    free = {name: READS[name] for name, cost in costs.items() if cost is ReadCost.FREE}
    by_record = {name: READS[name] for name, cost in costs.items() if cost is ReadCost.BY_RECORD}
    details = None
    if detail_seconds is not None and (not_read or by_record):
        details = DetailReader(
            [column for column in table.stored if column.name in not_read],
            by_record,
            known_details(known, source.name) if known is not None else {},
            ends=time.monotonic() + detail_seconds,
        )
    links = stub_links(table, tables)
    by_name = {column.name: column for column in table.columns}
    fields = (
        fields_table(table, tables) if CUSTOM_FIELD_VALUES.name in free.keys() | by_record.keys() else None
    )
    others = [*free, *(by_record if details is not None else ()), *links, *([fields] if fields else [])]
    return ReadPlan(
        table=table,
        source=source,
        not_read=not_read,
        relations=free,
        details=details,
        by_record=frozenset(by_record),
        stubs=StubReader(
            tables,
            {name: [_link(by_name[column].needs) for column in columns] for name, columns in links.items()},
        ),
        detail_links=[
            _link(by_name[column].needs)
            for columns in links.values()
            for column in columns
            if column in not_read
        ],
        others={name: tables[name] for name in others},
        fields=fields,
    )


def _link(needs: str | None) -> str:
    """The link whose `.id` a column needs."""
    assert needs is not None
    return needs.removesuffix(".id")
