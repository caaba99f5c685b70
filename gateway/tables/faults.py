"""Failures of sources as the manifest and the answers name them."""

from gateway.connector.fetching.source import Source
from gateway.errors import GatewayError, UpstreamError
from gateway.tables.manifest import Fault


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
