"""Halo (HaloPSA, HaloITSM): devices, licences, meter readings, tickets and what they refer to."""

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from gateway.connector.description.field_names import USUAL_NAMES
from gateway.connector.description.resource import Call, Description, Vendor
from gateway.connector.description.vocabulary import ENUMS
from gateway.errors import UpstreamError
from gateway.settings import SourceKey, SourceKeys, SourceSettings
from gateway.upstream.dispatch.auth import Auth, FormToken, Send
from gateway.vendors.halo.assets import asset, owners
from gateway.vendors.halo.calls import next_tag
from gateway.vendors.halo.certificates import CERTIFICATES
from gateway.vendors.halo.changes import asset_changes, licence_changes
from gateway.vendors.halo.contracts import CONTRACTS
from gateway.vendors.halo.licence_infos import licence_infos
from gateway.vendors.halo.licences import ASSET_LICENCES, LICENCES, ROLES
from gateway.vendors.halo.meter_readings import meter_readings
from gateway.vendors.halo.people import AGENTS, USERS
from gateway.vendors.halo.sites import SITES
from gateway.vendors.halo.software import SOFTWARE
from gateway.vendors.halo.tickets import TicketWords, tickets
from gateway.vendors.halo.types import ASSET_TYPES, PRIORITIES, STATUSES, TICKET_TYPES

_NAMED_FIELDS = ("serial_number", "model", "manufacturer", "mac_address", "ip_address")

_KEYS = SourceKeys(
    keys=(
        SourceKey("client_id", "text", required=True, help="of an API application with client credentials"),
        SourceKey("client_secret", "secret", required=True),
        SourceKey(
            "scope", "text", default="all", help="without a scope Halo gives tokens that it then refuses"
        ),
        SourceKey("auth_url", "url", help="the token endpoint; found by itself where unset"),
        SourceKey("tenant", "text", help="for hosted accounts"),
        SourceKey("time_zone", "zone", default="UTC", help="zone of the times that Halo writes without one"),
        SourceKey(
            "status_map",
            "map",
            default={"Active": "IN_USE"},
            choices=ENUMS["Asset.status"],
            help="asset statuses by our name",
        ),
        SourceKey(
            "ticket_status_map",
            "map",
            default={},
            choices=ENUMS["Ticket.status"],
            help="ticket statuses by our name",
        ),
        SourceKey(
            "closed_status_ids",
            "words",
            default=("8", "9"),
            help="ids of the ticket statuses that mean closed",
        ),
        SourceKey(
            "priority_map",
            "map",
            default={},
            choices=ENUMS["Ticket.priority"],
            help="ticket priorities by our name: P1=URGENT",
        ),
        *(
            SourceKey(
                f"{name}_fields",
                "words",
                default=USUAL_NAMES[name],
                help=f"asset fields that hold the {name}",
            )
            for name in _NAMED_FIELDS
        ),
    ),
    defaults={"rate_per_minute": 100.0, "concurrency": 4, "timeout_seconds": 8.0},
)


def _auth(settings: SourceSettings) -> Auth:
    values = settings.values
    tenant = {"tenant": values["tenant"]} if values["tenant"] else {}
    form = {
        "grant_type": "client_credentials",
        "client_id": values["client_id"],
        "client_secret": values["client_secret"],
        "scope": values["scope"],
        **tenant,
    }

    async def request(send: Send) -> tuple[str, Mapping[str, str], Mapping[str, str]]:
        return values["auth_url"] or await _token_address(settings.base_url, send), form, tenant

    return FormToken(request)


async def _token_address(base_url: str, send: Send) -> str:
    """
    The token endpoint: the account's own `auth_url`, else the usual path beside the API.

    The client's secret is sent there, so an address that is neither encrypted nor the API's own host is not used.
    """
    base = urlsplit(base_url)
    usual = urlunsplit((base.scheme, base.netloc, "/auth/token", "", ""))
    try:
        info = await send("GET", f"{base_url}/authinfo")
    except UpstreamError:
        return usual
    auth_url = info.get("auth_url") if isinstance(info, Mapping) else None
    if not isinstance(auth_url, str):
        return usual
    address = urlsplit(auth_url)
    if address.scheme != "https" and (address.scheme, address.hostname) != (base.scheme, base.hostname):
        return usual
    path = address.path.rstrip("/")
    return urlunsplit(
        (address.scheme, address.netloc, path if path.endswith("/token") else f"{path}/token", "", "")
    )


def _describe(settings: SourceSettings) -> Description:
    values = settings.values
    zone = ZoneInfo(values["time_zone"])
    words = TicketWords(
        statuses=values["ticket_status_map"],
        closed_ids=frozenset(values["closed_status_ids"]),
        priorities=values["priority_map"],
    )
    return Description(
        resources=(
            asset(
                zone,
                statuses=values["status_map"],
                names={name: tuple(values[f"{name}_fields"]) for name in _NAMED_FIELDS},
            ),
            owners(),
            tickets(zone, words),
            SITES,
            USERS,
            AGENTS,
            LICENCES,
            ROLES,
            ASSET_LICENCES,
            meter_readings(zone),
            asset_changes(zone),
            licence_changes(zone),
            SOFTWARE,
            CERTIFICATES,
            licence_infos(zone),
            CONTRACTS,
            ASSET_TYPES,
            TICKET_TYPES,
            STATUSES,
            PRIORITIES,
        ),
        calls={
            "asset.nextTag": Call(path="/Asset/NextTag", read=next_tag),
            "software.versions": Call(path="/Asset/GetAllSoftwareVersions"),
        },
        probe="/AssetType",
        best_for=("status", "location", "assignedTo"),
    )


VENDOR = Vendor(
    name="halo",
    keys=_KEYS,
    auth=_auth,
    describe=_describe,
    about=(
        "HaloPSA and HaloITSM, service management: assets, tickets, sites, people, licences, "
        "installed software, meter readings, changes, certificates."
    ),
)
