"""Authentication of callers by what they send: a key of `[[auth.keys]]` or of `GATEWAY_AUTH__API_KEYS`."""

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gateway.access.caller import Caller, make_caller, unrestricted_caller
from gateway.settings import Settings


class _KeyHolder(NamedTuple):
    caller: Caller
    expires: float


class Authenticator:
    """
    Callers by their credentials. Without any configured key the gateway is open: everybody is `anonymous`.

    Credentials are compared by a hash under a key that only this process knows, so that the time it takes tells nothing
    of the configured ones, however many there are.
    """

    def __init__(self, settings: Settings, *, now: Callable[[], float] = time.time) -> None:
        """`now` is the time in seconds since the epoch."""
        self._now = now
        self._hash_key = secrets.token_bytes(32)
        self._entries = {self._hash(digest): entry for digest, entry in _configured(settings)}
        self.anonymous: Caller | None = None
        """The caller who sends no credential, if that is allowed."""
        if settings.auth.is_open:
            roles = [role.name for role in settings.roles]
            self.anonymous = make_caller("anonymous", identity="anonymous", configured=roles)

    def identify(self, credential: str) -> Caller | None:
        """The caller who holds a key; None for one that is unknown or has expired."""
        entry = self._entries.get(self._hash(hashlib.sha256(credential.encode()).digest()))
        return entry.caller if entry is not None and self._now() < entry.expires else None

    def _hash(self, digest: bytes) -> bytes:
        return hashlib.blake2b(digest, key=self._hash_key, digest_size=32).digest()


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
