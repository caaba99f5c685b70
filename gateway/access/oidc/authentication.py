"""Authentication by token: the callers of tokens that were checked stay known until these expire."""

import hashlib
import time
from collections.abc import Callable, Collection
from functools import partial

from cachetools import TLRUCache

from gateway.access.caller import Caller, make_caller
from gateway.access.oidc.issuer import fetch_keys
from gateway.access.oidc.key_cache import KeyCache
from gateway.access.oidc.tokens import TokenClaims, TokenVerifier, is_token
from gateway.settings import OidcSettings
from gateway.upstream.transport.interface import Transport

_MAX_TOKENS = 10_000


class TokenAuthentication:
    """
    Callers by their tokens. A checked token is kept as its digest until it expires, and at the longest until its issuer
    withdraws a key; of too many the least used ones go.
    """

    def __init__(
        self,
        settings: OidcSettings,
        transport: Transport,
        *,
        roles: Collection[str],
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`roles` are the configured ones; `now` is in seconds since the epoch."""
        self._roles = roles
        self._callers: TLRUCache[bytes, tuple[Caller, float]] = TLRUCache(
            _MAX_TOKENS, ttu=lambda _, entry, __: entry[1], timer=now
        )
        fetch = partial(fetch_keys, transport, settings.issuer)
        self._keys = KeyCache(fetch, on_removed=self._callers.clear, now=monotonic)
        self._verifier = TokenVerifier(settings, self._keys, now=now)

    def is_token(self, credential: str) -> bool:
        """True for text that has a token's form."""
        return is_token(credential)

    def known(self, token: str) -> Caller | None:
        """The caller of a token that was checked before and is still valid."""
        entry = self._callers.get(_digest(token))
        return None if entry is None else entry[0]

    async def check(self, token: str) -> Caller:
        """The caller of a token that was not checked yet. Raises InvalidCredential."""
        claims: TokenClaims = await self._verifier.verify(token)
        caller = make_caller(claims.name, claims.roles, identity=claims.identity, configured=self._roles)
        self._callers[_digest(token)] = caller, claims.expires
        return caller

    async def close(self) -> None:
        """End what is under way."""
        await self._keys.close()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
