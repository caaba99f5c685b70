"""
Policies: who decides what a caller may. By default the roles of the settings do; an operator's own Python may decide
instead, as a `Policy`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from cachetools import LRUCache

from gateway.access.caller import Caller
from gateway.access.rights import Rights
from gateway.settings import RoleSettings

_KEPT = 256

RightsOf = Callable[[Caller], Rights | None]
"""A caller's rights; None for a caller who may do all."""


class Policy(Protocol):
    """
    Decides which roles a caller has. It is asked at each request, so it must be fast: what it looks up, it keeps. Equal
    roles lead to equal rights, whoever gave them.
    """

    def roles(self, caller: Caller) -> Sequence[RoleSettings] | None:
        """The roles, which add up; none of them allow nothing, and None allows all."""
        ...


class ConfiguredRoles:
    """The policy of `[roles.NAME]`: a caller has the roles that its key or token names."""

    def __init__(self, roles: Iterable[RoleSettings]) -> None:
        self._by_name = {role.name: role for role in roles}

    def roles(self, caller: Caller) -> Sequence[RoleSettings] | None:
        """The roles by their names."""
        if caller.is_unrestricted:
            return None
        return tuple(self._by_name[name] for name in caller.roles if name in self._by_name)


def rights_by(policy: Policy, sources: Sequence[str]) -> RightsOf:
    """The rights that a policy gives in a gateway with these sources. Those of the same role objects are kept."""
    # Rights hold their roles, so that no others can get their `id()`.
    by_roles: LRUCache[tuple[int, ...], Rights] = LRUCache(_KEPT)

    def rights_of(caller: Caller) -> Rights | None:
        roles = policy.roles(caller)
        if roles is None:
            return None
        key = tuple(map(id, roles))
        rights = by_roles.get(key)
        if rights is None:
            rights = by_roles[key] = Rights(tuple(roles), tuple(sources))
        return rights

    return rights_of
