"""Audit of a change: what is written of it before, and its outcome after."""

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.access.audit import OperationAudit, WriteEntry, WriteOutcome
from gateway.connector.writing.change import Change, ChangeResult
from gateway.connector.writing.request_body import InputRefused
from gateway.errors import GatewayError, OutcomeUnknown


def change_entry(change: Change, *, dry_run: bool) -> WriteEntry:
    """The change as it is audited."""
    vendor_fields = (f"vendorFields.{name}" for name in change.values.by_vendor_field)
    return WriteEntry(
        mutation=change.mutation,
        source=change.source.name,
        record_type=change.resource.type,
        native_id=change.native_id,
        fields=(*change.values.by_field, *vendor_fields),
        dry_run=dry_run,
        idempotency_key=change.idempotency_key,
        row=change.row,
    )


@contextmanager
def audited(audit: OperationAudit, entry: WriteEntry) -> Iterator[WriteOutcome]:
    """Audit the block's write. An error is its outcome; if there is none, the block says what it is."""
    with audit.write(entry) as outcome:
        try:
            yield outcome
        except InputRefused as exc:
            outcome.outcome, outcome.codes = "refused", tuple(fault.code for fault in exc.faults)
            raise
        except OutcomeUnknown as exc:
            outcome.codes = (exc.code,)
            raise
        except GatewayError as exc:
            outcome.outcome, outcome.codes = "failed", (exc.code,)
            raise


def set_result(outcome: WriteOutcome, result: ChangeResult) -> None:
    """Set the outcome of a change that ended without an error."""
    if result.planned_requests is not None:
        outcome.outcome = "planned"
    elif result.user_errors:
        outcome.outcome, outcome.codes = "refused", tuple(fault.code for fault in result.user_errors)
    else:
        outcome.outcome = "done"
        if result.record is not None:
            outcome.native_id = result.record.native_id
