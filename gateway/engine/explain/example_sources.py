"""Example sources: one of each vendor, with examples of the settings that have no default. Nobody is ever asked."""

from collections.abc import Mapping
from typing import Any

from gateway.connector.description.resource import Vendor
from gateway.connector.fetching.source import Source
from gateway.coordination.write_coordination import WriteCoordination
from gateway.settings import SourceKey, SourceSettings
from gateway.settings.keys import COMMON
from gateway.upstream.transport.offline import OfflineTransport
from gateway.upstream.upstreams import UpstreamFactory


def example_sources(vendors: Mapping[str, Vendor]) -> Mapping[str, Source]:
    """The sources by the vendors' names."""
    upstreams, writing = UpstreamFactory(OfflineTransport()), WriteCoordination()
    return {
        name: Source.open(vendor, _settings(vendor), order=order, upstreams=upstreams, writing=writing)
        for order, (name, vendor) in enumerate(sorted(vendors.items()))
    }


def _settings(vendor: Vendor) -> SourceSettings:
    declared = {key.name: key for key in (*COMMON, *vendor.keys.keys)}
    needed = {name for name, key in declared.items() if key.required} | set(*vendor.keys.one_of[:1])
    values: dict[str, Any] = {}
    for name, key in declared.items():
        default = vendor.keys.defaults.get(name, key.default)
        values[name] = _example(key) if default is None and name in needed else default
    common = {key.name: values.pop(key.name) for key in COMMON}
    return SourceSettings(name=vendor.name, values=values, **{**common, "vendor": vendor.name})


def _example(key: SourceKey) -> Any:
    match key.kind:
        case "url":
            return "https://vendor.example"
        case "number" | "whole":
            return max(key.least, 1)
        case "flag":
            return True
        case "words" | "origins":
            return ("example",)
        case "map" | "ids":
            return {}
        case "zone":
            return "UTC"
    return key.choices[0] if key.choices else "example"
