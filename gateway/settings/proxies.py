"""Reading of the proxies that say who calls, `[auth.proxy]`."""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.settings.access import ProxySettings
from gateway.settings.entries import env_name
from gateway.settings.keys import SourceKey

PROXY_KEYS = (
    SourceKey("addresses", "words"),
    SourceKey("user_header", "text"),
    SourceKey("groups_header", "text"),
    SourceKey("users", "map"),
)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def read_proxy(values: Mapping[str, Any], faults: list[str]) -> ProxySettings | None:
    """The proxies, None without any. Faults are added to `faults`."""
    if not values:
        return None
    own = list(_faults(values))
    faults += own
    if own:
        return None
    headers = {name: values[name].lower() for name in ("user_header", "groups_header") if name in values}
    return ProxySettings(
        tuple(values["addresses"]),
        **headers,
        users={user: tuple(roles.split()) for user, roles in values.get("users", {}).items()},
    )


def _faults(values: Mapping[str, Any]) -> Iterator[str]:
    if not values.get("addresses"):
        yield f"{_name('addresses')}: is not set: give the addresses of the proxies that are believed"
    yield from _address_faults(values.get("addresses", ()))
    for name in ("user_header", "groups_header"):
        if name in values and not _HEADER.fullmatch(values[name]):
            yield f"{_name(name)}: is no name of a header"


def _address_faults(addresses: Iterable[str]) -> Iterator[str]:
    for address in addresses:
        try:
            network = ipaddress.ip_network(address)
        except ValueError:
            yield f"{_name('addresses')}: {address!r} is no address, and no network such as 10.1.0.0/16"
            continue
        if network.prefixlen == 0:
            yield f"{_name('addresses')}: {address} is everybody: give the addresses of the proxies alone"


def _name(key: str) -> str:
    return env_name(("auth", "proxy", key))
