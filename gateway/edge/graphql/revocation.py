"""Revocation of streams: one ends at once if a reload of the settings does not know its caller as it was any longer."""

from collections.abc import Iterable

from starlette.types import Scope

from gateway.access import Authenticator, Caller
from gateway.edge.middleware.auth import accepts_still, caller_of

REVOKED = "The key or token is not valid any longer, or its roles have changed: connect anew"

Headers = Iterable[tuple[bytes, bytes]]


async def until_revoked(scope: Scope, headers: Headers, authenticator: Authenticator) -> None:
    """Wait until the successor of the authenticator, or that one's, does not accept the scope's caller."""
    caller, headers = caller_of(scope), list(headers)
    while True:
        authenticator = await authenticator.replaced()
        if not await accepts_still(caller, scope, headers, authenticator):
            return


async def is_revoked(scope: Scope, headers: Headers, authenticator: Authenticator, caller: Caller) -> bool:
    """True if the newest successor of the authenticator does not accept the caller."""
    newest = authenticator.newest
    return newest is not authenticator and not await accepts_still(caller, scope, headers, newest)
