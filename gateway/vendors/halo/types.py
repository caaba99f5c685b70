"""Halo's tables of definitions: types of assets and tickets, statuses, priorities. They ignore pages."""

import re

from gateway.connector.description import convert
from gateway.connector.description.fields import computed, identity, text
from gateway.connector.description.resource import Resource
from gateway.connector.description.row_types import Row
from gateway.vendors.halo.lists import definition_list

ASSET_TYPES = Resource(
    type="AssetTypeDefinition",
    list=definition_list("/AssetType", "assettypes"),
    fields={"native_id": identity("id"), "name": text("name"), "group": text("assetgroup_name")},
)

TICKET_TYPES = Resource(
    type="TicketTypeDefinition",
    list=definition_list("/TicketType", "tickettypes"),
    fields={"native_id": identity("id"), "name": text("name")},
)

STATUSES = Resource(
    type="TicketStatus",
    list=definition_list("/Status", "statuses", params={"type": "ticket"}),
    fields={"native_id": identity("id"), "name": text("name")},
)


def _priority_id(row: Row) -> str | None:
    native_id = convert.identity(row.get("priorityid"))
    return None if native_id is None else f"{convert.identity(row.get('slaid')) or 0}-{native_id}"


PRIORITIES = Resource(
    type="TicketPriority",
    id_form=re.compile(r"[0-9]{1,18}-[0-9]{1,18}"),
    list=definition_list("/Priority", "priorities"),
    fields={"native_id": computed(_priority_id), "name": text("name")},
)
