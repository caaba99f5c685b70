"""Halo tickets. Halo API, "Faults"."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.fields import computed, free_text, identity, link, query_param, text
from gateway.connector.description.resource import Batch, Detail, Field, Get, Resource
from gateway.connector.description.row_types import ReferenceTables, Row
from gateway.vendors.halo.lists import NO_ID, moment, paged_list
from gateway.vendors.halo.named import custom_fields
from gateway.vendors.halo.writes_tickets import ticket_actions

_DETAIL = "detail"
_STATUSES = {
    "new": "NEW",
    "open": "OPEN",
    "in progress": "IN_PROGRESS",
    "on hold": "ON_HOLD",
    "resolved": "RESOLVED",
    "closed": "CLOSED",
    "cancelled": "CANCELLED",
    "canceled": "CANCELLED",
}
#: The columns of each name: the row has it, or the table has it by the id.
_STATUS, _PRIORITY, _TYPE = (
    dict.fromkeys(keys)
    for keys in (
        ("status_id", "status_name"),
        ("priority_id", "priority_name", "sla_id"),
        ("tickettype_id", "tickettype_name"),
    )
)
_PRIORITIES = {"low": "LOW", "medium": "MEDIUM", "high": "HIGH", "urgent": "URGENT"}


@dataclass(frozen=True, kw_only=True)
class TicketWords:
    """The account's own words: its names of statuses and priorities by ours, and the ids of its closed statuses."""

    statuses: Mapping[str, str]
    closed_ids: frozenset[str]
    priorities: Mapping[str, str]


def tickets(zone: tzinfo, words: TicketWords) -> Resource:
    """Tickets of all kinds."""
    return Resource(
        type="Ticket",
        list=paged_list("/Tickets", "tickets"),
        get=Get(path="/Tickets/{id}", params={"includedetails": "true"}, includes=(_DETAIL,)),
        batch=Batch(param="ticketids", size=100),
        actions=ticket_actions(
            _STATUSES | {word.casefold(): ours for word, ours in words.statuses.items()},
            _PRIORITIES | {word.casefold(): ours for word, ours in words.priorities.items()},
            closed_ids=words.closed_ids,
        ),
        details={_DETAIL: Detail()},
        filters={
            "assetId": query_param("asset_id", membership=True),
            "assigneeId": query_param("agent_id", exact=True),
            "requesterId": query_param("user_id", exact=True),
        },
        fields={
            "native_id": identity("id"),
            "subject": text("summary"),
            "description": free_text("details"),
            "status": _status(words),
            "status_raw": Field(
                read=_status_name, keys=("status_id",), refs=("TicketStatus",), columns=_STATUS
            ),
            "priority": _priority(words.priorities),
            "priority_raw": Field(
                read=_priority_name, keys=("priority_id",), refs=("TicketPriority",), columns=_PRIORITY
            ),
            "ticket_type": Field(
                read=_type_name, keys=("tickettype_id",), refs=("TicketTypeDefinition",), columns=_TYPE
            ),
            "organisation": text("client_name"),
            "created_at": moment("dateoccurred", "datecreated", zone=zone, order="dateoccurred"),
            "updated_at": moment("last_update", "lastactiondate", zone=zone, order="last_update"),
            "due_at": moment("fixbydate", "targetdate", zone=zone, order="fixbydate"),
            "closed_at": moment("dateclosed", zone=zone),
            "custom_fields": computed(custom_fields, "customfields", detail=_DETAIL, raw=True),
        },
        links={
            "requester": link(
                "Person",
                "user_id",
                stub={"id": "user_id", "name": "user_name", "emailaddress": "user_email"},
                null_ids=NO_ID,
            ),
            # Lists leave the agent's name empty: it is in the table of agents.
            "assignee": link("Agent", "agent_id", null_ids=NO_ID),
            "location": link(
                "Location",
                "site_id",
                stub={"id": "site_id", "name": "site_name", "client_name": "client_name"},
                null_ids=NO_ID,
            ),
        },
    )


def _status(words: TicketWords) -> Field:
    names = _STATUSES | {word.casefold(): ours for word, ours in words.statuses.items()}
    closed_at = moment("dateclosed", zone=UTC)

    def read(row: Row, tables: ReferenceTables) -> str:
        if convert.flag(row.get("onhold")):
            return "ON_HOLD"
        if convert.identity(row.get("status_id")) in words.closed_ids:
            return "CLOSED"
        status = names.get((_status_name(row, tables) or "").casefold())
        return status or ("CLOSED" if closed_at.value(row, tables) is not None else "OPEN")

    columns = dict.fromkeys((*_STATUS, "onhold", "dateclosed"))
    return Field(read=read, keys=("status_id", "onhold"), refs=("TicketStatus",), columns=columns)


def _status_name(row: Row, tables: ReferenceTables) -> str | None:
    return convert.text(row.get("status_name")) or _name_in(tables["TicketStatus"], row.get("status_id"))


def _priority(words: Mapping[str, str]) -> Field:
    names = _PRIORITIES | {word.casefold(): ours for word, ours in words.items()}

    def read(row: Row, tables: ReferenceTables) -> str:
        return names.get((_priority_name(row, tables) or "").casefold(), "UNKNOWN")

    return Field(read=read, keys=("priority_id",), refs=("TicketPriority",), columns=_PRIORITY)


def _priority_name(row: Row, tables: ReferenceTables) -> str | None:
    """The priority's name. Each SLA has its own numbers."""
    name = convert.text(row.get("priority_name"))
    native_id = convert.identity(row.get("priority_id"))
    if name or native_id is None or native_id in NO_ID:
        return name
    priority = tables["TicketPriority"].get(f"{convert.identity(row.get('sla_id')) or 0}-{native_id}")
    if priority is not None:
        return convert.text(priority.row.get("name"))
    names = {
        convert.text(priority.row.get("name"))
        for priority in tables["TicketPriority"].values()
        if convert.identity(priority.row.get("priorityid")) == native_id
    }
    return names.pop() if len(names) == 1 else None


def _type_name(row: Row, tables: ReferenceTables) -> str | None:
    return convert.text(row.get("tickettype_name")) or _name_in(
        tables["TicketTypeDefinition"], row.get("tickettype_id")
    )


def _name_in(table: Mapping[str, Any], raw: Any) -> str | None:
    definition = table.get(convert.identity(raw) or "")
    return None if definition is None else convert.text(definition.row.get("name"))
