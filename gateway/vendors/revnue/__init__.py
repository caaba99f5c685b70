"""Revnue: assets with their warranties, support and contracts. Twenty calls a minute for the whole account."""

from gateway.connector.description.resource import Description, Vendor
from gateway.connector.description.vocabulary import ENUMS
from gateway.settings import SourceKey, SourceKeys, SourceSettings
from gateway.upstream.dispatch.auth import FixedHeader
from gateway.vendors.revnue.assets import asset
from gateway.vendors.revnue.contracts import CONTRACTS
from gateway.vendors.revnue.locations import LOCATIONS
from gateway.vendors.revnue.owners import OWNERS
from gateway.vendors.revnue.templates import FIELDS
from gateway.vendors.revnue.writes import asset_actions

_KEYS = SourceKeys(
    keys=(
        SourceKey(
            "token",
            "secret",
            in_header=True,
            required=True,
            help="the bearer token from Revnue's settings page",
        ),
        SourceKey(
            "company", "text", default="1", help="the company's id; each company is a source of its own"
        ),
        SourceKey(
            "usage_status_map",
            "map",
            default={},
            choices=ENUMS["Asset.status"],
            help="usage statuses by our asset status, beside production=IN_USE",
        ),
        SourceKey(
            "country_ids",
            "ids",
            default={},
            help="ids of countries by the name that Revnue shows, without which an update would empty the country",
        ),
        SourceKey(
            "usage_status_ids",
            "ids",
            default={},
            help="ids of usage statuses by their word, for an account that takes ids on writing: production=1",
        ),
    ),
    defaults={"rate_per_minute": 20.0, "concurrency": 2, "timeout_seconds": 8.0},
)


def _describe(settings: SourceSettings) -> Description:
    values = settings.values
    usage = values["usage_status_map"]
    actions = asset_actions(usage, values["country_ids"], values["usage_status_ids"])
    return Description(
        resources=(asset(usage, actions), LOCATIONS, OWNERS, CONTRACTS, FIELDS),
        params={"company": settings.values["company"]},
        probe="/asset/",
        best_for=("purchaseCost", "warranty", "support"),
    )


VENDOR = Vendor(
    name="revnue",
    keys=_KEYS,
    auth=lambda settings: FixedHeader(f"Bearer {settings.values['token']}"),
    describe=_describe,
    about="Revnue, contract management: assets with warranty, support and cost; contracts.",
)
