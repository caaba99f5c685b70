"""Halo's API over the made-up company's data: what its documentation says, its oddities included."""

import time
from functools import partial

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.sandbox import Company
from gateway.sandbox.vendors.halo import (
    asset_rows,
    asset_types,
    asset_writes,
    assets,
    licences,
    people,
    records,
    tickets,
)
from gateway.sandbox.vendors.halo.door import (
    CLIENT_ID,
    CLIENT_SECRET,
    Clock,
    Door,
    Tokens,
    answer,
    auth_info,
    token_endpoint,
)
from gateway.sandbox.vendors.halo.lists import Refused
from gateway.sandbox.vendors.halo.routes import Resource, bare, keyed, routes
from gateway.sandbox.vendors.halo.tenant import Tenant
from gateway.sandbox.vendors.halo.words import SECRETS

CANARIES = tuple(SECRETS.values())
"""Secrets that this API shows: a gateway must never let one of them through."""


def settings(base_url: str) -> dict[str, str]:
    """What a gateway's source needs to read this sandbox, served at `base_url`."""
    return {
        "VENDOR": "halo",
        "BASE_URL": f"{base_url}/api",
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_SECRET": CLIENT_SECRET,
        "RATE_PER_MINUTE": "0",
    }


def create_app(
    company: Company,
    *,
    per_minute: int | None = None,
    retry_after: bool = True,
    clock: Clock = time.monotonic,
) -> Starlette:
    """
    One Halo tenant, whose changes live as long as the app.

    With `per_minute`, more calls than that are answered by 429, with or without `Retry-After`.
    `clock` gives seconds.
    """
    tenant = Tenant(company)
    for part in (people, asset_rows, tickets, licences, records):
        part.fill(tenant)
    tokens = Tokens(clock=clock)
    return Starlette(
        routes=[
            Route("/api/authinfo", auth_info),
            Route("/auth/token", token_endpoint(tokens), methods=["POST"]),
            *_single_answers(tenant),
            *(route for resource in (*_owned(tenant), *_used(tenant)) for route in routes(resource)),
        ],
        middleware=[
            Middleware(Door, tokens=tokens, clock=clock, per_minute=per_minute, retry_after=retry_after)
        ],
        exception_handlers={404: _not_found, 405: _wrong_method, Refused: _refused},
    )


async def _not_found(_request: Request, _exc: Exception) -> Response:
    return Response(status_code=404)


async def _wrong_method(request: Request, _exc: Exception) -> Response:
    return answer(
        {"Message": f"The requested resource does not support http method '{request.method}'."}, 405
    )


async def _refused(_request: Request, exc: Exception) -> Response:
    return answer(exc.body, exc.status) if isinstance(exc, Refused) else Response(status_code=400)


def _single_answers(tenant: Tenant) -> list[Route]:
    """What is neither a list nor a row with an id."""

    async def tag(_request: Request) -> Response:
        return answer(assets.next_tag(tenant))

    async def versions(_request: Request) -> Response:
        return answer(licences.versions(tenant))

    async def password(_request: Request) -> Response:
        return answer({"password": SECRETS["licence_password"]})

    async def asset_type(request: Request) -> Response:
        row = asset_types.asset_type(request.path_params["id"])
        return Response(status_code=404) if row is None else answer(row)

    async def asset_groups(_request: Request) -> Response:
        return answer(asset_types.asset_groups())

    return [
        Route("/api/asset/nexttag", tag),
        Route("/api/asset/getallsoftwareversions", versions),
        Route("/api/licenseinfo/password", password),
        Route("/api/assettype/{id:int}", asset_type),
        Route("/api/assetgroup", asset_groups),
    ]


def _owned(tenant: Tenant) -> list[Resource]:
    """Assets, tickets, licences, and what is kept about them."""
    return [
        Resource(
            path="asset",
            rows=partial(assets.assets, tenant),
            wrap=assets.envelope,
            show=partial(assets.in_list, tenant),
            fixed_size=50,
            table=lambda: tenant.assets,
            alone=partial(assets.alone, tenant),
            write=partial(asset_writes.write, tenant),
            delete=partial(asset_writes.delete, tenant),
        ),
        Resource(
            path="tickets",
            rows=partial(tickets.tickets, tenant),
            wrap=tickets.envelope,
            show=partial(tickets.in_list, tenant),
            table=lambda: tenant.tickets,
            alone=partial(tickets.alone, tenant),
            write=partial(tickets.write, tenant),
            delete=partial(tickets.delete, tenant),
        ),
        Resource(
            path="softwarelicence",
            rows=partial(licences.licences, tenant),
            wrap=keyed("licences"),
            show=partial(licences.in_list, tenant),
            table=lambda: tenant.licences,
            alone=partial(licences.alone, tenant),
            write=partial(licences.write, tenant),
            delete=partial(licences.delete, tenant),
        ),
        Resource(
            path="meterreading",
            rows=partial(records.readings, tenant),
            wrap=keyed("meterreadings"),
            table=lambda: tenant.readings,
            write=partial(records.write_readings, tenant),
        ),
        Resource(
            path="assetchange",
            rows=partial(records.changes, tenant),
            wrap=keyed("changes"),
            write=partial(records.write_changes, tenant),
        ),
        Resource(
            path="certificate",
            rows=partial(records.certificates, tenant),
            wrap=bare,
            paged=False,
            table=lambda: tenant.certificates,
            write=partial(records.write_certificates, tenant),
            delete=tenant.certificates.remove,
        ),
        Resource(path="assetsoftware", rows=partial(licences.software, tenant), wrap=bare, paged=False),
        Resource(
            path="devicelicence",
            rows=lambda _query: tenant.device_licences,
            wrap=keyed("devicelicences"),
            paged=False,
        ),
        Resource(
            path="licencechange",
            rows=partial(licences.changes, tenant),
            wrap=keyed("licence_history"),
        ),
        Resource(path="softwarelicencerole", rows=partial(licences.roles, tenant), wrap=bare, paged=False),
        Resource(
            path="licenseinfo",
            rows=lambda _query: list(tenant.installations),
            wrap=keyed("licenseinfo"),
            write=partial(licences.write_installations, tenant),
        ),
    ]


def _used(tenant: Tenant) -> list[Resource]:
    """Whom and what assets and tickets refer to. The small ones ignore paging."""
    return [
        Resource(
            path="site",
            rows=partial(people.sites, tenant),
            wrap=keyed("sites"),
            show=people.site_in_list,
            table=lambda: tenant.sites,
            alone=people.site_alone,
        ),
        Resource(
            path="users",
            rows=partial(people.users, tenant),
            wrap=keyed("users"),
            table=lambda: tenant.users,
        ),
        Resource(
            path="client",
            rows=partial(people.clients, tenant),
            wrap=keyed("clients"),
            table=lambda: tenant.clients,
        ),
        Resource(
            path="clientcontract",
            rows=partial(people.contracts, tenant),
            wrap=keyed("contracts"),
            table=lambda: tenant.contracts,
        ),
        Resource(
            path="supplier",
            rows=partial(people.suppliers, tenant),
            wrap=keyed("suppliers"),
            table=lambda: tenant.suppliers,
        ),
        Resource(
            path="agent",
            rows=lambda _query: list(tenant.agents),
            wrap=bare,
            paged=False,
            table=lambda: tenant.agents,
        ),
        Resource(path="assettype", rows=asset_types.asset_types, wrap=bare, paged=False),
        Resource(path="status", rows=asset_types.statuses, wrap=bare, paged=False),
        Resource(path="priority", rows=asset_types.priorities, wrap=bare, paged=False),
        Resource(
            path="tickettype", rows=lambda _query: asset_types.ticket_types(tenant), wrap=bare, paged=False
        ),
        Resource(path="fieldinfo", rows=lambda _query: asset_types.field_info(), wrap=bare, paged=False),
    ]
