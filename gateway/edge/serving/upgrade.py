"""
Upgrade header (RFC 9110, 7.8): a request whose offer is ignored, as a server may.

The offer takes effect by the `Connection` header. The `Upgrade` header alone stays, so that the application can say
what it does not serve.
"""

from collections.abc import Iterable

_OFFER = frozenset({b"upgrade", b"http2-settings"})
_SETTINGS = b"http2-settings"


def decline_upgrade(method: str, url: bytes, version: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    r"""
    Head of a request without the offer to upgrade; header names are in lower case.

    >>> headers = [(b"connection", b"Upgrade, HTTP2-Settings, close"), (b"upgrade", b"h2c"), (b"content-length", b"2")]
    >>> decline_upgrade("POST", b"/graphql", "1.1", headers)
    b'POST /graphql HTTP/1.1\r\nconnection: close\r\nupgrade: h2c\r\ncontent-length: 2\r\n\r\n'
    """
    lines = [b"%s %s HTTP/%s" % (method.encode(), url, version.encode())]
    for name, value in headers:
        if name == b"connection":
            tokens = [token for token in map(bytes.strip, value.split(b",")) if token.lower() not in _OFFER]
            if tokens:
                lines.append(b"connection: " + b", ".join(tokens))
        elif name != _SETTINGS:
            lines.append(name + b": " + value)
    return b"\r\n".join([*lines, b"", b""])
