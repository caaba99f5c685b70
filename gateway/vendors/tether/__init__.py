"""Tether (atechsolutions.org): assets of service providers' clients, with check-out and check-in."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from gateway.connector.description.resource import Call, Description, Vendor
from gateway.settings import SourceKey, SourceKeys, SourceSettings
from gateway.upstream.dispatch.auth import Auth, FixedHeader, FormToken, Send
from gateway.vendors.tether.assets import asset
from gateway.vendors.tether.history import events
from gateway.vendors.tether.locations import LOCATIONS
from gateway.vendors.tether.people import EMPLOYEES

_KEYS = SourceKeys(
    keys=(
        SourceKey(
            "token",
            "secret",
            in_header=True,
            help="a bearer token; it ends after seven days, so user and password last longer",
        ),
        SourceKey("username", "text", help="the e-mail address to sign in with"),
        SourceKey("password", "secret"),
        SourceKey(
            "host",
            "text",
            in_header=True,
            help="Host header to send when base_url is not the tenant's own name",
        ),
        SourceKey("tenant", "text", help="the client's slug, for a service provider on the root domain"),
    ),
    one_of=(("token",), ("username", "password")),
    defaults={"concurrency": 4, "timeout_seconds": 8.0},
)


def _auth(settings: SourceSettings) -> Auth:
    values = settings.values
    if not values["username"]:
        return FixedHeader(f"Bearer {values['token']}")
    form = {"username": values["username"], "password": values["password"]}

    async def request(send: Send) -> tuple[str, Mapping[str, str], Mapping[str, str]]:  # noqa: ARG001
        return f"{settings.base_url}/auth/login", form, {}

    return FormToken(request, lifetime=7 * 24 * 3600.0, initial_token=values["token"])


def _describe(settings: SourceSettings) -> Description:
    host, tenant = settings.values["host"], settings.values["tenant"]
    hostname = host or urlsplit(settings.base_url).hostname or ""
    return Description(
        resources=(asset(tenant or hostname.split(".")[0]), LOCATIONS, EMPLOYEES),
        calls={
            "asset.history": Call(path="/assets/{id}/history", read=events),
            "asset.qr": Call(path="/assets/{id}/qr"),
        },
        headers={"Host": host} if host else {},
        params={"tenant": tenant} if tenant else {},
        probe="/auth/me",
        best_for=("assetTag", "purchaseDate"),
    )


VENDOR = Vendor(
    name="tether",
    keys=_KEYS,
    auth=_auth,
    describe=_describe,
    about="Tether, asset management: assets, checkout and checkin, locations, employees.",
)
