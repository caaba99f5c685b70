"""Interface to outbound HTTP: a transport, its requests, responses and errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gateway.upstream.transport.decompress import InvalidEncoding, TooLarge

__all__ = [
    "InvalidEncoding",
    "TooLarge",
    "Transport",
    "TransportError",
    "TransportRequest",
    "TransportResponse",
]


@dataclass(frozen=True, kw_only=True)
class TransportRequest:
    """A request. `url` is absolute, with its query, and is sent unchanged."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class TransportResponse:
    """A complete response. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class TransportError(Exception):
    """No response. `sent` is False only if the request certainly never reached the vendor."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__("no answer")
        self.sent = sent


class Transport(Protocol):
    """
    Sends one request, once, and returns the complete response, without following redirects.

    HTTP/1.1 over pooled connections, TLS verified, bodies decompressed, proxies as the environment says. A write has a
    connection of its own: if the vendor closed an idle one at that moment, the outcome of the write would be unknown.
    The caller bounds the time of an exchange by cancelling it.
    """

    async def send(self, request: TransportRequest, *, max_bytes: int) -> TransportResponse:
        """One exchange. Raises TransportError, TooLarge or InvalidEncoding."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
