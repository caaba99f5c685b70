"""Reading of who may call: named keys, the issuer of tokens, and the roles that both refer to."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from gateway.settings.access import KeySettings, OidcSettings, ProxySettings, RoleSettings
from gateway.settings.caller_keys import expired_keys, read_keys
from gateway.settings.entries import SettingEntry, SettingPath, env_name
from gateway.settings.model import AuthSettings
from gateway.settings.proxies import read_proxy
from gateway.settings.roles import read_role
from gateway.settings.sources import is_plain_http


class RawCallers(NamedTuple):
    """The entries that only a TOML file has: `[[auth.keys]]`, and `[roles.NAME]` by path."""

    keys: Any
    roles: Mapping[SettingPath, SettingEntry]


class CallerSettings(NamedTuple):
    """The callers' credentials and roles, and warnings for the operator."""

    auth: AuthSettings
    roles: tuple[RoleSettings, ...]
    warnings: tuple[str, ...]


def take_callers(entries: dict[SettingPath, SettingEntry]) -> RawCallers:
    """Take out the entries that are read by themselves."""
    keys = entries.pop(("auth", "keys"), None)
    roles = {path: entries.pop(path) for path in list(entries) if path[0] == "roles"}
    return RawCallers([] if keys is None else keys.raw, roles)


def read_callers(
    raw: RawCallers,
    *,
    api_keys: tuple[str, ...],
    oidc: Mapping[str, Any],
    proxy: Mapping[str, Any],
    sources: Collection[str],
    faults: list[str],
) -> CallerSettings:
    """The settings of callers; those with faults, which are added to `faults`, are left out."""
    keys = read_keys(raw.keys, faults)
    roles = _read_roles(raw.roles, sources=sources, faults=faults)
    issuer = _read_oidc(oidc, faults)
    proxies = read_proxy(proxy, faults)
    configured = sorted(path[1] for path in raw.roles if len(path) == 2)
    faults += _unknown_roles(keys, proxies, configured=configured)
    faults += _doubled_keys(keys, api_keys)
    auth = AuthSettings(api_keys, keys, issuer, proxies)
    return CallerSettings(auth, roles, (*_oidc_warnings(issuer), *expired_keys(keys)))


def _read_roles(
    entries: Mapping[SettingPath, SettingEntry], *, sources: Collection[str], faults: list[str]
) -> tuple[RoleSettings, ...]:
    """The roles without faults, in the order of their names."""
    roles: list[RoleSettings] = []
    for path, entry in sorted(entries.items()):
        if len(path) == 2:
            role = read_role(path[1], entry.raw, sources=sources, faults=faults)
            roles += [role] if role else []
        elif entry.raw != {}:
            faults.append(f"{entry.label}: is no role: roles stand in the TOML file, as [roles.NAME]")
    return tuple(roles)


def _read_oidc(values: Mapping[str, Any], faults: list[str]) -> OidcSettings | None:
    if not values:
        return None
    missing = [name for name in ("issuer", "audience") if name not in values]
    faults += [f"{env_name(('auth', 'oidc', name))}: is not set: set it" for name in missing]
    return None if missing else OidcSettings(**values)


def _oidc_warnings(oidc: OidcSettings | None) -> Iterator[str]:
    if oidc is not None and is_plain_http(oidc.issuer):
        setting = env_name(("auth", "oidc", "issuer"))
        yield f"{setting}: is plain http, so that its keys can be replaced on the way: use https"


def _unknown_roles(
    keys: Iterable[KeySettings], proxy: ProxySettings | None, *, configured: Collection[str]
) -> Iterator[str]:
    there_are = f"there are {', '.join(configured)}" if configured else "there is none"
    holders = [(f"auth.keys {key.name}", key.roles) for key in keys]
    holders += [(f"auth.proxy.users {user}", roles) for user, roles in (proxy.users if proxy else {}).items()]
    for holder, roles in holders:
        for role in roles:
            if role not in configured:
                yield f"{holder}: there is no role {role!r}: {there_are}"


def _doubled_keys(keys: Iterable[KeySettings], api_keys: Iterable[str]) -> Iterator[str]:
    """Faults of named keys that have all rights too."""
    unnamed = {hashlib.sha256(key.encode()).digest() for key in api_keys}
    for key in keys:
        if key.digest in unnamed:
            setting = env_name(("auth", "api_keys"))
            yield f"auth.keys {key.name}: its key is in {setting} too, where it may do all: remove it from one"
