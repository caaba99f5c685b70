"""
Composition of the gateway of its parts: application, settings, sources, fills, an operator's operations.

A module is imported when the first of its names is used: who fills tables loads no server.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.app.application import create_app
    from gateway.app.configuration import read_settings
    from gateway.app.engines import make_engine
    from gateway.app.fills import opened_fill
    from gateway.app.matching import open_catalog, open_decisions
    from gateway.app.operator import open_operation, opened_probes
    from gateway.app.sources import open_sources, vendor_keys

__all__ = [
    "create_app",
    "make_engine",
    "open_catalog",
    "open_decisions",
    "open_operation",
    "open_sources",
    "opened_fill",
    "opened_probes",
    "read_settings",
    "vendor_keys",
]

_MODULES = {
    "create_app": "application",
    "make_engine": "engines",
    "open_catalog": "matching",
    "open_decisions": "matching",
    "open_operation": "operator",
    "open_sources": "sources",
    "opened_fill": "fills",
    "opened_probes": "operator",
    "read_settings": "configuration",
    "vendor_keys": "sources",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
