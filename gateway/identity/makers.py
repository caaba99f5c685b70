"""
Makers by family. Legal forms and spellings are writing (`Dell Inc.` is DELL, `HPE` and `Hewlett-Packard` are HP);
an integrator's name says nothing about who made the thing; some makers make virtual machines.
"""

import re

from gateway.identity.canonical import canonical_tag, fold

_NOT_A_MAKER = frozenset(
    {
        "", "S3S", "UNKNOWN", "NA", "NONE", "NULL", "OTHER", "OEM", "GENERIC", "VARIOUS", "MISC", "TBD",
        "TOBEFILLEDBYOEM",
        "DEFAULTSTRING", "SYSTEMMANUFACTURER", "NOTSPECIFIED", "UNBEKANNT", "MANUFACTURER",
    }
)  # fmt: skip
_ALIASES = {
    "HPE": "HP", "HPINC": "HP", "HEWLETT": "HP", "HEWLETTPACKARD": "HP", "HEWLETTPACKARDENTERPRISE": "HP", "ARUBA":
    "HP", "COMPAQ": "HP",
    "DELLEMC": "DELL", "ALIENWARE": "DELL", "ASUSTEK": "ASUS", "ASUSTEKCOMPUTER": "ASUS", "SUPER": "SUPERMICRO",
    "MICROSTAR": "MSI", "AMERICANPOWERCONVERSION": "APC",
    "SCHNEIDER": "APC", "WESTERN": "WD", "KYOCERA": "KYOCERA", "INNOTEK": "VIRTUALBOX", "FTS": "FUJITSU", "MERAKI":
    "CISCO",
}  # fmt: skip
_ALONE_TOO_COMMON = frozenset(
    {"GENERAL", "UNITED", "NATIONAL", "NEW", "INTERNATIONAL", "THE", "ADVANCED", "DIGITAL", "FIRST", "TEXAS"}
)
_VIRTUAL_MAKERS = frozenset(
    {
        "VMWARE",
        "QEMU",
        "XEN",
        "VIRTUALBOX",
        "PARALLELS",
        "PROXMOX",
        "KVM",
        "OVIRT",
        "AMAZON",
        "BOCHS",
        "NUTANIXAHV",
    }
)
_VIRTUAL_MODEL = re.compile(r"VIRTUAL|HVMDOMU|\bKVM\b|VMWARE|COMPUTEENGINE|STANDARDPC")
_VIRTUAL_CARDS = ("005056", "000C29", "000569", "00155D", "525400", "080027", "00163E", "001C42")
_SPLIT = re.compile(r"[^\w-]+")


def maker_family(written: str | None) -> str:
    """
    Family of a maker, or nothing if the name does not tell one.

    >>> maker_family("VEXA B.V."), maker_family("Hewlett-Packard"), maker_family("S3S")
    ('VEXA', 'HP', '')
    """
    if not written:
        return ""
    compact = canonical_tag(written)
    if compact in _NOT_A_MAKER or not any(map(str.isalpha, compact)):
        return ""
    if compact in _ALIASES:
        return _ALIASES[compact]
    words = [word for word in map(canonical_tag, _SPLIT.split(written)) if word]
    first = words[0] if words else compact
    if first in _NOT_A_MAKER:
        return ""
    if len(first) < 2 or first in _ALONE_TOO_COMMON or first.isdigit():
        return compact
    return _ALIASES.get(first, first)


def is_virtual(*, family: str, model: str | None, number: str, card: str) -> bool:
    """A virtual machine by its maker, model, number, or, where nobody is named as the maker, its card."""
    if family in _VIRTUAL_MAKERS or number.startswith("VMWARE"):
        return True
    if model and _VIRTUAL_MODEL.search(fold(model)):
        return True
    return not family and not model and card.startswith(_VIRTUAL_CARDS)
