"""Interface to outbound HTTP: a transport, its requests, responses and errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from gateway.upstream.transport.decompress import InvalidEncoding, TooLarge

__all__ = [
    "Delivery",
    "ImmediateTransport",
    "InvalidEncoding",
    "OnOutcome",
    "PreparedRequest",
    "ProtocolError",
    "TooLarge",
    "Transport",
    "TransportError",
    "TransportRequest",
    "TransportResponse",
]


class Delivery(Protocol):
    """
    Progress of a request, for a caller that cancels it. `sent` is True at first; a transport that knows sets it to
    False until the first byte leaves.
    """

    sent: bool


@dataclass(frozen=True, kw_only=True)
class TransportRequest:
    """
    A request. `url` is absolute, with its query, and is sent unchanged. Requests of different accounts never share a
    connection.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    account: str = field(default="", repr=False)
    delivery: Delivery | None = field(default=None, repr=False)


@dataclass(kw_only=True, slots=True)
class TransportResponse:
    """A complete response, which is not changed. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


OnOutcome = Callable[[TransportResponse | Exception], None]
"""Called with the response of a request, or with the error in its stead."""


class TransportError(Exception):
    """
    No response. `sent` is False only if the request certainly never reached the vendor. `reason` is a word for the log
    (`failure_reason.py`), None if it is not known.
    """

    def __init__(self, *, sent: bool, reason: str | None = None) -> None:
        super().__init__("no answer")
        self.sent = sent
        self.reason = reason


class ProtocolError(TransportError):
    """The peer's answer violates HTTP/1.1: a retry would not be answered any better."""

    def __init__(self) -> None:
        super().__init__(sent=True, reason="protocol")


class Transport(Protocol):
    """
    Sends one request, once, and returns the complete response, without following redirects.

    HTTP/1.1 over connections pooled by origin and account, TLS verified, bodies decompressed, proxies as the
    environment says. A write has a connection of its own: if the vendor closed an idle one at that moment, the outcome
    of the write would be unknown.
    The caller bounds the time of an exchange by cancelling it.
    """

    async def send(self, request: TransportRequest, *, max_bytes: int) -> TransportResponse:
        """One exchange. Raises TransportError or its ProtocolError, TooLarge or InvalidEncoding."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


class PreparedRequest(Protocol):
    """A request that can be sent as often as it is needed, without anybody who awaits it."""

    def begin(self, on_outcome: OnOutcome, *, max_bytes: int) -> Callable[[], None] | None:
        """
        Send it over an idle connection, and call `on_outcome` at its end. Returns the function that aborts it until
        then; None if no connection is idle.
        """
        ...


@runtime_checkable
class ImmediateTransport(Transport, Protocol):
    """A Transport that can send requests at once, without a task."""

    def prepare(self, request: TransportRequest) -> PreparedRequest | None:
        """The prepared GET; None if it can only be sent by `send`. Raises TransportError."""
        ...
