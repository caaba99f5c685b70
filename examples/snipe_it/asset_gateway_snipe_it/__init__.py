"""Snipe-IT, open source asset management. Written from its API reference, https://snipe-it.readme.io/reference."""

from asset_gateway_snipe_it.errors import ERRORS
from asset_gateway_snipe_it.hardware import hardware
from asset_gateway_snipe_it.locations import LOCATIONS
from asset_gateway_snipe_it.users import USERS
from gateway.connector.description.number_forms import number_form
from gateway.connector.description.resource import Description, Vendor
from gateway.settings import SourceKey, SourceKeys, SourceSettings
from gateway.upstream.dispatch.auth import FixedHeader

_KEYS = SourceKeys(
    keys=(
        SourceKey("token", "secret", required=True, help="a personal API token"),
        SourceKey("timezone", "zone", help="the installation's time zone; UTC if it is not set"),
        SourceKey("number_form", "text", default="1,250.00", help="how the installation writes amounts"),
    ),
    # "API Throttling": 120 requests a minute, unless the installation has changed it
    defaults={"rate_per_minute": 120.0},
)


def _describe(settings: SourceSettings) -> Description:
    form = settings.values["number_form"]
    number_form(form)  # raises ValueError, the operator's error, if it is no number
    return Description(
        resources=(hardware(form, settings.values["timezone"]), LOCATIONS, USERS),
        probe="/hardware?limit=1",
        errors=ERRORS,
    )


VENDOR = Vendor(
    name="snipe_it",
    keys=_KEYS,
    auth=lambda settings: FixedHeader(f"Bearer {settings.values['token']}"),
    describe=_describe,
    about="Snipe-IT, asset management: assets, checkout and checkin, locations, people.",
)
