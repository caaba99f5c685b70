"""How a source signs in: a fixed header, or a token that is got with a form and kept until it ends."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

Send = Callable[..., Awaitable[Any]]  # (method, url, form=, params=) -> decoded JSON; raises UpstreamError


class Auth(Protocol):
    """Gives the headers that a request is sent with."""

    async def headers(self, send: Send) -> Mapping[str, str]:
        """Sign in where that is needed. Raises UpstreamError."""
        ...

    def refused(self, headers: Mapping[str, str]) -> bool:
        """Forget what these headers came from; whether another try may go better."""
        ...


@dataclass(frozen=True)
class FixedHeader:
    """The same `Authorization` for every request."""

    authorization: str = field(repr=False)

    async def headers(self, send: Send) -> Mapping[str, str]:  # noqa: ARG002
        return {"Authorization": self.authorization}

    def refused(self, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        return False


@dataclass
class FormToken:
    """A bearer token, got by posting a form; one sign-in for all who wait, again shortly before it ends.

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
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.first:
            self._token, self._ends = self.first, self.clock() + self.lifetime

    async def headers(self, send: Send) -> Mapping[str, str]:
        async with self._lock:
            if self._token is None or self.clock() >= self._ends:
                await self._sign_in(send)
            return {"Authorization": f"Bearer {self._token}"}

    async def _sign_in(self, send: Send) -> None:
        url, form, params = await self.request(send)
        answer = await send("POST", url, form=form, params=params)
        token = answer.get("access_token") if isinstance(answer, Mapping) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise NoToken
        told = answer.get("expires_in")
        lifetime = float(told) if isinstance(told, int | float | Decimal) and told > 0 else self.lifetime
        self._ends = self.clock() + max(lifetime - self.early, lifetime / 2)
        self._token = token

    def refused(self, headers: Mapping[str, str]) -> bool:
        # Another caller may have replaced it meanwhile: then the new one is worth a try as well.
        if self._token is not None and headers.get("Authorization") == f"Bearer {self._token}":
            self._token = None
        return True


class NoToken(Exception):
    """The sign-in was answered without a token."""
