"""Upgrade header (RFC 9110, 7.8): a request without its offer, which a server that does not accept it ignores."""

from collections.abc import Iterable

_OFFER = frozenset({b"upgrade", b"http2-settings"})


def decline_upgrade(method: str, url: bytes, version: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    r"""
    Head of a request without the offer to upgrade; header names are in lower case.

    >>> headers = [(b"connection", b"Upgrade, HTTP2-Settings, close"), (b"upgrade", b"h2c"), (b"content-length", b"2")]
    >>> decline_upgrade("POST", b"/graphql", "1.1", headers)
    b'POST /graphql HTTP/1.1\r\nconnection: close\r\ncontent-length: 2\r\n\r\n'
    """
    lines = [b"%s %s HTTP/%s" % (method.encode(), url, version.encode())]
    for name, value in headers:
        if name == b"connection":
            tokens = [token for token in map(bytes.strip, value.split(b",")) if token.lower() not in _OFFER]
            if tokens:
                lines.append(b"connection: " + b", ".join(tokens))
        elif name not in _OFFER:
            lines.append(name + b": " + value)
    return b"\r\n".join([*lines, b"", b""])
