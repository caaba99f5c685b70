"""What a vendor's answer comes to: its JSON, or the error that its status means."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from gateway.errors import (
    UpstreamAuth,
    UpstreamError,
    UpstreamGarbled,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamUnavailable,
)
from gateway.upstream.http.nesting import too_deep
from gateway.upstream.http.retry_after import retry_after
from gateway.upstream.transport.interface import TransportResponse

E = TypeVar("E", bound=UpstreamError)
Decode = Callable[[bytes], Any]
"""
Makes something of a body. Raises ValueError, msgspec.DecodeError or RecursionError where it cannot, and where what it
would give is nested without end: a typed decoder cannot give that, `read_json` looks.
"""

#: Money and meter readings have to stay what was written.
EXACT = Decimal
_DECODER = msgspec.json.Decoder(float_hook=EXACT)
#: An escaped backslash or a whole surrogate pair (kept), or half of a pair.
_HALF = re.compile(
    rb"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, eq=False)
class NarrowDecoder:
    """A decoder that gives a part of what `read_json` gives, for which the whole will do as well."""

    read: Decode

    def __call__(self, body: bytes) -> Any:
        """The part. Raises as `read_json`."""
        return self.read(body)


@dataclass(frozen=True)
class SourceErrors:
    """Makes errors in the name of a source. They hold nothing of the vendor's answer but its status."""

    source: str
    vendor: str

    def error(
        self, kind: type[E], reason: str, *, status: int | None = None, retry_after: float | None = None
    ) -> E:
        """An error of this source."""
        return kind(reason, source=self.source, vendor=self.vendor, status=status, retry_after=retry_after)

    def from_status(self, response: TransportResponse) -> UpstreamError | None:
        """The error that a status means, or None for 2xx and an awaited 304."""
        status = response.status
        if 200 <= status < 300 or status == 304:
            return None
        wait = retry_after(response.headers.get("retry-after"), datetime.now(UTC))
        if status in {401, 403}:
            return self.error(UpstreamAuth, "the vendor refuses our credential", status=status)
        if status == 429:
            told = "the vendor asks us to slow down"
            return self.error(UpstreamRateLimited, told, status=status, retry_after=wait)
        if status >= 500:
            told = "the vendor cannot serve now"
            return self.error(UpstreamUnavailable, told, status=status, retry_after=wait)
        if status >= 400:
            return self.error(UpstreamRejected, "the vendor refuses the request", status=status)
        return self.error(UpstreamGarbled, "an answer that its API does not have", status=status)

    def decode(self, body: bytes, decode: Decode | None) -> Any:
        """What a body says. Raises UpstreamGarbled."""
        try:
            return (decode or read_json)(body)
        except TooDeep as exc:
            raise self.error(UpstreamGarbled, "the answer is nested without end") from exc
        except (msgspec.DecodeError, ValueError, RecursionError) as exc:
            raise self.error(UpstreamGarbled, "the answer is not JSON") from exc


class TooDeep(ValueError):
    """JSON that is nested without end."""


def read_json(body: bytes) -> Any:
    r"""
    JSON, also where a text was cut in the middle of a character: what .NET and PHP write of it (half of a surrogate
    pair) is JSON by its grammar, and costs that character only. Raises msgspec.DecodeError, RecursionError or TooDeep.

    >>> read_json(b'{"name": "caf\\ud83d", "serial": "A1"}')
    {'name': 'caf�', 'serial': 'A1'}
    """
    body = body.removeprefix(_BOM)
    found = _decoded(body)
    if too_deep(body, found):
        raise TooDeep
    return found


def _decoded(body: bytes) -> Any:
    try:
        return _DECODER.decode(body)
    except msgspec.DecodeError:
        mended = _HALF.sub(lambda found: found[0] if found[1] else b"\\ufffd", body)
        if mended == body:
            raise
        return _DECODER.decode(mended)
