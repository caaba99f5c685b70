"""Refusals of a table as RFC 9457 problems: a status, what to do about it, and the sources that failed."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from gateway.tables.manifest import Fault

MEDIA_TYPE = "application/problem+json"
_ADVICE = {
    False: ". `partial=true` gives what there is, and names what is missing in a header; `source=` asks other sources "
    "only, `columns=` for fewer columns.",
    True: ", and no other source has such records: there is nothing to give.",
}


def problem(status: int, title: str, detail: str, **members: Any) -> Response:
    """A problem as an answer."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    headers = {"cache-control": "no-store", "content-type": MEDIA_TYPE}
    return Response(msgspec.json.encode(body), status, headers)


def incomplete(table: str, faults: Mapping[str, Fault], *, nothing: bool = False) -> Response:
    """
    The refusal of a table that is not whole, for these sources' faults; `nothing` says that there is no row at all.

    422 if it would cost more than the limits allow; 504 if all that failed was too slow, 503 if asking again later
    makes sense, else 502.
    """
    names = ", ".join(sorted(faults))
    response = problem(
        status_of(faults),
        "The table is not complete",
        f"{table}: rows or values of {names} could not be had{_ADVICE[nothing]}",
        sources=[_described(name, fault) for name, fault in sorted(faults.items())],
    )
    waits = [fault.retry_after for fault in faults.values() if fault.retry_after is not None]
    if response.status_code == 503 and waits:
        response.headers["retry-after"] = str(-int(-max(waits) // 1))
    return response


def status_of(faults: Mapping[str, Fault]) -> int:
    """The status of a refusal for these sources' faults."""
    codes = {fault.code for fault in faults.values()}
    if "QUERY_TOO_COMPLEX" in codes:
        return 422
    if codes == {"UPSTREAM_TIMEOUT"}:
        return 504
    return 503 if all(fault.retryable for fault in faults.values()) else 502


def _described(name: str, fault: Fault) -> Mapping[str, Any]:
    described: dict[str, Any] = {
        "source": name,
        "message": fault.message,
        "code": fault.code,
        "vendor": fault.vendor,
        "retryable": fault.retryable,
    }
    if fault.retry_after is not None:
        described["retryAfterSeconds"] = fault.retry_after
    return described
