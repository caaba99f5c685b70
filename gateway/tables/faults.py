"""Failures of sources as the manifest and the answers name them."""

from collections.abc import Mapping

from gateway.connector.fetching.source import Source
from gateway.errors import (
    GatewayError,
    TooComplex,
    UpstreamAuth,
    UpstreamError,
    UpstreamGarbled,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamTooLarge,
    UpstreamUnavailable,
)
from gateway.tables.manifest import Fault

_KINDS: Mapping[str, type[UpstreamError]] = {
    kind.code: kind
    for kind in (
        UpstreamTimeout,
        UpstreamUnavailable,
        UpstreamRateLimited,
        UpstreamAuth,
        UpstreamGarbled,
        UpstreamTooLarge,
        UpstreamRejected,
    )
}


def fault_of(error: GatewayError, source: Source) -> Fault:
    """The failure of a source: our own code and message."""
    retryable = isinstance(error, UpstreamError) and error.retryable
    return Fault(
        code=error.code,
        message=error.message,
        vendor=source.vendor,
        retryable=retryable,
        retry_after=error.retry_after if isinstance(error, UpstreamError) else None,
    )


def error_of(fault: Fault, source: Source) -> GatewayError:
    """The error that a source's failure was."""
    kind = _KINDS.get(fault.code)
    if kind is None:
        return TooComplex(fault.message)
    # The message names the source already.
    message = fault.message.removeprefix(f"{source.name}: ")
    return kind(message, source=source.name, vendor=source.vendor.lower(), retry_after=fault.retry_after)
