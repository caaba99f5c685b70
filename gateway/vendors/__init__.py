"""
Vendors: every package in this folder, and those that other distributions register as entry points.

A distribution that cannot be used costs only its own vendor; `installed` gives the reason.
"""

import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points, version
from typing import NamedTuple

from gateway.connector.description.resource import Vendor

ENTRY_POINTS = "asset_gateway.vendors"
_GATEWAY = "asset-gateway"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class VendorFault(NamedTuple):
    """A vendor that cannot be used: its name, and why."""

    vendor: str
    reason: str

    def __str__(self) -> str:
        return f"vendor {self.vendor}: {self.reason}"


@dataclass(frozen=True)
class InstalledVendors:
    """The vendors that can be used, by name, and the faults of those that cannot."""

    vendors: Mapping[str, Vendor]
    faults: tuple[VendorFault, ...] = ()

    @property
    def unusable(self) -> Mapping[str, str]:
        """The vendors of which none can be used, by name, with the reason."""
        return {name: reason for name, reason in self.faults if name not in self.vendors}


class _Unusable(Exception):
    """The message says why a package's vendor cannot be used."""


def load() -> Mapping[str, Vendor]:
    """The vendors that can be used, by name."""
    return installed().vendors


def installed() -> InstalledVendors:
    """Vendors of this folder and of other distributions. A fault of such a distribution is reported, not raised."""
    own: dict[str, Vendor] = {}
    for module in pkgutil.iter_modules(__path__):
        vendor: Vendor = importlib.import_module(f"{__name__}.{module.name}").VENDOR
        own[vendor.name] = vendor
    faults: list[VendorFault] = []
    outside: dict[str, Vendor] = {}
    for name, points in _by_name().items():
        if name in own or len(points) > 1:
            packages = " and ".join(map(_package, points)) + (" and the gateway" if name in own else "")
            faults.append(VendorFault(name, f"{packages} have a vendor of this name: uninstall all but one"))
            continue
        try:
            outside[name] = _load(points[0])
        except _Unusable as exc:
            faults.append(VendorFault(name, str(exc)))
    return InstalledVendors(dict(sorted({**own, **outside}.items())), tuple(faults))


def _by_name() -> Mapping[str, list[EntryPoint]]:
    by_name: defaultdict[str, list[EntryPoint]] = defaultdict(list)
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda point: (point.name, _package(point))):
        by_name[point.name].append(point)
    return by_name


def _load(point: EntryPoint) -> Vendor:
    for needed in _unmet(point):
        raise _Unusable(
            f"{_package(point)} needs {needed}, and this is {version(_GATEWAY)}: upgrade the gateway"
        )
    try:
        vendor = point.load()
    except Exception as exc:  # whatever another package's import may raise
        reason = " ".join(str(exc).split())[:300]
        raise _Unusable(f"{_package(point)} cannot be imported: {type(exc).__name__}: {reason}") from exc
    if not isinstance(vendor, Vendor):
        raise _Unusable(f"{point.value} in {_package(point)} is no Vendor")
    if vendor.name != point.name or not _NAME.fullmatch(vendor.name):
        reason = "must be called as its entry point, with small letters, digits and single _"
        raise _Unusable(f"the vendor {vendor.name!r} of {_package(point)} {reason}")
    return vendor


def _unmet(point: EntryPoint) -> Iterator[str]:
    """Requirements of the entry point's distribution that this gateway does not meet."""
    # Without vendors of other distributions there are none to parse.
    from packaging.requirements import Requirement  # noqa: PLC0415
    from packaging.utils import canonicalize_name  # noqa: PLC0415

    for line in (point.dist.requires if point.dist is not None else None) or ():
        needed = Requirement(line)
        applies = needed.marker is None or needed.marker.evaluate({"extra": ""})
        is_gateway = canonicalize_name(needed.name) == _GATEWAY
        if is_gateway and applies and not needed.specifier.contains(version(_GATEWAY), prereleases=True):
            yield f"{_GATEWAY}{needed.specifier}"


def _package(point: EntryPoint) -> str:
    return f"the package {point.dist.name} {point.dist.version}" if point.dist is not None else point.value
