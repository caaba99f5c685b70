"""Authentication at a source: a fixed header, or a bearer token of a form-encoded token request (OAuth 2.0)."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from gateway.concurrency.single_flight import SingleFlight
from gateway.literals import parse_decimal

Send = Callable[..., Awaitable[Any]]  # (method, url, form=, params=) -> decoded JSON; raises UpstreamError

#: After more new tokens than this were refused in a row, the next one is requested only after a pause.
_MAX_REFUSED_TOKENS = 2
_RENEWAL_PAUSE_SECONDS = 30.0


class Auth(Protocol):
    """Credentials of a source, as request headers."""

    def current(self) -> Mapping[str, str] | None:
        """The headers to send, the same object as long as they are the same; None if a sign-in is needed first."""
        ...

    async def headers(self, send: Send) -> Mapping[str, str]:
        """The headers to send, after a sign-in if needed. Raises UpstreamError or NoToken."""
        ...

    def on_refused(self, headers: Mapping[str, str]) -> bool:
        """Drop the credential of these headers, which the vendor refused. True if a retry may succeed."""
        ...

    def on_accepted(self) -> None:
        """The vendor has accepted a request with our headers."""
        ...


@dataclass(frozen=True)
class FixedHeader:
    """The same `Authorization` for every request. Raises ValueError if no header can hold it."""

    authorization: str = field(repr=False)
    _headers: Mapping[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _check_header(self.authorization)
        object.__setattr__(self, "_headers", {"Authorization": self.authorization})

    def current(self) -> Mapping[str, str]:
        """The header."""
        return self._headers

    async def headers(self, send: Send) -> Mapping[str, str]:  # noqa: ARG002
        """The header."""
        return self._headers

    def on_refused(self, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """False: there is no other credential."""
        return False

    def on_accepted(self) -> None:
        """No effect."""


@dataclass
class FormToken:
    """
    A bearer token, requested by posting a form: once for all that wait, and renewed `early` seconds before it expires.

    `request` returns the URL, form and query parameters of the token request, and may itself call the vendor.
    `lifetime` is the token's in seconds if the answer has no `expires_in`. `initial_token` is the first one. Raises
    ValueError if no header can hold that.
    """

    request: Callable[[Send], Awaitable[tuple[str, Mapping[str, str], Mapping[str, str]]]] = field(repr=False)
    lifetime: float = 3600.0
    early: float = 60.0
    initial_token: str | None = field(default=None, repr=False)
    clock: Callable[[], float] = time.monotonic
    _headers: Mapping[str, str] | None = field(default=None, init=False, repr=False)
    _expires_at: float = field(default=0.0, init=False)
    _issued_at: float = field(default=float("-inf"), init=False)
    _refused_tokens: int = field(default=0, init=False)
    _signing_in: SingleFlight[Mapping[str, str]] = field(default_factory=SingleFlight, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.initial_token:
            _check_header(self.initial_token)
            self._headers, self._expires_at = _bearer(self.initial_token), self.clock() + self.lifetime

    def current(self) -> Mapping[str, str] | None:
        """The header with a token that has not expired."""
        return self._headers if self.clock() < self._expires_at else None

    async def headers(self, send: Send) -> Mapping[str, str]:
        """The header with a token that has not expired."""
        return self.current() or await self._signing_in.join("token", lambda: self._sign_in(send))

    async def _sign_in(self, send: Send) -> Mapping[str, str]:
        url, form, params = await self.request(send)
        answer = await send("POST", url, form=form, params=params)
        token = answer.get("access_token") if isinstance(answer, Mapping) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise NoToken
        lifetime = _seconds(answer.get("expires_in")) or self.lifetime
        self._issued_at = self.clock()
        self._expires_at = self._issued_at + max(lifetime - self.early, lifetime / 2)
        self._headers = headers = _bearer(token)
        return headers

    def on_refused(self, headers: Mapping[str, str]) -> bool:
        """Drop the token. A vendor that refuses every new one as well gets no further token request for a pause."""
        # Another caller may have replaced it in the meantime: then a retry with the new one may succeed.
        if headers != self._headers:
            return True
        self._refused_tokens += 1
        if (
            self._refused_tokens > _MAX_REFUSED_TOKENS
            and self.clock() < self._issued_at + _RENEWAL_PAUSE_SECONDS
        ):
            return False
        self._headers = None
        return True

    def on_accepted(self) -> None:
        """The token is valid."""
        self._refused_tokens = 0


def _bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


class NoToken(Exception):
    """The sign-in was answered without a token."""


def _check_header(text: str) -> None:
    """Raise ValueError for text that is not of visible Latin-1 characters and blanks, without the text."""
    if not text.isprintable() or any(ord(character) > 0xFF for character in text):
        raise ValueError("its credential has a character that no HTTP header can hold: type it anew")


def _seconds(value: Any) -> float | None:
    """
    A lifetime in seconds, from a number or from text; None if it is neither.

    >>> _seconds(3600), _seconds("3600"), _seconds(-1), _seconds("soon"), _seconds(True)
    (3600.0, 3600.0, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        seconds = parse_decimal(value) if isinstance(value, str) else Decimal(str(value))
    except ValueError:
        return None
    return float(seconds) if seconds.is_finite() and 0 < seconds < 10**9 else None
