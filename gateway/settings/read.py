"""Reading of the settings: every entry is known, converted and checked, or becomes a fault."""

import dataclasses
import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args
from urllib.parse import urlsplit

from gateway.settings.access import AuditSettings, RoleSettings
from gateway.settings.caller_keys import key_files
from gateway.settings.callers import read_callers, take_callers
from gateway.settings.entries import SettingEntry, SettingPath, env_name, read_environ, read_file
from gateway.settings.keys import Kind, SourceKey, SourceKeys
from gateway.settings.model import (
    CacheSettings,
    CorsSettings,
    DocumentSettings,
    FederationSettings,
    IdentitySettings,
    LimitSettings,
    LiveSettings,
    LogFormat,
    LogLevel,
    LogSettings,
    Settings,
    SettingsError,
    TableSettings,
    TransportName,
    UpstreamSettings,
)
from gateway.settings.name_prefix import NAME_PREFIX, NAME_PREFIX_FORM
from gateway.settings.proxies import PROXY_KEYS
from gateway.settings.secret_files import read_secret_files
from gateway.settings.service_links import is_service_link
from gateway.settings.sources import plain_http, read_source
from gateway.settings.values import convert

_MOST_HISTORY_DAYS = 3650
_IDENTITY_FILE = ("identity", "file")
_STORES = frozenset({"valkey", "valkeys", "redis", "rediss"})


def load(
    *,
    config: Path | None,
    environ: Mapping[str, str],
    vendors: Mapping[str, SourceKeys],
    unusable: Mapping[str, str] = MappingProxyType({}),
    check_roles: Callable[[Sequence[RoleSettings]], Sequence[str]] = lambda _: (),
) -> Settings:
    """
    The settings of the environment over those of a TOML file.

    `vendors` has the setting keys of each vendor's sources. `unusable` are installed vendors that cannot be used, with
    the reason: their sources are left out. `check_roles` gives the faults of roles' words, which the schema knows.
    Raises SettingsError with all faults at once.
    """
    faults: list[str] = []
    files = [config] if config else []
    known: dict[SettingPath, SourceKey] = {}
    sections = _sections()
    for section, keys in sections.items():
        known |= {(*section, key.name): key for key in keys}
    secret_kind = partial(_secret_kind, known=known, vendors=vendors)
    entries = read_file(config, faults) if config else {}
    decisions = _take_decisions(entries)
    raw_callers = take_callers(entries)
    files += key_files(raw_callers.keys)
    read_secret_files(entries, secret_kind, faults=faults, files=files)
    variables = read_environ(environ, faults)
    read_secret_files(variables, secret_kind, faults=faults, files=files)
    entries |= variables

    values: dict[SettingPath, Any] = {}
    sources: dict[str, dict[str, SettingEntry]] = {}
    for path, entry in entries.items():
        if path[0] == "sources" and len(path) == 3:
            sources.setdefault(path[1], {})[path[2]] = entry
        elif path[0] == "sources" and len(path) == 2 and entry.raw == {}:
            sources.setdefault(path[1], {})
        elif key := known.get(path):
            try:
                values[path] = convert(key, entry.raw)
            except ValueError as exc:
                faults.append(f"{entry.label}: {exc}")
        elif is_service_link(entry.label, entry.raw) and path[:1] not in sections:
            continue
        elif entry.raw != {} or path not in sections:
            faults.append(f"{entry.label}: {_no_setting(path, known)}")

    vendor_faults: list[str] = []
    read_sources = [
        read_source(
            name, sources[name], vendors, unusable=unusable, faults=faults, vendor_faults=vendor_faults
        )
        for name in sorted(sources)
    ]
    callers = read_callers(
        raw_callers,
        api_keys=values.get(("auth", "api_keys"), ()),
        oidc=_section(values, "auth", "oidc"),
        proxy=_section(values, "auth", "proxy"),
        sources=sources,
        faults=faults,
    )
    faults += check_roles(callers.roles)
    faults += _unusable(values, entries)
    faults += _doubled_decisions(config if decisions else None, entries)
    if faults:
        raise SettingsError(faults)
    ready = tuple(source for source in read_sources if source)
    return Settings(
        sources=ready,
        auth=dataclasses.replace(callers.auth, policy=values.get(("auth", "policy"))),
        roles=callers.roles,
        cors=CorsSettings(**_section(values, "cors")),
        cache=CacheSettings(**_section(values, "cache")),
        upstream=UpstreamSettings(**_section(values, "upstream")),
        limits=LimitSettings(**_section(values, "limits")),
        federation=FederationSettings(**_section(values, "federation")),
        tables=TableSettings(**_section(values, "tables")),
        live=LiveSettings(**_section(values, "live")),
        audit=AuditSettings(**_section(values, "audit")),
        log=LogSettings(**_section(values, "log")),
        documents=DocumentSettings(**_section(values, "documents")),
        identity=_identity(config if decisions else None, values),
        warnings=(
            *(warning for source in ready if (warning := plain_http(source))),
            *callers.warnings,
        ),
        vendor_faults=tuple(vendor_faults),
        files=tuple(files),
        **{path[0]: value for path, value in values.items() if len(path) == 1},
    )


def _secret_kind(
    path: SettingPath, *, known: Mapping[SettingPath, SourceKey], vendors: Mapping[str, SourceKeys]
) -> Kind | None:
    """The kind of a setting that is a secret, of a source at any vendor; None for any other."""
    if path[0] == "sources" and len(path) == 3:
        keys = [key for vendor in vendors.values() for key in vendor.keys if key.name == path[2]]
    else:
        keys = [known[path]] if path in known else []
    return next((key.kind for key in keys if key.is_secret), None)


def _take_decisions(entries: dict[SettingPath, SettingEntry]) -> list[SettingPath]:
    """
    Take out the operator's decisions on identity, which are read where they are understood, and again when the file
    changes.
    """
    decisions = [path for path in entries if path[0] == "identity" and path[1:] not in {(), ("file",)}]
    for path in decisions:
        del entries[path]
    return decisions


def _doubled_decisions(config: Path | None, entries: Mapping[SettingPath, SettingEntry]) -> list[str]:
    """The fault of decisions that stand in the configuration `config`, and in a file of their own."""
    if config is None or _IDENTITY_FILE not in entries:
        return []
    return [f"{entries[_IDENTITY_FILE].label}: decisions stand in {config} too: give one of the two"]


def _identity(config: Path | None, values: Mapping[SettingPath, Any]) -> IdentitySettings:
    """The file of the operator's decisions: the configuration `config`, or one of their own."""
    if config is not None:
        return IdentitySettings(str(config), is_own=False)
    return IdentitySettings(values.get(_IDENTITY_FILE))


def _unusable(values: Mapping[SettingPath, Any], entries: Mapping[SettingPath, SettingEntry]) -> list[str]:
    """Faults of values that have the right kind and still cannot be used."""
    faults: list[str] = []
    store, only_trusted, trusted = ("cache", "url"), ("documents", "only_trusted"), ("documents", "file")
    if store in values and (fault := _store_fault(values[store])):
        faults.append(f"{entries[store].label}: {fault}")
    if values.get(only_trusted) and trusted not in entries:
        faults.append(f"{entries[only_trusted].label}: nothing could be asked: give {env_name(trusted)}")
    prefix, read_only = ("federation", "prefix"), ("federation", "read_only")
    if prefix in values and not NAME_PREFIX.fullmatch(values[prefix]):
        faults.append(f"{entries[prefix].label}: is no prefix of a name: {NAME_PREFIX_FORM}")
    if values.get(only_trusted) and (values.get(prefix) or values.get(read_only)):
        label = (entries.get(prefix) or entries[read_only]).label
        faults.append(f"{label}: routers write documents of their own: leave it, or {env_name(only_trusted)}")
    history_days = ("tables", "history_days")
    if values.get(history_days, 0) > _MOST_HISTORY_DAYS:
        faults.append(f"{entries[history_days].label}: is too large: {_MOST_HISTORY_DAYS} are ten years")
    if values.get(history_days) and ("tables", "dir") not in values:
        faults.append(
            f"{entries[history_days].label}: needs a folder that stays: give {env_name(('tables', 'dir'))}"
        )
    return faults + [
        f"{entries[share].label}: is too large: 1 is the whole rate"
        for share in (("tables", "share"), ("live", "share"))
        if values.get(share, 0) > 1
    ]


def _sections() -> dict[SettingPath, tuple[SourceKey, ...]]:
    return {
        (): (
            SourceKey("ide", "flag"),
            SourceKey("introspection", "flag"),
            SourceKey("reload", "flag"),
            SourceKey("drain_seconds", "number"),
            SourceKey("public_url", "url"),
        ),
        ("cors",): (SourceKey("origins", "origins"),),
        ("auth",): (SourceKey("api_keys", "words", in_header=True), SourceKey("policy", "text")),
        ("auth", "oidc"): (
            SourceKey("issuer", "url"),
            SourceKey("audience", "text"),
            SourceKey("roles_claim", "text"),
        ),
        ("auth", "proxy"): PROXY_KEYS,
        ("cache",): (
            SourceKey("enabled", "flag"),
            SourceKey("url", "secret"),
            SourceKey("memory_bytes", "whole", least=1024 * 1024),
        ),
        ("upstream",): (
            SourceKey("transport", "text", choices=get_args(TransportName)),
            SourceKey("answer_bytes", "whole", least=1),
        ),
        ("federation",): (SourceKey("prefix", "text"), SourceKey("read_only", "flag")),
        ("documents",): (SourceKey("file", "text"), SourceKey("only_trusted", "flag")),
        ("tables",): (
            SourceKey("dir", "text"),
            SourceKey("refresh_minutes", "number", least=0.01),
            SourceKey("max_age_minutes", "number", least=0.01),
            SourceKey("always", "flag"),
            SourceKey("share", "number", least=0.01),
            SourceKey("details", "flag"),
            SourceKey("history_days", "whole"),
            SourceKey("history_bytes", "whole", least=1),
        ),
        ("live",): (
            SourceKey("share", "number", least=0.01),
            SourceKey("poll_seconds", "number", least=0.01),
        ),
        ("audit",): (SourceKey("file", "text"),),
        ("identity",): (SourceKey("file", "text"),),
        ("log",): (
            SourceKey("level", "text", choices=get_args(LogLevel)),
            SourceKey("format", "text", choices=get_args(LogFormat)),
        ),
        ("limits",): tuple(
            SourceKey(limit.name, "whole", least=1)
            if limit.type is int
            else SourceKey(limit.name, "number", least=0.001)
            for limit in dataclasses.fields(LimitSettings)
        ),
    }


def _section(values: Mapping[SettingPath, Any], *section: str) -> dict[str, Any]:
    return {path[-1]: value for path, value in values.items() if path[:-1] == section}


def _no_setting(path: SettingPath, known: Iterable[SettingPath]) -> str:
    if path[0] == "sources":
        return "is no setting: a source's are GATEWAY_SOURCES__<NAME>__<KEY>, [sources.<name>] in TOML"
    names = [env_name(setting) for setting in known]
    near = difflib.get_close_matches(env_name(path), names, n=1)
    return f"is no setting: did you mean {near[0]}?" if near else "is no setting: remove it"


def _store_fault(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _STORES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    return None if usable else "is not the URL of a store: write one such as valkey://localhost:6379/0"
