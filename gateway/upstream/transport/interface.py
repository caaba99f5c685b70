"""The one small interface to outbound HTTP."""

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
    """What is sent. `url` is absolute, with its query, and goes out as it is written."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class TransportResponse:
    """What came back, whole. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class TransportError(Exception):
    """No answer. `sent` is False only where it is certain that the request never reached the vendor."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__("no answer")
        self.sent = sent


class Transport(Protocol):
    """
    Sends one request, once, and gives the whole answer, without redirects.

    HTTP/1.1 over pooled connections, TLS verified, bodies unpacked, proxies as the environment says. Writes go over
    connections of their own: one that the vendor closes for its age just then would leave it open whether they were
    done. How long a whole exchange may take is the caller's to say, by cancelling it.
    """

    async def send(self, request: TransportRequest, *, max_bytes: int) -> TransportResponse:
        """One exchange. Raises TransportError, TooLarge or Undecodable."""
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...
