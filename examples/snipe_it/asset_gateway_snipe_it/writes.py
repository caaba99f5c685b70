"""Checkout and checkin. API reference, "/hardware/:id/checkout" and "/hardware/:id/checkin"."""

from collections.abc import Mapping
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.actions import Action, Draft, Refusal
from gateway.connector.description.fields import get_path
from gateway.connector.description.write_fields import link_id, text

_NOT_CHECKED_OUT = (
    "Snipe-IT did not check it out: somebody has it, its status does not allow it, or the person is gone."
)


def _keep_status(draft: Draft, _: Any) -> None:
    """Both calls require a status: it stays as it is."""
    status = get_path(draft.row, "status_label.id")
    if status is not None:
        draft.body["status_id"] = status


ACTIONS: Mapping[str, Action] = {
    "checkout": Action(
        method="POST",
        path="/hardware/{id}/checkout",
        fields={"employeeId": link_id("assigned_user", "Person"), "note": text("note")},
        base_body={"checkout_to_type": "user"},
        reads_record=True,
        finalize=_keep_status,
        refusals={422: Refusal(code="CONFLICT", message=_NOT_CHECKED_OUT, field=("id",))},
        matches_record=lambda row, body: (
            get_path(row, "assigned_to.type") == "user"
            and convert.identity(get_path(row, "assigned_to.id")) == str(body["assigned_user"])
        ),
    ),
    "checkin": Action(
        method="POST",
        path="/hardware/{id}/checkin",
        fields={"note": text("note")},
        reads_record=True,
        finalize=_keep_status,
        refusals={422: Refusal(code="CONFLICT", message="Nobody has this asset.", field=("id",))},
        matches_record=lambda row, _: not row.get("assigned_to"),
    ),
}
