"""
Tests of a vendor's package: the conformance kit, and what simulators of vendors' APIs are made with.

Gives `Conformance` (inherit its tests for a `VendorCase`), `Gateway` (a gateway in this process over handlers in the
place of the vendors), and from `sandbox` the made-up company, rows and faults for a simulator. It needs the extra
`asset-gateway[testing]`, and pytest's `asyncio_mode = "auto"`.
"""

from gateway.testing.case import ListCase, VendorCase
from gateway.testing.conformance import Conformance
from gateway.testing.harness import Answer, Gateway
from gateway.testing.upstreams import answered, paths, served

__all__ = [
    "Answer",
    "Conformance",
    "Gateway",
    "ListCase",
    "VendorCase",
    "answered",
    "paths",
    "served",
]
