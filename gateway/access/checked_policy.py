"""A policy that may be wrong: whatever it raises, or says that makes no sense, allows nothing."""

import logging
from collections.abc import Callable, Sequence

from cachetools import LRUCache

from gateway.access.caller import Caller
from gateway.access.policy import Policy
from gateway.settings import RoleSettings

_CHECKED = 256
_log = logging.getLogger("gateway.access")


class PolicyFailed(Exception):
    """A policy could not decide. The message is for the caller; the log has the reason."""


class CheckedPolicy:
    """An operator's policy. `find_faults` gives what is wrong with roles; the same role objects are checked once."""

    def __init__(
        self, policy: Policy, find_faults: Callable[[Sequence[RoleSettings]], Sequence[str]]
    ) -> None:
        self._policy = policy
        self._find_faults = find_faults
        # Roles are held, so that no others can get their `id()`.
        self._checked: LRUCache[tuple[int, ...], tuple[RoleSettings, ...]] = LRUCache(_CHECKED)

    def roles(self, caller: Caller) -> Sequence[RoleSettings] | None:
        """The roles that the policy gives. Raises PolicyFailed."""
        try:
            answer = self._policy.roles(caller)
            if answer is None:
                return None
            roles = tuple(answer)
        except Exception as exc:
            _log.exception("the policy failed for %s", caller.name)
            raise PolicyFailed("Your rights could not be decided") from exc
        key = tuple(map(id, roles))
        if key not in self._checked:
            self._check(roles, caller)
            self._checked[key] = roles
        return roles

    def _check(self, roles: Sequence[RoleSettings], caller: Caller) -> None:
        if all(isinstance(role, RoleSettings) for role in roles):
            faults = self._find_faults(roles)
        else:
            faults = ["is no sequence of RoleSettings"]
        if faults:
            _log.error("the policy failed for %s: %s", caller.name, "; ".join(faults))
            raise PolicyFailed("Your rights could not be decided")
