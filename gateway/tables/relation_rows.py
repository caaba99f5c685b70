"""Rows of the relation tables, read off records of one source."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gateway.connector.description.ids import GlobalId
from gateway.connector.fetching.session import session_of
from gateway.connector.records.record import Record
from gateway.tables.custom_values import day_of, number_of, text_of
from gateway.tables.relations import (
    ASSET_LICENCES,
    ASSET_TICKETS,
    CHECKLIST_ITEMS,
    CHECKOUT_EVENTS,
    CUSTOM_FIELD_VALUES,
)
from resolvers import checklists
from resolvers.children import ChildConnection
from resolvers.context import RequestContext
from resolvers.links import hydrate_records
from resolvers.pairs import ASSET_LICENCES as PAIRS
from resolvers.sources import PerRecordCall

if TYPE_CHECKING:
    from gateway.errors import GatewayError

#: Rows as column name to value; the columns of KEYS are among them.
RelationRows = list[dict[str, Any]]
ReadRelation = Callable[[RequestContext, Sequence[Record]], Awaitable[RelationRows]]

_EVERYTHING = {"first": 2**31 - 1}
#: Each type's fields are a type of their own.
FIELD_TYPES: Mapping[str, str] = {"Asset": "FieldDefinition", "Ticket": "TicketFieldDefinition"}
_TABLES: Mapping[str, str] = {"Asset": "assets", "Ticket": "tickets"}


def keyed(record: Record, type_name: str, native_id: str, **columns: Any) -> dict[str, Any]:
    """A row with the columns of KEYS, of the record's source."""
    return {
        "id": str(GlobalId(record.source.name, type_name, native_id)),
        "source": record.source.name,
        "vendor": record.source.vendor,
        "native_id": native_id,
        **columns,
    }


async def asset_tickets(context: RequestContext, records: Sequence[Record]) -> RelationRows:
    """A row for each asset that each ticket names."""
    pages = await ChildConnection("Asset", "ticketId", inside="asset")(context, records, _EVERYTHING)
    return [
        keyed(
            ticket,
            ASSET_TICKETS.type,
            f"{ticket.native_id}-{asset.native_id}",
            ticket_id=ticket.id,
            asset_id=asset.id,
        )
        for ticket, page in zip(records, pages, strict=True)
        for asset in _nodes(page)
    ]


async def asset_licences(context: RequestContext, records: Sequence[Record]) -> RelationRows:
    """A row for each asset that each licence is given to: out of the list of all pairs, if that can be understood."""
    session = session_of(records[0].origin)
    by_licence = await PAIRS.read(session)
    if by_licence is None:
        pages = await ChildConnection("Asset", "licenceId")(context, records, _EVERYTHING)
        by_licence = {
            licence.native_id: [asset.native_id for asset in _nodes(page)]
            for licence, page in zip(records, pages, strict=True)
        }
    return [
        keyed(
            licence,
            ASSET_LICENCES.type,
            f"{licence.native_id}-{asset}",
            licence_id=licence.id,
            asset_id=str(GlobalId(licence.source.name, "Asset", asset)),
        )
        for licence in records
        for asset in dict.fromkeys(by_licence.get(licence.native_id, ()))
    ]


async def custom_field_values(context: RequestContext, records: Sequence[Record]) -> RelationRows:  # noqa: ARG001
    """A row for each value of each record. A field that a record has twice is counted."""
    await hydrate_records(records, ("custom_fields",))
    return [row for record in records for row in _values(record)]


def _values(record: Record) -> Iterator[dict[str, Any]]:
    values = record.get("custom_fields")
    if not values:
        return
    source, type_name = record.source, record.type_name
    known = {
        "source": source.name,
        "vendor": source.vendor,
        "record_id": record.id,
        "table": _TABLES[type_name],
    }
    prefixes = [f"{source.name}:{name}:" for name in (CUSTOM_FIELD_VALUES.type, FIELD_TYPES[type_name])]
    seen: Counter[str] = Counter()
    for value in values:
        field_id, raw, text = value.get("id"), value.get("value"), value.get("display_value")
        field = field_id or value.get("name") or ""
        seen[field] += 1
        again = f"-{seen[field]}" if seen[field] > 1 else ""
        native_id = f"{type_name}-{record.native_id}-{field}{again}"
        yield {
            **known,
            "id": prefixes[0] + quote(native_id, safe=""),
            "native_id": native_id,
            "field_id": prefixes[1] + quote(field_id, safe="") if field_id else None,
            "field_name": value.get("name"),
            "type": value.get("type"),
            "text": text_of(raw) if text is None else text,
            "number": number_of(raw),
            "date": day_of(raw),
        }


async def checklist_items(context: RequestContext, records: Sequence[Record]) -> RelationRows:
    """A row for each item of each checklist."""
    await hydrate_records(records, ("items",))
    rows: RelationRows = []
    for checklist, items in zip(records, await checklists.items(context, records, {}), strict=True):
        for item in {item["id"]: item for item in items}.values():
            native_id = item["id"].rpartition(":")[2]
            names = ("name", "description", "category", "option_type", "checked")
            values = {name: item[name] for name in names}
            row = keyed(checklist, CHECKLIST_ITEMS.type, native_id, checklist_id=checklist.id, **values)
            rows.append({**row, "id": item["id"], "value": text_of(item["value"])})
    return rows


async def checkout_events(context: RequestContext, records: Sequence[Record]) -> RelationRows:
    """A row for each event of each asset, numbered from the oldest on: events have no id of their own."""
    histories = await PerRecordCall("asset.history", [])(context, records, {})
    rows: RelationRows = []
    for asset, history in zip(records, histories, strict=True):
        if isinstance(history, BaseException):
            raise history
        for number, event in enumerate(history, 1):
            native_id = f"{asset.native_id}-{number}"
            rows.append(keyed(asset, CHECKOUT_EVENTS.type, native_id, asset_id=asset.id, **event))
    return rows


READS: Mapping[str, ReadRelation] = {
    ASSET_TICKETS.name: asset_tickets,
    ASSET_LICENCES.name: asset_licences,
    CUSTOM_FIELD_VALUES.name: custom_field_values,
    CHECKLIST_ITEMS.name: checklist_items,
    CHECKOUT_EVENTS.name: checkout_events,
}


def _nodes(page: Any) -> Sequence[Record]:
    if isinstance(page, BaseException):
        raise page
    errors: Sequence[GatewayError] = page.errors
    if errors:
        raise errors[0]
    nodes: Sequence[Record] = page.nodes
    return nodes
