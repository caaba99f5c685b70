"""Choice of the transport that the settings name."""

from gateway.settings import TransportName
from gateway.upstream.transport.interface import Transport


def make_transport(name: TransportName) -> Transport:
    """The transport of that name. The module of the other one is not imported."""
    if name == "httpx":
        from gateway.upstream.transport.via_httpx import HttpxTransport  # noqa: PLC0415

        return HttpxTransport()
    from gateway.upstream.transport.direct import DirectTransport  # noqa: PLC0415

    return DirectTransport()
