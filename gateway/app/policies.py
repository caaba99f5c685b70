"""An operator's own policy: found by the name of its Python object, and checked in all that it says."""

import functools
import importlib
import re
from typing import cast

import strawberry

from gateway.access.checked_policy import CheckedPolicy
from gateway.access.policy import Policy
from gateway.access.role_check import role_faults
from gateway.engine.execution.role_words import role_words
from gateway.settings import Settings, SettingsError, env_name

_NAME = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_SETTING = env_name(("auth", "policy"))


def load_policy(settings: Settings) -> Policy | None:
    """
    The policy that the settings name, as `module:object`: a class or function that makes it without arguments, or the
    policy itself. None if they name none. Raises SettingsError.
    """
    name = settings.auth.policy
    if name is None:
        return None
    if not _NAME.fullmatch(name):
        raise SettingsError([f"{_SETTING}: is no name of a Python object: write module:object"])
    module, _, attribute = name.partition(":")
    try:
        named = getattr(importlib.import_module(module), attribute)
        policy = named() if isinstance(named, type) or not hasattr(named, "roles") else named
    except Exception as exc:  # whatever an operator's own code may raise
        raise SettingsError([f"{_SETTING}: {name} cannot be loaded: {type(exc).__name__}: {exc}"]) from exc
    if not callable(getattr(policy, "roles", None)):
        raise SettingsError([f"{_SETTING}: {name} is no policy: give it a method roles(caller)"])
    return cast("Policy", policy)


def checked_policy(policy: Policy | None, schema: strawberry.Schema) -> CheckedPolicy | None:
    """The policy, none of whose roles may name what the schema does not have."""
    words = functools.cache(lambda: role_words(schema._schema))  # noqa: SLF001
    return None if policy is None else CheckedPolicy(policy, lambda roles: role_faults(roles, words()))
