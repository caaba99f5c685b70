"""Authentication of callers by what they send: a configured key, or the token of an issuer."""

import asyncio
import hashlib
import math
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from gateway.access.caller import Caller, make_caller, unrestricted_caller
from gateway.access.failed_attempts import FailedAttempts
from gateway.access.proxy_identity import ProxyIdentity
from gateway.settings import Settings
from gateway.upstream.transport.interface import Transport

if TYPE_CHECKING:
    from gateway.access.oidc.authentication import TokenAuthentication


class _KeyHolder(NamedTuple):
    caller: Caller
    expires: float


class Authenticator:
    """
    Callers by their credentials. Without any that is configured the gateway is open: everybody is `anonymous`.

    Keys are compared by a hash under a key that only this process knows, so that the time it takes tells nothing
    of the configured ones, however many there are.
    """

    def __init__(
        self, settings: Settings, *, transport: Transport | None = None, now: Callable[[], float] = time.time
    ) -> None:
        """`transport` leads to the issuer, if there is one. `now` is the time in seconds since the epoch."""
        self._now = now
        self._hash_key = secrets.token_bytes(32)
        self._entries = {self._hash(digest): entry for digest, entry in _configured(settings)}
        self.anonymous: Caller | None = None
        """The caller who sends no credential, if that is allowed."""
        self.refuses_unknown = not settings.auth.is_open
        """True if a credential that nobody has is refused: it is not, if there are none."""
        self.failed_attempts = FailedAttempts()
        self._successor: Authenticator | None = None
        self._is_replaced = asyncio.Event()
        roles = [role.name for role in settings.roles]
        proxy = settings.auth.proxy
        self.proxy = None if proxy is None else ProxyIdentity(proxy, roles)
        """Identity of callers that trusted proxies name, if there are such."""
        self._tokens = _token_authentication(settings, transport, roles=roles, now=now)
        if settings.auth.is_open:
            self.anonymous = make_caller("anonymous", identity="anonymous", configured=roles)
        elif settings.auth.admits_anonymous:
            self.anonymous = unrestricted_caller("anonymous", identity="anonymous")

    def identify(self, credential: str) -> Caller | None:
        """The caller who holds a key, or a token that was checked before; None if it is unknown or has expired."""
        entry = self._entries.get(self._hash(hashlib.sha256(credential.encode()).digest()))
        if entry is not None and self._now() < entry.expires:
            return entry.caller
        return None if self._tokens is None else self._tokens.known(credential)

    def valid_until(self, credentials: Iterable[str]) -> float:
        """
        The time (seconds since 1970) until which these credentials stand for the same caller, whatever happens: that of
        a key's expiry, 0 for a token, which its issuer may withdraw.
        """
        for credential in credentials:
            entry = self._entries.get(self._hash(hashlib.sha256(credential.encode()).digest()))
            if entry is not None and self._now() < entry.expires:
                return entry.expires
            if self._tokens is not None and self._tokens.is_token(credential):
                return 0.0
        return math.inf

    async def check_token(self, credential: str) -> Caller | None:
        """The caller of a token; None if it has no token's form, or there is no issuer. Raises InvalidCredential."""
        if self._tokens is None or not self._tokens.is_token(credential):
            return None
        return await self._tokens.check(credential)

    @property
    def newest(self) -> "Authenticator":
        """The latest that a reload of the settings has replaced this one by; itself if there was none."""
        newest = self
        while newest._successor is not None:
            newest = newest._successor
        return newest

    def replace_by(self, successor: "Authenticator") -> None:
        """The settings were reloaded: streams that go on learn who is known now."""
        self._successor = successor
        self._is_replaced.set()

    async def replaced(self) -> "Authenticator":
        """The authenticator that replaces this one, once there is one."""
        await self._is_replaced.wait()
        assert self._successor is not None
        return self._successor

    async def close(self) -> None:
        """End what is under way."""
        if self._tokens is not None:
            await self._tokens.close()

    def _hash(self, digest: bytes) -> bytes:
        return hashlib.blake2b(digest, key=self._hash_key, digest_size=32).digest()


def _token_authentication(
    settings: Settings,
    transport: Transport | None,
    *,
    roles: Collection[str],
    now: Callable[[], float],
) -> "TokenAuthentication | None":
    """Authentication by token, if an issuer is configured."""
    if settings.auth.oidc is None or transport is None:
        return None
    from gateway.access.oidc.authentication import TokenAuthentication  # noqa: PLC0415 (few need it)

    return TokenAuthentication(settings.auth.oidc, transport, roles=roles, now=now)


def _configured(settings: Settings) -> Iterator[tuple[bytes, _KeyHolder]]:
    """Each configured key's digest with its caller. Those without a name have all rights."""
    for number, key in enumerate(settings.auth.api_keys, 1):
        digest = hashlib.sha256(key.encode()).digest()
        caller = unrestricted_caller(f"api-key-{number}", identity=f"api-key:{digest.hex()}")
        yield digest, _KeyHolder(caller, float("inf"))
    roles = [role.name for role in settings.roles]
    for named in settings.auth.keys:
        caller = make_caller(named.name, named.roles, identity=f"key:{named.name}", configured=roles)
        expires = float("inf") if named.expires is None else named.expires.timestamp()
        yield named.digest, _KeyHolder(caller, expires)
