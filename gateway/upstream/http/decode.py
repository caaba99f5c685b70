"""Decoding of a vendor's response: its JSON, or the error that its status means."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
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
Decoder of a body. Raises ValueError, msgspec.DecodeError or RecursionError if the body is invalid or its JSON is nested
too deeply: a typed decoder cannot return such a value, `read_json` checks for it.
"""

#: Money and meter readings keep the digits that the vendor wrote.
EXACT = Decimal
_DECODER = msgspec.json.Decoder(float_hook=EXACT)
#: An escaped backslash or a whole surrogate pair (group 1), or a lone surrogate.
_SURROGATES = re.compile(
    rb"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_BOM = b"\xef\xbb\xbf"


class NarrowDecoder(partial[Any]):
    """Decoder of a part of what `read_json` returns; whoever takes the part can take the whole as well."""


@dataclass(frozen=True)
class SourceErrors:
    """Factory of one source's errors. They hold nothing of the vendor's response but its status."""

    source: str
    vendor: str

    def error(
        self, kind: type[E], reason: str, *, status: int | None = None, retry_after: float | None = None
    ) -> E:
        """An error of this source."""
        return kind(reason, source=self.source, vendor=self.vendor, status=status, retry_after=retry_after)

    def from_status(self, response: TransportResponse) -> UpstreamError | None:
        """The error that a status means, None for 2xx and an expected 304."""
        status = response.status
        if 200 <= status < 300 or status == 304:
            return None
        wait = retry_after(response.headers.get("retry-after"), datetime.now(UTC))
        if status in {401, 403}:
            return self.error(UpstreamAuth, "the vendor refuses the credential", status=status)
        if status == 429:
            message = "the vendor asks us to slow down"
            return self.error(UpstreamRateLimited, message, status=status, retry_after=wait)
        if status >= 500:
            message = "the vendor cannot serve now"
            return self.error(UpstreamUnavailable, message, status=status, retry_after=wait)
        if status >= 400:
            return self.error(UpstreamRejected, "the vendor refuses the request", status=status)
        return self.error(UpstreamGarbled, "an answer that its API does not have", status=status)

    def decode(self, body: bytes, decode: Decode | None) -> Any:
        """The decoded body. Raises UpstreamGarbled."""
        try:
            return (decode or read_json)(body)
        except TooDeep as exc:
            raise self.error(UpstreamGarbled, "the answer is nested without end") from exc
        except (msgspec.DecodeError, ValueError, RecursionError) as exc:
            raise self.error(UpstreamGarbled, "the answer is not JSON") from exc


class TooDeep(ValueError):
    """JSON that is nested too deeply."""


def read_json(body: bytes) -> Any:
    r"""
    The decoded JSON of a body. A lone surrogate, as .NET and PHP write it if a text was cut in the middle of a
    character, is valid by JSON's grammar: it is replaced by U+FFFD. Raises msgspec.DecodeError, RecursionError or
    TooDeep.

    >>> read_json(b'{"name": "caf\\ud83d", "serial": "A1"}')
    {'name': 'caf�', 'serial': 'A1'}
    """
    body = body.removeprefix(_BOM)
    try:
        value = _DECODER.decode(body)
    except msgspec.DecodeError:
        repaired = _SURROGATES.sub(lambda match: match[0] if match[1] else b"\\ufffd", body)
        if repaired == body:
            raise
        value = _DECODER.decode(repaired)
    if too_deep(body, value):
        raise TooDeep
    return value
