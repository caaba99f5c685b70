"""
Stubs: rows of records that links tell of, with what the link's own row knows. A table that has them takes those of
records that it does not list.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.description import ids
from gateway.connector.description.ids import GlobalId
from gateway.connector.description.resource import Link, Resource
from gateway.connector.fetching.by_id import is_reference_table
from gateway.connector.fetching.session import session_of
from gateway.connector.records.column_reader import RecordColumns
from gateway.connector.records.record import Record
from gateway.errors import GatewayError
from gateway.tables.columns import FlatColumn, FlatTable
from gateway.tables.relation_rows import RelationRows
from resolvers.context import RequestContext


class StubReader:
    """Reads the stubs that the links of one source's records lead to, each once. `links` are link names by table."""

    def __init__(self, tables: Mapping[str, FlatTable], links: Mapping[str, Sequence[str]]) -> None:
        self._tables = tables
        self._links = links
        self._seen: defaultdict[str, set[str]] = defaultdict(set)

    async def read(
        self, context: RequestContext, records: Sequence[Record], *, only: str | None = None
    ) -> Mapping[str, RelationRows]:
        """New stubs by table: of all links, or of one."""
        return {
            name: [
                row
                for link in links
                if only is None or link == only
                for row in await self._of_link(context, records, link, self._tables[name])
            ]
            for name, links in self._links.items()
        }

    async def _of_link(
        self, context: RequestContext, records: Sequence[Record], name: str, table: FlatTable
    ) -> RelationRows:
        link = records[0].resource.links.get(name)
        if link is None:
            return []
        seen, session = self._seen[f"{table.name} {link.type}"], session_of(records[0].origin)
        resource = session.source.resources.get(link.type)
        is_in_row = link.detail is None and not link.refs
        rows: RelationRows = []
        unknown: list[str] = []
        for record in records:
            native_id = _target(record, link, resource) if is_in_row or record.is_ready(name) else None
            if native_id is None or native_id in seen:
                continue
            seen.add(native_id)
            stub = session.stub(record, name)
            if stub is None:
                unknown.append(native_id)
            else:
                rows.append(stub_row(stub, table))
        loaded: Sequence[Record | GatewayError | None] = [None] * len(unknown)
        if unknown and resource is not None and is_reference_table(resource):
            loaded = await context.record_by_id.load_group(session, link.type, unknown)
        for native_id, other in zip(unknown, loaded, strict=True):
            row = stub_row(other, table) if isinstance(other, Record) else None
            rows.append(row or _bare_row(records[0], link.type, native_id))
        return rows


def stub_row(record: Record, table: FlatTable) -> dict[str, Any]:
    """The columns of a record, as far as they can be read without a call."""
    columns = RecordColumns([record])
    return {column.name: _ready_value(columns, column) for column in table.stored}


def field_stubs(rows: RelationRows, seen: set[str]) -> RelationRows:
    """Rows of the fields whose values these are, each once."""
    stubs: RelationRows = []
    for row in rows:
        field_id = row["field_id"]
        if field_id is None or field_id in seen:
            continue
        seen.add(field_id)
        keys = {"id": field_id, "source": row["source"], "vendor": row["vendor"]}
        native_id = ids.parse(field_id).native_id
        stubs.append({**keys, "native_id": native_id, "name": row["field_name"], "type": row["type"]})
    return stubs


def _ready_value(columns: RecordColumns, column: FlatColumn) -> Any:
    if column.read is None or (column.needs is not None and not columns.records[0].is_ready(column.needs)):
        return None
    value = column.read(columns)[0]
    return None if isinstance(value, BaseException) else value


def _target(record: Record, link: Link, other: Resource | None) -> str | None:
    """The native id that a link leads to."""
    try:
        return record.link_target(link, other)
    except GatewayError:
        return None


def _bare_row(record: Record, type_name: str, native_id: str) -> dict[str, Any]:
    source = record.source
    return {
        "id": str(GlobalId(source.name, type_name, native_id)),
        "source": source.name,
        "vendor": source.vendor,
        "native_id": native_id,
    }
