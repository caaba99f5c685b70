"""Reading of one source's settings: those that every source has, and those that its vendor declares."""

import difflib
import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from gateway.settings.entries import SettingEntry, env_name
from gateway.settings.keys import COMMON, SourceKey, SourceKeys
from gateway.settings.model import SourceSettings
from gateway.settings.values import convert

_NAME = re.compile(r"[a-z](?!.*__)[a-z0-9_-]{0,62}")

RESERVED = {"unified": "things that several sources know"}


def read_source(
    name: str,
    entries: Mapping[str, SettingEntry],
    vendors: Mapping[str, SourceKeys],
    *,
    unusable: Mapping[str, str],
    faults: list[str],
    vendor_faults: list[str],
) -> SourceSettings | None:
    """
    The settings of a source; None if they have faults, which are added to `faults`, or if the source's vendor is among
    the `unusable`, which is added to `vendor_faults`.
    """
    before = len(faults)
    if not _NAME.fullmatch(name):
        faults.append(
            f"{env_name(('sources', name))}: is no name for a source: begin with a letter, then"
            " letters, digits, - and single _, 63 at most"
        )
    if name in RESERVED:
        faults.append(
            f"{env_name(('sources', name))}: is the gateway's own name for {RESERVED[name]}: take another"
        )
    vendor = _vendor(name, entries.get("vendor"), tuple(sorted({*vendors, *unusable})), faults=faults)
    if vendor is None:
        return None
    if vendor in unusable:
        vendor_faults.append(
            f"{env_name(('sources', name))}: is left out: its vendor {vendor} cannot be used"
        )
        return None
    declared = vendors[vendor]
    keys = {key.name: key for key in (*COMMON, *declared.keys)}
    values = {key.name: declared.defaults.get(key.name, key.default) for key in keys.values()}
    for key_name, entry in entries.items():
        key = keys.get(key_name)
        if key is None:
            faults.append(f"{entry.label}: {_no_key(key_name, name, vendor, keys=keys)}")
            continue
        try:
            values[key_name] = convert(key, entry.raw)
        except ValueError as exc:
            faults.append(f"{entry.label}: {exc}")
    faults += _missing(name, declared, keys, set_names={*entries, *declared.defaults})
    if len(faults) > before:
        return None
    common = {key.name: values.pop(key.name) for key in COMMON}
    return SourceSettings(name=name, values=values, **{**common, "vendor": vendor})


def is_loopback_name(host: str) -> bool:
    """
    True if a host name or address is this machine's own.

    >>> [is_loopback_name(host) for host in ("localhost", "127.0.0.1", "::1", "localhost.acme.example")]
    [True, True, True, False]
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_plain_http(url: str) -> bool:
    """True if the URL is of another machine, without TLS."""
    parts = urlsplit(url)
    return parts.scheme != "https" and not is_loopback_name(parts.hostname or "")


def plain_http(source: SourceSettings) -> str | None:
    """The warning for a source that is not on this machine and is asked without TLS."""
    if not is_plain_http(source.base_url):
        return None
    setting = env_name(("sources", source.name, "base_url"))
    return f"{setting}: is plain http, so that the credential can be read on the way: use https"


def _vendor(
    name: str, entry: SettingEntry | None, vendors: tuple[str, ...], *, faults: list[str]
) -> str | None:
    setting = env_name(("sources", name, "vendor"))
    choice = f"set it to one of {', '.join(vendors)}"
    if entry is None:
        if name in vendors:
            return name
        near = difflib.get_close_matches(name, vendors, n=1)
        guess = f", or did you mean the source name {near[0]}?" if near else ""
        faults.append(f"{setting}: is not set, and {name} is no vendor's name: {choice}{guess}")
        return None
    vendor = entry.raw.strip().lower() if isinstance(entry.raw, str) else ""
    if vendor not in vendors:
        faults.append(f"{entry.label}: is not a vendor that the gateway knows: {choice}")
        return None
    return vendor


def _no_key(key: str, name: str, vendor: str, *, keys: Mapping[str, SourceKey]) -> str:
    near = difflib.get_close_matches(key, keys, n=1)
    if near:
        return f"is no setting of a {vendor} source: did you mean {env_name(('sources', name, near[0]))}?"
    return f"is no setting of a {vendor} source: it takes {', '.join(sorted(keys)).upper()}"


def _missing(
    name: str, declared: SourceKeys, keys: Mapping[str, SourceKey], *, set_names: set[str]
) -> list[str]:
    def env(key: str) -> str:
        return env_name(("sources", name, key))

    faults = [
        f"{env(key.name)}: is not set: {f'set it ({key.help})' if key.help else 'set it'}"
        for key in keys.values()
        if key.required and key.default is None and key.name not in set_names
    ]
    groups = declared.one_of
    if groups and not any(set_names.issuperset(group) for group in groups):
        # the group that was begun is the one that was meant
        nearest = max(groups, key=lambda group: len(set_names.intersection(group)))
        missing = [key for key in nearest if key not in set_names]
        alternatives = ", or ".join(" and ".join(env(key) for key in group) for group in groups)
        faults.append(f"{' and '.join(map(env, missing))}: is not set: set {alternatives}")
    return faults
