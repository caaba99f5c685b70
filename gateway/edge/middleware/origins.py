"""Allowed origins: the origins of other web pages (RFC 6454) that may call the gateway from a browser."""

from collections.abc import Iterable, Sequence

ANY = "*"
_ANY_PORT = ":*"
_PORT_DIGITS = 5


class AllowedOrigins:
    """
    A set of origins as the Origin header writes them. An origin that ends with `:*` stands for every port of its host,
    `*` for every origin.

    >>> origins = AllowedOrigins(["https://it.example", "http://localhost:*"])
    >>> [origin in origins for origin in (b"https://it.example", b"http://localhost:5173", b"http://localhost")]
    [True, True, True]
    >>> [origin in origins for origin in (b"http://it.example", b"http://localhost:5173.evil.example", b"null", None)]
    [False, False, False, False]
    """

    def __init__(self, origins: Sequence[str]) -> None:
        self.is_any = ANY in origins
        self._exact = frozenset(origin.encode() for origin in origins)
        self._any_port = frozenset(
            origin.removesuffix(_ANY_PORT).encode() for origin in origins if origin.endswith(_ANY_PORT)
        )

    def __bool__(self) -> bool:
        return bool(self._exact)

    def __contains__(self, origin: bytes | None) -> bool:
        if origin is None:
            return False
        if self.is_any or origin in self._exact or origin in self._any_port:
            return True
        host, _, port = origin.rpartition(b":")
        return host in self._any_port and port.isdigit() and len(port) <= _PORT_DIGITS


def is_own_origin(origin: bytes, hosts: Iterable[str]) -> bool:
    """
    True if an Origin header names one of the gateway's own hosts, as Host headers have them. Its scheme does not count:
    a proxy in front may have ended TLS.

    >>> is_own_origin(b"https://it.example", ["IT.example"]), is_own_origin(b"http://localhost:81", ["localhost:80"])
    (True, False)
    """
    own = origin.decode("latin-1").partition("://")[2].lower()
    return bool(own) and any(own == host.lower() for host in hosts)
