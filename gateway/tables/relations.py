"""Relation tables: pairs, values and items that are read along with the records of other tables, their origins."""

from collections.abc import Callable, Mapping
from enum import Enum

from gateway.connector.fetching.source import Source
from gateway.tables.columns import MOMENTS, ColumnKind, FlatColumn, FlatTable
from gateway.tables.costs import is_by_record


class ReadCost(Enum):
    """The cost of a relation beyond its origin's list: the source has none, no call or few, one for each record."""

    ABSENT = "absent"
    FREE = "free"
    BY_RECORD = "by record"


def _column(
    name: str,
    description: str,
    kind: ColumnKind = ColumnKind.TEXT,
    *,
    required: bool = False,
    references: str | None = None,
    among: tuple[str, ...] = (),
) -> FlatColumn:
    return FlatColumn(
        name=name,
        kind=kind,
        description=description,
        required=required,
        references=references,
        among=among,
    )


def _id(name: str, references: str, description: str) -> FlatColumn:
    return _column(name, description, required=True, references=references)


def _table(
    name: str, type_name: str, description: str, origins: tuple[str, ...], *columns: FlatColumn
) -> FlatTable:
    keys = (
        _column("id", "The row's own id, the same at each read.", required=True),
        _column("source", "The account that the row is from.", required=True),
        _column("vendor", "The vendor whose product the source is.", required=True),
        _column("native_id", "The ids at the vendor that the row is made of.", required=True),
    )
    return FlatTable(
        name=name,
        type=type_name,
        description=description,
        columns=(*keys, *columns, *MOMENTS),
        origins=origins,
    )


ASSET_TICKETS = _table(
    "asset_tickets",
    "AssetTicket",
    "Which ticket names which asset: a row for each pair.",
    ("tickets",),
    _id("ticket_id", "tickets", "The `id` of the ticket."),
    _id("asset_id", "assets", "The `id` of an asset that it names."),
)
ASSET_LICENCES = _table(
    "asset_licences",
    "AssetLicence",
    "Which licence is given to which asset: a row for each pair.",
    ("licences",),
    _id("licence_id", "licences", "The `id` of the licence."),
    _id("asset_id", "assets", "The `id` of an asset to which it is given."),
)
CUSTOM_FIELD_VALUES = _table(
    "custom_field_values",
    "CustomFieldValue",
    "Values of the fields that customers have added, of assets and tickets: a row for each.",
    ("assets", "tickets"),
    _column("record_id", "The `id` of the asset or ticket.", required=True, among=("assets", "tickets")),
    _column("table", "The table that the record is in: `assets` or `tickets`.", required=True),
    _column(
        "field_id",
        "The `id` of the field. Null if the vendor knows fields by name only.",
        among=("asset_fields", "ticket_fields"),
    ),
    _column("field_name", "What the field is called."),
    _column("type", "The vendor's word for the kind of value."),
    _column("text", "The value as a person would read it."),
    _column("number", "The value if it is a number.", ColumnKind.DECIMAL),
    _column("date", "The value if it is a day or a moment: the day.", ColumnKind.DATE),
)
CHECKLIST_ITEMS = _table(
    "checklist_items",
    "ChecklistItem",
    "What was checked while a server was built: a row for each item of each checklist.",
    ("checklists",),
    _id("checklist_id", "checklists", "The `id` of the checklist."),
    _column("name", "What is checked."),
    _column("description", "How it is checked."),
    _column("category", "The group in which it stands."),
    _column("option_type", "How it is answered."),
    _column("value", "The answer as text."),
    _column(
        "checked", "True if it is ticked. Null if it is no checkbox or not answered.", ColumnKind.BOOLEAN
    ),
)
CHECKOUT_EVENTS = _table(
    "checkout_events",
    "CheckoutEvent",
    "Who had which asset when: a row for each handing out or giving back.",
    ("assets",),
    _id("asset_id", "assets", "The `id` of the asset."),
    _column("action", "Which way it went: `CHECKOUT` or `CHECKIN`."),
    _column("employee_name", "Who got it or gave it back."),
    _column("performed_by", "Who entered it."),
    _column("note", "What was noted."),
    _column("at", "When it changed hands.", ColumnKind.TIMESTAMP),
)
RELATIONS: Mapping[str, FlatTable] = {
    table.name: table
    for table in (ASSET_TICKETS, ASSET_LICENCES, CUSTOM_FIELD_VALUES, CHECKLIST_ITEMS, CHECKOUT_EVENTS)
}
#: The column that holds the id of the record that a row was read off.
RECORD_KEYS: Mapping[str, str] = {
    ASSET_TICKETS.name: "ticket_id",
    ASSET_LICENCES.name: "licence_id",
    CUSTOM_FIELD_VALUES.name: "record_id",
    CHECKLIST_ITEMS.name: "checklist_id",
    CHECKOUT_EVENTS.name: "asset_id",
}


def cost_of(relation: FlatTable, source: Source, resource_type: str) -> ReadCost:
    """The cost of a relation's rows for the records of one type at a source."""
    return _COSTS[relation.name](source, resource_type)


def _asset_tickets(source: Source, resource_type: str) -> ReadCost:
    if "asset" in source.resources[resource_type].links:
        return ReadCost.FREE
    assets = source.resources.get("Asset")
    has_filter = assets is not None and "ticketId" in assets.filters
    return ReadCost.BY_RECORD if has_filter else ReadCost.ABSENT


def _asset_licences(source: Source, resource_type: str) -> ReadCost:  # noqa: ARG001
    """One call for all pairs, or one for each licence, of which there are few."""
    assets = source.resources.get("Asset")
    has_filter = assets is not None and "licenceId" in assets.filters
    return ReadCost.FREE if has_filter or "AssetLicence" in source.resources else ReadCost.ABSENT


def _custom_field_values(source: Source, resource_type: str) -> ReadCost:
    resource = source.resources[resource_type]
    if "custom_fields" not in resource.fields:
        return ReadCost.ABSENT
    return ReadCost.BY_RECORD if is_by_record(resource, "custom_fields") else ReadCost.FREE


def _checklist_items(source: Source, resource_type: str) -> ReadCost:
    return ReadCost.FREE if "items" in source.resources[resource_type].fields else ReadCost.ABSENT


def _checkout_events(source: Source, resource_type: str) -> ReadCost:  # noqa: ARG001
    return ReadCost.BY_RECORD if "asset.history" in source.calls else ReadCost.ABSENT


_COSTS: Mapping[str, Callable[[Source, str], ReadCost]] = {
    ASSET_TICKETS.name: _asset_tickets,
    ASSET_LICENCES.name: _asset_licences,
    CUSTOM_FIELD_VALUES.name: _custom_field_values,
    CHECKLIST_ITEMS.name: _checklist_items,
    CHECKOUT_EVENTS.name: _checkout_events,
}
