"""Writing Halo's tickets. Halo API, "Faults": the type goes by `tickettype_id`, assets by their ids."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.actions import Action, Draft, IdResolver, InvalidValue, Write
from gateway.connector.description.write_fields import linked, own_id, text
from gateway.vendors.halo.writes import deleting, shows, unmade, with_id
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
    """Of tickets. The words are our enums' by the account's names in lower case; `closed_ids` mean closed."""
    takes = {
        "subject": text("summary", fixed=True),
        "description": text("details", empty="", also=frozenset({"details_html"})),
        "status": _status(statuses, closed_ids),
        "priority": _priority(priorities),
        "ticketTypeId": own_id("tickettype_id", "TicketTypeDefinition", fixed=True),
        "requesterId": linked("user_id", "Person", fixed=True),
        "assigneeId": _agent(),
        "locationId": linked("site_id", "Location", fixed=True),
        "customFields": ticket_values(),
    }
    return {
        "create": Action(
            method="POST",
            path="/Tickets",
            fields={**takes, "assetIds": _assets()},
            required_on_create=("subject",),
            vendor_fields=_KEYS,
            is_list_body=True,
            partial_failure=unmade,
        ),
        "update": Action(
            method="POST",
            path="/Tickets",
            fields=takes,
            vendor_fields=_KEYS,
            reads_record=True,
            finalize=with_id,
            is_list_body=True,
            matches_record=shows,
        ),
        "delete": deleting("/Tickets"),
    }


def _as_given(given: str, _: IdResolver) -> str:
    if given == "UNKNOWN":
        raise InvalidValue(
            "cannot be UNKNOWN: that is what is read where the vendor's word has no meaning here"
        )
    return str(given)


def _assets() -> Write:
    def converted(given: Sequence[str], asked: IdResolver) -> list[dict[str, int]]:
        natives = dict.fromkeys(asked.native(one, "Asset") for one in given)
        return [{"id": int(native)} for native in natives]

    return Write(convert=converted, key="assets", not_nullable=True)


def _agent() -> Write:
    """The agent who works on it. For nobody there is an agent of its own."""
    plain = linked("agent_id", "Agent")

    def put(draft: Draft, agent_id: int | None) -> None:
        if agent_id is not None:
            draft.body["agent_id"] = agent_id
            return
        for native, agent in draft.tables["Agent"].items():
            if (convert.text(agent.row.get("name")) or "").casefold() == "unassigned":
                draft.body["agent_id"] = int(native)
                return
        raise InvalidValue("cannot be emptied: this Halo has no agent called Unassigned")

    return Write(convert=plain.convert, key="agent_id", put=put, refs=("Agent",))


def _status(words: Mapping[str, str], closed_ids: frozenset[str]) -> Write:
    def put(draft: Draft, wanted: str) -> None:
        table = draft.tables["TicketStatus"]
        fits = [native for native, one in table.items() if _ours(one.row.get("name"), words) == wanted]
        if wanted == "CLOSED":
            fits += [native for native in table if native in closed_ids]
        if not fits:
            raise InvalidValue(
                f"cannot be {wanted} here: no status of this account means it; see its ticket_status_map"
            )
        draft.body["status_id"] = int(fits[0])

    return Write(convert=_as_given, key="status_id", put=put, not_nullable=True, refs=("TicketStatus",))


def _priority(words: Mapping[str, str]) -> Write:
    """Priorities are numbered anew in each SLA: by the ticket's own, or where all SLAs agree."""

    def put(draft: Draft, wanted: str) -> None:
        sla = convert.identity(draft.row.get("sla_id"))
        rows = [one.row for one in draft.tables["TicketPriority"].values()]
        fits = [row for row in rows if _ours(row.get("name"), words) == wanted]
        of_sla = [row for row in fits if convert.identity(row.get("slaid")) == sla]
        ids = {convert.identity(row.get("priorityid")) for row in of_sla or fits}
        if not ids or (not of_sla and any(convert.identity(row.get("slaid")) == sla for row in rows)):
            raise InvalidValue(
                f"cannot be {wanted} here: no priority of this SLA means it; see the source's priority_map"
            )
        same = [row for row in rows if convert.identity(row.get("priorityid")) in ids]
        if len(ids) > 1 or (not of_sla and len(same) > len(fits)):
            raise InvalidValue(
                f"cannot be {wanted} here: each SLA numbers it otherwise; give `priority_id` in `vendorFields`"
            )
        draft.body["priority_id"] = int(ids.pop() or 0)

    return Write(
        convert=_as_given,
        key="priority_id",
        put=put,
        not_nullable=True,
        refs=("TicketPriority",),
        reads_record=True,
    )


def _ours(name: Any, words: Mapping[str, str]) -> str | None:
    return words.get((convert.text(name) or "").casefold())
