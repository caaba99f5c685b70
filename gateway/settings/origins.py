"""Origins of web pages (RFC 6454), written as a browser's Origin header has them."""

from urllib.parse import urlsplit

_ADVICE = "is not an origin: write the scheme, the host and the port if any, such as https://it.example"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ANY_PORT = ":*"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def to_origin(text: str) -> str:
    """
    The origin in the browser's form. Raises ValueError with what to do. Any port, `:*`, is for this machine only.

    >>> to_origin("HTTPS://IT.Example:443/"), to_origin("http://localhost:*"), to_origin("*")
    ('https://it.example', 'http://localhost:*', '*')
    >>> to_origin("it.example")
    Traceback (most recent call last):
    ValueError: is not an origin: write the scheme, the host and the port if any, such as https://it.example
    """
    if text == "*":
        return text
    address = text.removesuffix("/").lower()
    has_any_port = address.endswith(_ANY_PORT)
    parts = urlsplit(address.removesuffix(_ANY_PORT))
    try:
        port = parts.port
    except ValueError as exc:
        raise ValueError(_ADVICE) from exc
    host = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc
    if (
        parts.scheme not in _DEFAULT_PORTS
        or not parts.hostname
        or "@" in host
        or "*" in host
        or not host.isascii()
    ):
        raise ValueError(_ADVICE)
    if parts.path or parts.query or parts.fragment or "?" in address or "#" in address:
        raise ValueError(_ADVICE)
    if has_any_port:
        if host not in _LOOPBACK:
            raise ValueError("has any port (:*), which only localhost and 127.0.0.1 may have: name the port")
        return address
    return f"{parts.scheme}://{host}" + ("" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}")
