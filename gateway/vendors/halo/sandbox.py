"""Halo's API over the made-up company's data: what its documentation says, its oddities included."""

import time
from functools import partial

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.sandbox import Company
from gateway.vendors.halo import (
    sandbox_asset_rows,
    sandbox_asset_writes,
    sandbox_assets,
    sandbox_licences,
    sandbox_people,
    sandbox_records,
    sandbox_tickets,
    sandbox_types,
)
from gateway.vendors.halo.sandbox_door import (
    CLIENT_ID,
    CLIENT_SECRET,
    Clock,
    Door,
    Tokens,
    answer,
    auth_info,
    token_endpoint,
)
from gateway.vendors.halo.sandbox_lists import Refused
from gateway.vendors.halo.sandbox_routes import Resource, bare, keyed, routes
from gateway.vendors.halo.sandbox_tenant import Tenant
from gateway.vendors.halo.sandbox_words import SECRETS

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
    for part in (sandbox_people, sandbox_asset_rows, sandbox_tickets, sandbox_licences, sandbox_records):
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
        return answer(sandbox_assets.next_tag(tenant))

    async def versions(_request: Request) -> Response:
        return answer(sandbox_licences.versions(tenant))

    async def password(_request: Request) -> Response:
        return answer({"password": SECRETS["licence_password"]})

    async def asset_type(request: Request) -> Response:
        row = sandbox_types.asset_type(request.path_params["id"])
        return Response(status_code=404) if row is None else answer(row)

    async def asset_groups(_request: Request) -> Response:
        return answer(sandbox_types.asset_groups())

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
            rows=partial(sandbox_assets.assets, tenant),
            wrap=sandbox_assets.envelope,
            show=partial(sandbox_assets.in_list, tenant),
            fixed_size=50,
            table=lambda: tenant.assets,
            alone=partial(sandbox_assets.alone, tenant),
            write=partial(sandbox_asset_writes.write, tenant),
            delete=partial(sandbox_asset_writes.delete, tenant),
        ),
        Resource(
            path="tickets",
            rows=partial(sandbox_tickets.tickets, tenant),
            wrap=sandbox_tickets.envelope,
            show=partial(sandbox_tickets.in_list, tenant),
            table=lambda: tenant.tickets,
            alone=partial(sandbox_tickets.alone, tenant),
            write=partial(sandbox_tickets.write, tenant),
            delete=partial(sandbox_tickets.delete, tenant),
        ),
        Resource(
            path="softwarelicence",
            rows=partial(sandbox_licences.licences, tenant),
            wrap=keyed("licences"),
            show=partial(sandbox_licences.in_list, tenant),
            table=lambda: tenant.licences,
            alone=partial(sandbox_licences.alone, tenant),
            write=partial(sandbox_licences.write, tenant),
            delete=partial(sandbox_licences.delete, tenant),
        ),
        Resource(
            path="meterreading",
            rows=partial(sandbox_records.readings, tenant),
            wrap=keyed("meterreadings"),
            table=lambda: tenant.readings,
            write=partial(sandbox_records.write_readings, tenant),
        ),
        Resource(
            path="assetchange",
            rows=partial(sandbox_records.changes, tenant),
            wrap=keyed("changes"),
            write=partial(sandbox_records.write_changes, tenant),
        ),
        Resource(
            path="certificate",
            rows=partial(sandbox_records.certificates, tenant),
            wrap=bare,
            paged=False,
            table=lambda: tenant.certificates,
            write=partial(sandbox_records.write_certificates, tenant),
            delete=tenant.certificates.remove,
        ),
        Resource(
            path="assetsoftware", rows=partial(sandbox_licences.software, tenant), wrap=bare, paged=False
        ),
        Resource(
            path="devicelicence",
            rows=lambda _query: tenant.device_licences,
            wrap=keyed("devicelicences"),
            paged=False,
        ),
        Resource(
            path="licencechange",
            rows=partial(sandbox_licences.changes, tenant),
            wrap=keyed("licence_history"),
        ),
        Resource(
            path="softwarelicencerole", rows=partial(sandbox_licences.roles, tenant), wrap=bare, paged=False
        ),
        Resource(
            path="licenseinfo",
            rows=lambda _query: sandbox_licences.installations(tenant),
            wrap=keyed("licenseinfo"),
        ),
    ]


def _used(tenant: Tenant) -> list[Resource]:
    """Whom and what assets and tickets refer to. The small ones ignore paging."""
    return [
        Resource(
            path="site",
            rows=partial(sandbox_people.sites, tenant),
            wrap=keyed("sites"),
            show=sandbox_people.site_in_list,
            table=lambda: tenant.sites,
            alone=sandbox_people.site_alone,
        ),
        Resource(
            path="users",
            rows=partial(sandbox_people.users, tenant),
            wrap=keyed("users"),
            table=lambda: tenant.users,
        ),
        Resource(
            path="client",
            rows=partial(sandbox_people.clients, tenant),
            wrap=keyed("clients"),
            table=lambda: tenant.clients,
        ),
        Resource(
            path="clientcontract",
            rows=partial(sandbox_people.contracts, tenant),
            wrap=keyed("contracts"),
            table=lambda: tenant.contracts,
        ),
        Resource(
            path="supplier",
            rows=partial(sandbox_people.suppliers, tenant),
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
        Resource(path="assettype", rows=sandbox_types.asset_types, wrap=bare, paged=False),
        Resource(path="status", rows=sandbox_types.statuses, wrap=bare, paged=False),
        Resource(path="priority", rows=sandbox_types.priorities, wrap=bare, paged=False),
        Resource(
            path="tickettype", rows=lambda _query: sandbox_types.ticket_types(tenant), wrap=bare, paged=False
        ),
        Resource(path="fieldinfo", rows=lambda _query: sandbox_types.field_info(), wrap=bare, paged=False),
    ]
