"""Audit of writes that were refused before they began: by the caller's rights, or for what they were to write."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from gateway.access.audit import WriteEntry
from gateway.connector.description import ids
from gateway.connector.writing.request_body import REQUEST_FIELDS, InputRefused
from gateway.errors import BadInput, Forbidden, GatewayError, NotSupported
from resolvers.context import RequestContext

_MAX_NAME = 63
_VENDOR_FIELDS = "vendorFields"


def audit_refusal(
    ctx: RequestContext, operation: str, input_values: Mapping[str, Any], error: InputRefused | GatewayError
) -> None:
    """Audit that a mutation was refused, or failed, before a write of it began."""
    if isinstance(error, InputRefused):
        codes: Iterable[str] = (fault.code for fault in error.faults)
    else:
        codes = (error.code,)
    is_refusal = isinstance(error, InputRefused | Forbidden | BadInput | NotSupported)
    ctx.audit.refuse(
        _entry(operation, input_values), "refused" if is_refusal else "failed", tuple(dict.fromkeys(codes))
    )


def _entry(operation: str, input_values: Mapping[str, Any]) -> WriteEntry:
    """The write as far as the input tells of it, which may be anything."""
    kind = operation.partition(".")[0]
    source, type_name, native_id = input_values.get("source"), kind[:1].upper() + kind[1:], None
    with suppress(KeyError, BadInput):
        source, type_name, native_id = ids.parse(input_values["id"])
    by_vendor_field = input_values.get(_VENDOR_FIELDS)
    by_vendor_field = by_vendor_field if isinstance(by_vendor_field, Mapping) else {}
    names = [name for name in input_values if name not in REQUEST_FIELDS and name != "file"]
    return WriteEntry(
        mutation=operation,
        source=str(source or "")[:_MAX_NAME],
        record_type=type_name,
        native_id=native_id,
        fields=(*names, *(f"{_VENDOR_FIELDS}.{name}" for name in by_vendor_field)),
        dry_run=bool(input_values.get("dryRun")),
        idempotency_key=input_values.get("idempotencyKey"),
    )
