"""Memory of an account: accounts of one vendor share what is alike in their descriptions."""

import gc
import tracemalloc

import pytest

from gateway import settings, vendors
from gateway.app import open_sources, vendor_keys
from gateway.upstream.transport.offline import OfflineTransport

_KEYS = {
    "fiwit": {"API_KEY": "secret"},
    "halo": {"BASE_URL": "https://halo.test", "CLIENT_ID": "id", "CLIENT_SECRET": "secret"},
    "revnue": {"BASE_URL": "https://revnue.test", "TOKEN": "secret"},
    "s3s": {"API_KEY": "secret"},
    "tether": {"BASE_URL": "https://acme.tether.test", "TOKEN": "secret"},
}
#: Bytes of one account more: its upstream, and the declarations that depend on its settings or its reference tables.
_CEILINGS = {"fiwit": 75_000, "halo": 122_000, "revnue": 65_000, "s3s": 25_000, "tether": 19_000}
_ACCOUNTS = 8


@pytest.mark.parametrize("vendor", sorted(vendors.load()))
def test_an_account_more_takes_little_memory(vendor: str) -> None:
    environ = {
        f"GATEWAY_SOURCES__S{number}__{key}": value
        for number in range(_ACCOUNTS)
        for key, value in {"VENDOR": vendor, **_KEYS[vendor]}.items()
    }
    read = settings.load(config=None, environ=environ, vendors=vendor_keys())
    known = open_sources(read, OfflineTransport())
    gc.collect()
    tracemalloc.start()
    try:
        sources = open_sources(read, OfflineTransport())
        gc.collect()
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(sources) == len(known) == _ACCOUNTS
    assert size / _ACCOUNTS < _CEILINGS[vendor]
