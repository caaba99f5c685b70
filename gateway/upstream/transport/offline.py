"""Transport without a network, for commands that ask nobody."""

from gateway.upstream.transport.interface import TransportError, TransportRequest, TransportResponse


class OfflineTransport:
    """Every request fails unsent."""

    async def send(self, request: TransportRequest, *, max_bytes: int) -> TransportResponse:  # noqa: ARG002
        """Raises TransportError."""
        raise TransportError(sent=False)

    async def close(self) -> None:
        """Nothing is open."""
