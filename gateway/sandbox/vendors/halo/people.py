"""Clients, sites, users, agents, contracts and suppliers of the sandbox's Halo, and how each is shown."""

from gateway.sandbox.vendors.halo import words
from gateway.sandbox.vendors.halo.lists import Query, active_only, equals, matching, searched
from gateway.sandbox.vendors.halo.tenant import Table, Tenant
from gateway.sandbox.vendors.halo.values import (
    NOBODY_ID,
    NONE_ID,
    UNSET_DATE,
    Row,
    agent_id,
    moment,
    site_id,
    user_id,
)

_ADDRESS = tuple(f"delivery_address_line{line}" for line in range(1, 6))
_SITE_DETAILS = ("delivery_address", "maincontact_name", "emaildomain", "datecreated", *_ADDRESS, "notes")


def fill(tenant: Tenant) -> None:
    """Put the company's places and people into their tables."""
    tenant.clients = _clients(tenant)
    tenant.sites = _sites(tenant)
    tenant.users = _users(tenant)
    tenant.agents = _agents(tenant)
    tenant.contracts = _contracts(tenant)


def client_of_site(number: int) -> int:
    """The client that the company's site `number` belongs to: every fourth one is a daughter company's."""
    return words.DAUGHTER_CLIENT if number % 4 == 0 else words.MAIN_CLIENT


def _clients(tenant: Tenant) -> Table:
    names = {
        words.UNKNOWN_CLIENT: "Unknown",
        words.MAIN_CLIENT: tenant.company.name,
        words.DAUGHTER_CLIENT: f"{tenant.company.name} Field Services",
    }
    return Table(
        {
            "id": key,
            "name": name,
            "toplevel_id": 1,
            "toplevel_name": "Customers",
            "inactive": False,
            "colour": "#2bd3c6",
            "notes": "",
            "pritech": 0,
            "accountmanagertech": NONE_ID,
        }
        for key, name in names.items()
    )


def _sites(tenant: Tenant) -> Table:
    rows: list[Row] = []
    for site in tenant.company.sites:
        client = client_of_site(site.number)
        client_name = tenant.name(tenant.clients, client)
        lines = (site.address, site.city, site.region, site.country, site.postal_code)
        rows.append(
            {
                "id": site_id(site.number),
                "name": site.name,
                "client_id": float(client),
                "client_name": client_name,
                "clientsite_name": f"{client_name}/{site.name}",
                "inactive": False,
                "sla_id": NONE_ID,
                "phonenumber": "",
                "colour": "#b01414",
                "timezone": site.timezone,
                "invoice_address_isdelivery": True,
                "isstocklocation": "warehouse" in site.name.lower(),
                "messagegroup_id": NONE_ID,
                "country_code_name": site.country,
                "region_code_name": site.region,
                "ref": site.code,
                "stockbin_id": 0,
                "customfields": [],
                "notes": "" if site.number % 3 else "Deliveries before noon.",
                "maincontact_name": "General User",
                "emaildomain": "",
                "datecreated": UNSET_DATE,
                "delivery_address": {
                    "id": 60 + site.number,
                    **{f"line{place}": text for place, text in enumerate(lines[:4], 1)},
                    "postcode": site.postal_code,
                    "lat": 0.0,
                    "long": 0.0,
                },
                **dict(zip(_ADDRESS, lines, strict=True)),
            }
        )
    return Table(rows)


def _users(tenant: Tenant) -> Table:
    rows: list[Row] = []
    for person in tenant.company.people:
        client = client_of_site(person.site)
        site = tenant.sites.get(site_id(person.site)) or {}
        rows.append(
            {
                "id": user_id(person.number),
                "name": f"{person.first_name} {person.last_name}",
                "site_id": float(site_id(person.site)),
                "site_id_int": site_id(person.site),
                "site_name": site.get("name"),
                "client_id": client,
                "client_name": site.get("client_name"),
                "firstname": person.first_name,
                "surname": person.last_name,
                "initials": person.first_name[:1] + person.last_name[:1],
                "emailaddress": person.email,
                "phonenumber": person.phone or "",
                "phonenumber_preferred": person.phone or "",
                "mobilenumber": "",
                "login": person.email.partition("@")[0],
                "inactive": False,
                "isimportantcontact": person.number % 17 == 0,
                "linked_agent_id": agent_id(person.number) if person.role == "technician" else 0,
                "priority_id": NONE_ID,
                "relationship_id": 0,
                "customfields": [],
            }
        )
    return Table(rows)


def _agents(tenant: Tenant) -> Table:
    unassigned = {
        "id": 1,
        "name": "Unassigned",
        "team": "",
        "isdisabled": False,
        "email": "",
        "is_agent": True,
    }
    return Table(
        [
            unassigned,
            *(
                {
                    "id": agent_id(person.number),
                    "name": f"{person.first_name} {person.last_name}",
                    "team": "1st Line Support" if person.number % 2 else "Infrastructure",
                    "isdisabled": False,
                    "email": person.email,
                    "firstname": person.first_name,
                    "surname": person.last_name,
                    "initials": person.first_name[:1] + person.last_name[:1],
                    "colour": "#57a957",
                    "jobtitle": "Service engineer",
                    "is_agent": True,
                    "linemanager": NOBODY_ID,
                    "lastlogindate": moment(tenant.company.now, person.number),
                }
                for person in tenant.company.people
                if person.role == "technician"
            ),
        ]
    )


def _contracts(tenant: Tenant) -> Table:
    return Table(
        {
            "id": key,
            "ref": ref,
            "client_id": client,
            "client_name": tenant.name(tenant.clients, client),
            "start_date": start,
            "end_date": end,
            "active": True,
            "note": "",
        }
        for key, ref, client, start, end in words.CONTRACTS
    )


def sites(tenant: Tenant, query: Query) -> list[Row]:
    """The sites that are asked for."""
    keeps = (
        active_only(query),
        equals(query, "client_id"),
        equals(query, "site_id", "id"),
        searched(query, ("name", "client_name", "ref", *_ADDRESS)),
    )
    return matching(tenant.sites, keeps)


def site_in_list(row: Row, query: Query) -> Row:
    """A site without its address and notes, unless `includeaddress` and `includenotes` ask for them."""
    shown = {name: value for name, value in row.items() if name not in _SITE_DETAILS}
    if query.flag("includeaddress"):
        shown |= {name: row[name] for name in _ADDRESS}
    if query.flag("includenotes"):
        shown["notes"] = row["notes"]
    return shown


def site_alone(row: Row, _query: Query) -> Row:
    """A site with its address as an object."""
    return {name: value for name, value in row.items() if name not in _ADDRESS}


def users(tenant: Tenant, query: Query) -> list[Row]:
    """The users that are asked for; `licence_id` gives those whose devices have the licence."""
    asset, licence = query.number("asset_id"), query.number("licence_id")
    wanted: set[int] | None = None
    if asset:
        wanted = set(tenant.asset_users.get(asset, ()))
    if licence:
        devices = {row["did"] for row in tenant.device_licences if row["licence_id"] == licence}
        having = {user for device in devices for user in tenant.asset_users.get(device, ())}
        wanted = having if wanted is None else wanted & having
    keeps = (
        active_only(query),
        equals(query, "client_id"),
        equals(query, "site_id"),
        searched(query, ("name", "emailaddress", "login")),
    )
    rows = tenant.users if wanted is None else [row for row in tenant.users if row["id"] in wanted]
    return matching(rows, keeps)


def clients(tenant: Tenant, query: Query) -> list[Row]:
    """The clients that are asked for."""
    return matching(tenant.clients, (active_only(query), searched(query, ("name",))))


def contracts(tenant: Tenant, query: Query) -> list[Row]:
    """The contracts with clients."""
    return matching(tenant.contracts, (equals(query, "client_id"), searched(query, ("ref", "client_name"))))


def suppliers(tenant: Tenant, query: Query) -> list[Row]:
    """The suppliers."""
    return matching(tenant.suppliers, (active_only(query), searched(query, ("name",))))
