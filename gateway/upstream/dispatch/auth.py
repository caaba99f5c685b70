"""How a source signs in: a fixed header, or a token that is got with a form and kept until it ends."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from gateway.concurrency.single_flight import SingleFlight

Send = Callable[..., Awaitable[Any]]  # (method, url, form=, params=) -> decoded JSON; raises UpstreamError

#: New tokens that are refused before one is accepted, until the next is asked for only after a while.
_FRUITLESS = 2
_PATIENCE = 30.0


class Auth(Protocol):
    """Gives the headers that a request is sent with."""

    async def headers(self, send: Send) -> Mapping[str, str]:
        """Sign in where that is needed. Raises UpstreamError or NoToken."""
        ...

    def refused(self, headers: Mapping[str, str]) -> bool:
        """Forget what these headers came from; whether another try may go better."""
        ...

    def accepted(self) -> None:
        """The vendor has taken a request with our headers."""
        ...


@dataclass(frozen=True)
class FixedHeader:
    """The same `Authorization` for every request."""

    authorization: str = field(repr=False)

    async def headers(self, send: Send) -> Mapping[str, str]:  # noqa: ARG002
        """The header."""
        return {"Authorization": self.authorization}

    def refused(self, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """There is no other."""
        return False

    def accepted(self) -> None:
        """Nothing to be learnt."""


@dataclass
class FormToken:
    """
    A bearer token, got by posting a form; one sign-in for all who wait, again shortly before it ends.

    `request` gives where to post to, the form and the query, and may itself ask the vendor. `lifetime` is the token's
    in seconds, where the answer has no `expires_in`. `first` is a token to begin with.
    """

    request: Callable[[Send], Awaitable[tuple[str, Mapping[str, str], Mapping[str, str]]]] = field(repr=False)
    lifetime: float = 3600.0
    early: float = 60.0
    first: str | None = field(default=None, repr=False)
    clock: Callable[[], float] = time.monotonic
    _token: str | None = field(default=None, init=False, repr=False)
    _ends: float = field(default=0.0, init=False)
    _got_at: float = field(default=float("-inf"), init=False)
    _fruitless: int = field(default=0, init=False)
    _signing_in: SingleFlight[str] = field(default_factory=SingleFlight, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.first:
            self._token, self._ends = self.first, self.clock() + self.lifetime

    async def headers(self, send: Send) -> Mapping[str, str]:
        """A token that has not ended."""
        token = self._token
        if token is None or self.clock() >= self._ends:
            token = await self._signing_in.join("token", lambda: self._sign_in(send))
        return {"Authorization": f"Bearer {token}"}

    async def _sign_in(self, send: Send) -> str:
        url, form, params = await self.request(send)
        answer = await send("POST", url, form=form, params=params)
        token = answer.get("access_token") if isinstance(answer, Mapping) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise NoToken
        lifetime = _seconds(answer.get("expires_in")) or self.lifetime
        self._got_at = self.clock()
        self._ends = self._got_at + max(lifetime - self.early, lifetime / 2)
        self._token = token
        return token

    def refused(self, headers: Mapping[str, str]) -> bool:
        """Forget the token. A vendor that refuses every new one as well is not asked for more of them in a row."""
        # Another caller may have replaced it meanwhile: then the new one is worth a try as well.
        if self._token is None or headers.get("Authorization") != f"Bearer {self._token}":
            return True
        self._fruitless += 1
        if self._fruitless > _FRUITLESS and self.clock() < self._got_at + _PATIENCE:
            return False
        self._token = None
        return True

    def accepted(self) -> None:
        """The token is good."""
        self._fruitless = 0


class NoToken(Exception):
    """The sign-in was answered without a token."""


def _seconds(told: Any) -> float | None:
    """
    A lifetime, also where it is written as text.

    >>> _seconds(3600), _seconds("3600"), _seconds(-1), _seconds("soon"), _seconds(True)
    (3600.0, 3600.0, None, None, None)
    """
    if isinstance(told, bool) or not isinstance(told, int | float | str | Decimal):
        return None
    try:
        seconds = Decimal(str(told))
    except InvalidOperation:
        return None
    return float(seconds) if seconds.is_finite() and 0 < seconds < 10**9 else None
