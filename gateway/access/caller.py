"""Callers: the name under which somebody is known, and the roles that their rights are made of."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from gateway.settings.access import DEFAULT_ROLE


class InvalidCredential(Exception):
    """A credential is not accepted. The message is for who has sent it, and has nothing of the credential."""


@dataclass(frozen=True)
class Caller:
    """
    Caller: who sends a request. Two with equal digests are the same, by whichever of their keys they call.

    `name` is for logs, metrics and the audit. `roles` are configured roles, in the order of their names: what they
    allow adds up, and without any nothing is allowed; a caller that is unrestricted may do all, and needs none.
    `digest` is SHA-256 in hexadecimal, of the identity and not of any secret: a part of keys under which anything is
    kept for this caller alone.
    """

    name: str
    roles: tuple[str, ...] = ()
    is_unrestricted: bool = False
    digest: str = field(default="", kw_only=True)


def make_caller(
    name: str, roles: Iterable[str] = (), *, identity: str, configured: Collection[str]
) -> Caller:
    """
    The caller with those of `roles` that are `configured`; without any, with the role `default` if there is that.
    Where no role is configured, everybody is unrestricted. `identity` is unique among all callers.

    >>> make_caller("bi", ["report"], identity="key:bi", configured=[]).is_unrestricted
    True
    >>> make_caller("bi", ["report", "gone"], identity="key:bi", configured=["desk", "report"]).roles
    ('report',)
    >>> make_caller("bi", identity="key:bi", configured=["default", "report"]).roles
    ('default',)
    """
    digest = hashlib.sha256(identity.encode()).hexdigest()
    if not configured:
        return Caller(name, is_unrestricted=True, digest=digest)
    known = set(roles).intersection(configured) or {DEFAULT_ROLE}.intersection(configured)
    return Caller(name, tuple(sorted(known)), digest=digest)


def unrestricted_caller(name: str, *, identity: str) -> Caller:
    """A caller who may do all, whatever roles are configured."""
    return make_caller(name, identity=identity, configured=())


OPERATOR = unrestricted_caller("operator", identity="operator")
"""The operator's own commands, which no request brings."""
