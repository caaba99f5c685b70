"""The vendors: one folder for each, and nothing else. Whatever is put here is found."""

import importlib
import pkgutil
from collections.abc import Mapping
from importlib.metadata import entry_points

from gateway.connector.description.resource import Vendor

_GROUP = "asset_gateway.vendors"


def load() -> Mapping[str, Vendor]:
    """The vendors by name: the folders here, and what other packages offer under the entry point group."""
    found: dict[str, Vendor] = {}
    for module in pkgutil.iter_modules(__path__):
        vendor: Vendor = importlib.import_module(f"{__name__}.{module.name}").VENDOR
        found[vendor.name] = vendor
    for point in entry_points(group=_GROUP):
        vendor = point.load()
        found[vendor.name] = vendor
    return dict(sorted(found.items()))
