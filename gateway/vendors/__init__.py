"""Vendors: one package for each, and nothing else. Every package in this folder is loaded."""

import importlib
import pkgutil
from collections.abc import Mapping
from importlib.metadata import entry_points

from gateway.connector.description.resource import Vendor

_GROUP = "asset_gateway.vendors"


def load() -> Mapping[str, Vendor]:
    """Vendors by name: the packages of this folder, and those that other distributions register as entry points."""
    vendors: dict[str, Vendor] = {}
    for module in pkgutil.iter_modules(__path__):
        vendor: Vendor = importlib.import_module(f"{__name__}.{module.name}").VENDOR
        vendors[vendor.name] = vendor
    for point in entry_points(group=_GROUP):
        vendor = point.load()
        vendors[vendor.name] = vendor
    return dict(sorted(vendors.items()))
