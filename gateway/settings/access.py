"""Settings of who may call: named keys, OpenID Connect, and roles. Data, without effect here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

DEFAULT_ROLE = "default"
"""The role of callers who have no other, if it is configured."""


@dataclass(frozen=True)
class KeySettings:
    """
    A named key: the SHA-256 digest of its text in UTF-8, the roles of who holds it, and the moment from which it is
    refused. Several keys of one name are one caller's, who is changing from one key to the next.
    """

    name: str
    digest: bytes = field(repr=False)
    roles: tuple[str, ...] = ()
    expires: datetime | None = None


@dataclass(frozen=True)
class OidcSettings:
    """
    Bearer tokens of an OpenID Connect issuer: who issues them, for whom (`aud`), and the claim that lists a caller's
    roles.
    """

    issuer: str
    audience: str
    roles_claim: str = "roles"


@dataclass(frozen=True)
class ProxySettings:
    """
    Proxies that say who calls, having authenticated that: their addresses or networks, and the headers, in lower
    case, in which they name the caller and its groups, which are roles. `users` gives callers their roles by name.
    """

    addresses: tuple[str, ...]
    user_header: str = "x-forwarded-user"
    groups_header: str | None = None
    users: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class AuditSettings:
    """The audit of writes: a file's path, or `stderr`; None for none."""

    file: str | None = None


@dataclass(frozen=True)
class RoleLimits:
    """A caller's fair share, each caller by itself; None for no limit."""

    requests_per_second: float | None = None
    vendor_calls_per_minute: float | None = None
    records_per_minute: float | None = None
    concurrent_operations: int | None = None


@dataclass(frozen=True)
class RoleSettings:
    """
    A role: what its callers may. Nothing that it does not name: `*` stands for all sources, types or mutations.

    `read` are types, `write` mutations (`ticket.*`, `asset.checkout`), `hide` fields (`Asset.purchaseCost`), `rows` the
    values that a field's rows must have, by source and field; `explore` allows introspection, GraphiQL and explain.
    """

    name: str
    sources: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    rows: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    limits: RoleLimits = field(default_factory=RoleLimits)
    explore: bool = False
