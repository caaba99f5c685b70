"""One request and its answer: redirects within the source's own address followed, every fault translated once."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus, urljoin, urlsplit

from gateway.errors import UpstreamGarbled, UpstreamUnavailable
from gateway.upstream.http.decode import SourceErrors
from gateway.upstream.transport.interface import (
    InvalidEncoding,
    TooLarge,
    Transport,
    TransportError,
    TransportRequest,
    TransportResponse,
)

_MAX_BYTES = 16 * 1024 * 1024
_HOPS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Origin = tuple[str, str, int | None]


class NotSent(Exception):
    """The request never reached the vendor. Its cause is the error to be told."""


@dataclass(frozen=True)
class Exchange:
    """Sends a source's requests, each with these headers and its own."""

    errors: SourceErrors
    transport: Transport
    base_url: str
    headers: Mapping[str, str]

    def url(self, path: str, params: Mapping[str, str]) -> str:
        """The address of a path, which is below the source's own, or absolute."""
        url = path if path.startswith(("http://", "https://")) else self.base_url + path
        if not params:
            return url
        return f"{url}?{'&'.join([f'{_quoted(name)}={_quoted(value)}' for name, value in params.items()])}"

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], *, body: bytes | None = None
    ) -> TransportResponse:
        """
        The answer, whatever its status.

        Raises NotSent where the request cannot have reached the vendor, otherwise UpstreamUnavailable or
        UpstreamGarbled.
        """
        sent = {**self.headers, **headers}
        for _ in range(_HOPS):
            response = await self._once(TransportRequest(method=method, url=url, headers=sent, body=body))
            if method != "GET" or response.status not in _REDIRECTS:
                return response
            url = self._further(url, response)
        raise self.errors.error(UpstreamGarbled, "redirects without end")

    async def _once(self, request: TransportRequest) -> TransportResponse:
        error = self.errors.error
        try:
            return await self.transport.send(request, max_bytes=_MAX_BYTES)
        except TransportError as exc:
            if not exc.sent:
                raise NotSent from error(UpstreamUnavailable, "cannot be reached")
            raise error(UpstreamUnavailable, "the connection broke before the answer was whole") from exc
        except TooLarge as exc:
            raise error(UpstreamGarbled, f"the answer is larger than {_MAX_BYTES >> 20} MiB") from exc
        except InvalidEncoding as exc:
            raise error(UpstreamGarbled, "the answer cannot be unpacked") from exc

    def _further(self, url: str, response: TransportResponse) -> str:
        try:
            further = urljoin(url, response.headers.get("location", ""))
            is_ours = origin(further) == origin(url)
        except ValueError:
            is_ours = False
        if not is_ours:
            raise self.errors.error(UpstreamGarbled, "redirects to another address", status=response.status)
        return further


def _quoted(text: str) -> str:
    """
    A name or value of a query. Most are words and numbers, and need no looking at each letter.

    >>> _quoted("per_page"), _quoted("Halle 3 & 4/ü")
    ('per_page', 'Halle+3+%26+4%2F%C3%BC')
    """
    return text if text.isascii() and text.replace("_", "").isalnum() else quote_plus(text)


def origin(url: str) -> Origin:
    """
    Scheme, host and port of a URL. Raises ValueError where it is none.

    >>> origin("https://acme.example/a") == origin("https://acme.example:443/b")
    True
    """
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)
