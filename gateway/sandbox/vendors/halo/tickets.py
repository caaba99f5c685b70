"""Tickets of the sandbox's Halo: made from the company's, filtered, shown, written."""

from collections.abc import Sequence

from gateway.sandbox import TicketItem
from gateway.sandbox.vendors.halo import words
from gateway.sandbox.vendors.halo.asset_types import status_name
from gateway.sandbox.vendors.halo.assets import in_list as asset_in_list
from gateway.sandbox.vendors.halo.lists import (
    Keep,
    Page,
    Query,
    Refused,
    advanced,
    among,
    equals,
    matching,
    searched,
)
from gateway.sandbox.vendors.halo.people import client_of_site
from gateway.sandbox.vendors.halo.tenant import Tenant
from gateway.sandbox.vendors.halo.values import (
    NONE_ID,
    UNSET_DATE,
    Row,
    agent_id,
    asset_id,
    draw,
    moment,
    site_id,
    ticket_id,
    user_id,
)

_ALONE = frozenset({"details_html", "datecreated", "contract_id"})
_FIXED = frozenset({"id", "last_update", "lastactiondate", "datecreated", "hasbeenclosed"})
BLANK: Row = {
    "id": 0, "dateoccurred": UNSET_DATE, "summary": "", "details": "", "details_html": "", "status_id": 1,
    "tickettype_id": 0, "sla_id": NONE_ID, "priority_id": NONE_ID, "client_id": words.UNKNOWN_CLIENT,
    "site_id": 0, "user_id": 0, "team": "1st Line Support", "agent_id": 1, "category_1": "", "category_2": "",
    "category_3": "", "category_4": "", "estimate": 0.0, "parent_id": 0, "supplier_id": 0, "contract_id": 0,
    "child_count": 0, "attachment_count": 0, "flagged": False, "onhold": False,
    "respondbydate": UNSET_DATE,
    "responsedate": UNSET_DATE, "fixbydate": UNSET_DATE, "targetdate": UNSET_DATE, "startdate": UNSET_DATE,
    "deadlinedate": UNSET_DATE, "dateclosed": UNSET_DATE, "dateassigned": UNSET_DATE,
    "lastactiondate": UNSET_DATE, "last_update": UNSET_DATE, "datecreated": UNSET_DATE,
    "hasbeenclosed": False,
    "inactive": False,
    "impact": 3, "urgency": 3, "source": 0, "third_party_id": 0, "customfields": [],
}  # fmt: skip


def fill(tenant: Tenant) -> None:
    """Put the company's tickets into their table: those whose device Halo knows or that have none."""
    types = {kind: key for key, kind in tenant.ticket_kinds.items()}
    for ticket in tenant.company.tickets:
        linked = asset_id(ticket.device) if ticket.device else None
        if linked is None or linked in tenant.assets:
            row = _ticket(ticket, types[ticket.kind])
            tenant.tickets.put(named(tenant, row))
            tenant.ticket_assets[row["id"]] = [linked] if linked else []


def _ticket(ticket: TicketItem, kind: int) -> Row:
    status = words.TICKET_STATUS[ticket.state]
    without_priority = draw("priority", ticket.number) % 9 == 0
    # The made-up target date is filled on one ticket in fifty: people use fixbydate, if anything.
    return BLANK | {
        "id": ticket_id(ticket.number),
        "dateoccurred": moment(ticket.created_at, ticket.number),
        "summary": ticket.subject,
        "details": ticket.description,
        "details_html": f"<p>{ticket.description}</p>",
        "status_id": status,
        "tickettype_id": kind,
        "sla_id": NONE_ID if without_priority else 1 + client_of_site(ticket.site) % 2,
        "priority_id": NONE_ID if without_priority else words.TICKET_PRIORITY[ticket.priority],
        "client_id": client_of_site(ticket.site),
        "site_id": site_id(ticket.site),
        "user_id": user_id(ticket.requester),
        "agent_id": agent_id(ticket.assignee) if ticket.assignee else 1,
        "category_1": f"{ticket.kind}>General",
        "onhold": status == words.ON_HOLD_STATUS,
        "fixbydate": moment(ticket.due_at, ticket.number + 1),
        "targetdate": moment(ticket.due_at, 0) if ticket.number % 50 == 0 else UNSET_DATE,
        "dateclosed": moment(ticket.closed_at, ticket.number + 2)
        if status in words.CLOSED_STATUSES
        else UNSET_DATE,
        "lastactiondate": moment(ticket.updated_at, ticket.number + 3),
        "last_update": moment(ticket.updated_at, ticket.number + 3),
        "datecreated": moment(ticket.created_at, 2),
        "hasbeenclosed": ticket.closed_at is not None,
    }


def tickets(tenant: Tenant, query: Query) -> list[Row]:
    """The tickets that are asked for, newest first as Halo lists them."""
    asset = query.number("asset_id")
    keeps: list[Keep | None] = [
        among(query, "ticketids", "id"),
        *(
            equals(query, name)
            for name in ("agent_id", "user_id", "client_id", "site_id", "status_id", "parent_id")
        ),
        *(equals(query, name) for name in ("contract_id", "supplier_id")),
        equals(query, "requesttype_id", "tickettype_id"),
        among(query, "requesttype", "tickettype_id"),
        among(query, "client_ids", "client_id"),
        among(query, "status", "status_id"),
        among(query, "priority", "priority_id"),
        among(query, "agent", "agent_id"),
        equals(query, "search_id", "id"),
        searched(query, ("id", "summary", "details", "user_name")),
        searched(query, ("summary",), parameter="search_summary"),
        (lambda row: row["status_id"] not in words.CLOSED_STATUSES) if query.flag("open_only") else None,
        (lambda row: row["status_id"] in words.CLOSED_STATUSES) if query.flag("closed_only") else None,
        (lambda row: asset in tenant.ticket_assets[row["id"]]) if asset else None,
        *advanced(query),
    ]
    return matching(reversed(list(tenant.tickets)), keeps)


def in_list(tenant: Tenant, row: Row, query: Query) -> Row:
    """A ticket as lists show it: without the agent's name and the date it was created."""
    shown = {name: value for name, value in row.items() if name not in _ALONE}
    shown["agent_name"] = None
    if query.flag("includeassetkeyfield"):
        asset = next(iter(tenant.ticket_assets[row["id"]]), None)
        first = tenant.assets.get(asset) or {}
        shown["inventory_number"] = first.get("inventory_number", "")
        shown["asset_key_field_string"] = first.get("key_field", "")
    return shown


def alone(tenant: Tenant, row: Row, query: Query) -> Row:
    """A ticket on its own; `includedetails` and `includelinkedobjects` together give its assets."""
    shown = row | {"agent_name": tenant.name(tenant.agents, row["agent_id"])}
    if query.flag("includedetails") and query.flag("includelinkedobjects"):
        linked = [tenant.assets.get(key) for key in tenant.ticket_assets[row["id"]]]
        shown["assets"] = [asset_in_list(tenant, asset, Query([])) for asset in linked if asset]
    return shown


def named(tenant: Tenant, row: Row) -> Row:
    """The row with the names that its ids stand for."""
    site = tenant.sites.get(row["site_id"]) or {}
    user = tenant.users.get(row["user_id"]) or {}
    return row | {
        "status_name": status_name(row["status_id"]),
        "tickettype_name": tenant.ticket_kinds.get(row["tickettype_id"]),
        "sla_name": words.SLAS.get(row["sla_id"]),
        "priority_name": words.PRIORITIES.get(row["sla_id"], {}).get(row["priority_id"]),
        "client_name": tenant.name(tenant.clients, row["client_id"]),
        "site_name": site.get("name", ""),
        "user_name": user.get("name", "General User"),
        "reportedby": user.get("name", ""),
        "user_email": user.get("emailaddress", ""),
    }


def envelope(rows: list[Row], part: Page, query: Query) -> Row:
    """The list of tickets with its side arrays, which hold rows of other kinds when columns are asked for."""
    columns = bool(query.flag("includecolumns"))
    statuses = [{"id": status.id, "name": status.name} for status in words.STATUSES if not status.type]
    return {
        "page_no": part.page_no,
        "page_size": part.page_size,
        "record_count": part.record_count,
        "columns": [{"id": 1, "name": "ID"}, {"id": 2, "name": "Summary"}] if columns else [],
        "statuses": statuses if columns else [],
        "priorities": [],
        "agents": [],
        "tickets": rows,
        "include_children": False,
    }


def write(tenant: Tenant, posted: Sequence[Row]) -> Row:
    """Keep new tickets and changes of known ones; `assets` and `customfields` are replaced as a whole."""
    for body in posted:
        _check(tenant, body)
    row: Row = {}
    for body in posted:
        row = _keep(tenant, body)
    return alone(tenant, row, Query([("includedetails", "true"), ("includelinkedobjects", "true")]))


def _check(tenant: Tenant, body: Row) -> None:
    if body.get("id") and body["id"] not in tenant.tickets:
        raise Refused({"resultCode": -1, "errorMessage": "The ticket does not exist."})
    if not body.get("id") and not str(body.get("summary") or "").strip():
        raise Refused(
            {"ClassName": "System.Exception", "Message": "A Summary must be entered for this Ticket"}
        )
    if body.get("tickettype_id", 0) not in {0, *tenant.ticket_kinds}:
        raise Refused({"Message": "The request is invalid: tickettype_id."})
    if "status_id" in body and status_name(body["status_id"]) is None:
        raise Refused("The status does not exist.")
    linked = body.get("assets") or []
    if not isinstance(linked, list) or not all(isinstance(part, dict) and part.get("id") for part in linked):
        raise Refused({"Message": "The request is invalid: assets."})


def _keep(tenant: Tenant, body: Row) -> Row:
    now = tenant.tick()
    old = tenant.tickets.get(body["id"]) if body.get("id") else None
    start = old or BLANK | {
        "id": tenant.tickets.next_id(),
        "dateoccurred": moment(now, 1),
        "datecreated": moment(now, 2),
        "tickettype_id": next(iter(tenant.ticket_kinds), 0),
    }
    row = start | {name: value for name, value in body.items() if name in BLANK and name not in _FIXED}
    user = tenant.users.get(row["user_id"])
    if user and not row["site_id"]:
        row["site_id"] = user["site_id_int"]
    site = tenant.sites.get(row["site_id"])
    closed = row["status_id"] in words.CLOSED_STATUSES
    row |= {
        "client_id": int(site["client_id"]) if site else row["client_id"],
        "onhold": row["status_id"] == words.ON_HOLD_STATUS,
        "last_update": moment(now, 3),
        "lastactiondate": moment(now, 3),
        "hasbeenclosed": start["hasbeenclosed"] or closed,
    }
    if closed != (start["status_id"] in words.CLOSED_STATUSES):
        row["dateclosed"] = moment(now if closed else None, 1)
    if body.get("assets") is not None or not old:
        tenant.ticket_assets[row["id"]] = [
            part["id"] for part in body.get("assets") or () if part["id"] in tenant.assets
        ]
    row = named(tenant, row)
    tenant.tickets.put(row)
    return row


def delete(tenant: Tenant, key: int) -> bool:
    """Forget a ticket; False where there is none."""
    tenant.ticket_assets.pop(key, None)
    return tenant.tickets.remove(key)
