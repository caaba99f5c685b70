"""Composition of the gateway of its parts: application, settings, sources, fills, an operator's operations."""

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
