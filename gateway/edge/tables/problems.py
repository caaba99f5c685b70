"""Why there is no table, as RFC 9457 has it: a status, what to do about it, and the sources that failed."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from gateway.errors import GatewayError, TooComplex, UpstreamError, UpstreamTimeout

MEDIA_TYPE = "application/problem+json"
_ADVICE = {
    False: ". `partial=true` gives what there is, and names what is missing in a header; `source=` asks other sources "
    "only, `columns=` for fewer columns.",
    True: ", and no other source has such records: there is nothing to give.",
}


def problem(status: int, title: str, detail: str, **further: Any) -> Response:
    """A problem as an answer."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **further}
    headers = {"cache-control": "no-store", "content-type": MEDIA_TYPE}
    return Response(msgspec.json.encode(body), status, headers)


def incomplete(table: str, faults: Mapping[str, GatewayError], *, nothing: bool = False) -> Response:
    """
    The table is not whole, for these sources' faults; `nothing` says that there is no row at all.

    422 where it would cost more than the limits allow; 504 where all that failed was too slow, 503 where asking again
    later makes sense, else 502.
    """
    told = [_told(name, fault) for name, fault in sorted(faults.items())]
    names = ", ".join(sorted(faults))
    response = problem(
        _status(faults),
        "The table is not complete",
        f"{table}: rows or values of {names} could not be had{_ADVICE[nothing]}",
        sources=told,
    )
    waits = [fault.retry_after for fault in faults.values() if isinstance(fault, UpstreamError)]
    if response.status_code == 503 and (known := [wait for wait in waits if wait is not None]):
        response.headers["retry-after"] = str(-int(-max(known) // 1))
    return response


def _status(faults: Mapping[str, GatewayError]) -> int:
    found = list(faults.values())
    if any(isinstance(fault, TooComplex) for fault in found):
        return 422
    if all(isinstance(fault, UpstreamTimeout) for fault in found):
        return 504
    return 503 if all(isinstance(fault, UpstreamError) and fault.retryable for fault in found) else 502


def _told(name: str, fault: GatewayError) -> Mapping[str, Any]:
    return {"source": name, "message": fault.message, **fault.extensions()}
