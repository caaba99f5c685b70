"""Revnue: assets with their warranties, support and contracts. Twenty calls a minute for the whole account."""

from gateway.connector.spec import Description, Vendor
from gateway.settings import Key, SourceKeys, SourceSettings
from gateway.upstream.auth import FixedHeader
from gateway.vendors.revnue.assets import asset
from gateway.vendors.revnue.contracts import CONTRACTS
from gateway.vendors.revnue.owners import OWNERS
from gateway.vendors.revnue.places import PLACES
from gateway.vendors.revnue.templates import FIELDS

_KEYS = SourceKeys(
    keys=(
        Key("token", "secret", required=True, help="the bearer token from Revnue's settings page"),
        Key("company", "text", default="1", help="the company's id; each company is a source of its own"),
        Key(
            "usage_status_map",
            "map",
            default={},
            help="usage statuses by our asset status, beside production=IN_USE",
        ),
    ),
    defaults={"rate_per_minute": 20.0, "concurrency": 2, "timeout_seconds": 8.0},
)


def _describe(settings: SourceSettings) -> Description:
    return Description(
        resources=(asset(settings.values["usage_status_map"]), PLACES, OWNERS, CONTRACTS, FIELDS),
        params={"company": settings.values["company"]},
        probe="/asset/",
    )


VENDOR = Vendor(
    name="revnue",
    keys=_KEYS,
    auth=lambda settings: FixedHeader(f"Bearer {settings.values['token']}"),
    describe=_describe,
)
