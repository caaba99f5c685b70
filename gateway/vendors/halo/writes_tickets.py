"""Actions that write Halo's tickets. Halo API, "Faults": the type goes by `tickettype_id`, assets by their ids."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.actions import Action, Draft, IdResolver, InvalidValue, Write
from gateway.connector.description.write_fields import link_id, own_id, text
from gateway.vendors.halo.writes import delete_action, matches_body, not_created, put_id
from gateway.vendors.halo.writes_fields import ticket_values

_KEYS = frozenset(
    {
        "client_id", "site_id", "user_id", "agent_id", "team", "status_id", "priority_id", "sla_id", "tickettype_id",
        "category_1", "category_2", "category_3", "category_4", "impact", "urgency", "source", "parent_id",
        "contract_id", "supplier_id", "fixbydate", "startdate", "targetdate", "deadlinedate", "details_html",
        "estimate", "flagged",
    }
)  # fmt: skip


def ticket_actions(
    statuses: Mapping[str, str], priorities: Mapping[str, str], *, closed_ids: frozenset[str]
) -> Mapping[str, Action]:
    """Actions on tickets. The words are our enums' by the account's names in lower case; `closed_ids` mean closed."""
    fields = {
        "subject": text("summary", not_nullable=True),
        "description": text("details", empty="", synonyms=frozenset({"details_html"})),
        "status": _status(statuses, closed_ids),
        "priority": _priority(priorities),
        "ticketTypeId": own_id("tickettype_id", "TicketTypeDefinition", not_nullable=True),
        "requesterId": link_id("user_id", "Person", not_nullable=True),
        "assigneeId": _agent(),
        "locationId": link_id("site_id", "Location", not_nullable=True),
        "customFields": ticket_values(),
    }
    return {
        "create": Action(
            method="POST",
            path="/Tickets",
            fields={**fields, "assetIds": _assets()},
            required_on_create=("subject",),
            vendor_fields=_KEYS,
            is_list_body=True,
            partial_failure=not_created,
        ),
        "update": Action(
            method="POST",
            path="/Tickets",
            fields=fields,
            vendor_fields=_KEYS,
            reads_record=True,
            finalize=put_id,
            is_list_body=True,
            matches_record=matches_body,
        ),
        "delete": delete_action("/Tickets"),
    }


def _not_unknown(value: str, _: IdResolver) -> str:
    if value == "UNKNOWN":
        raise InvalidValue(
            "cannot be UNKNOWN: that is what is read where the vendor's word has no meaning here"
        )
    return str(value)


def _assets() -> Write:
    def converted(global_ids: Sequence[str], ids: IdResolver) -> list[dict[str, int]]:
        native_ids = dict.fromkeys(ids.native_id(global_id, "Asset") for global_id in global_ids)
        return [{"id": int(native_id)} for native_id in native_ids]

    return Write(convert=converted, key="assets", not_nullable=True)


def _agent() -> Write:
    """Write of the agent who works on the ticket. Nobody is an agent of its own, called Unassigned."""
    plain = link_id("agent_id", "Agent")

    def put(draft: Draft, agent_id: int | None) -> None:
        if agent_id is not None:
            draft.body["agent_id"] = agent_id
            return
        for native_id, agent in draft.tables["Agent"].items():
            if (convert.text(agent.row.get("name")) or "").casefold() == "unassigned":
                draft.body["agent_id"] = int(native_id)
                return
        raise InvalidValue("cannot be emptied: this Halo has no agent called Unassigned")

    return Write(convert=plain.convert, key="agent_id", put=put, refs=("Agent",))


def _status(words: Mapping[str, str], closed_ids: frozenset[str]) -> Write:
    def put(draft: Draft, status: str) -> None:
        table = draft.tables["TicketStatus"]
        matching = [
            native_id
            for native_id, definition in table.items()
            if _enum_of(definition.row.get("name"), words) == status
        ]
        if status == "CLOSED":
            matching += [native_id for native_id in table if native_id in closed_ids]
        if not matching:
            raise InvalidValue(
                f"cannot be {status} here: no status of this account means it; see its ticket_status_map"
            )
        draft.body["status_id"] = int(matching[0])

    return Write(convert=_not_unknown, key="status_id", put=put, not_nullable=True, refs=("TicketStatus",))


def _priority(words: Mapping[str, str]) -> Write:
    """Write of the priority. Each SLA has its own numbers: by the ticket's SLA, or if all SLAs agree."""

    def put(draft: Draft, priority: str) -> None:
        sla = convert.identity(draft.row.get("sla_id"))
        rows = [definition.row for definition in draft.tables["TicketPriority"].values()]
        matching = [row for row in rows if _enum_of(row.get("name"), words) == priority]
        of_sla = [row for row in matching if convert.identity(row.get("slaid")) == sla]
        ids = {convert.identity(row.get("priorityid")) for row in of_sla or matching}
        if not ids or (not of_sla and any(convert.identity(row.get("slaid")) == sla for row in rows)):
            raise InvalidValue(
                f"cannot be {priority} here: no priority of this SLA means it; see the source's priority_map"
            )
        numbered_alike = [row for row in rows if convert.identity(row.get("priorityid")) in ids]
        if len(ids) > 1 or (not of_sla and len(numbered_alike) > len(matching)):
            raise InvalidValue(
                f"cannot be {priority} here: each SLA numbers it otherwise; give `priority_id` in `vendorFields`"
            )
        draft.body["priority_id"] = int(ids.pop() or 0)

    return Write(
        convert=_not_unknown,
        key="priority_id",
        put=put,
        not_nullable=True,
        refs=("TicketPriority",),
        reads_record=True,
    )


def _enum_of(name: Any, words: Mapping[str, str]) -> str | None:
    return words.get((convert.text(name) or "").casefold())
