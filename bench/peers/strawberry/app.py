"""
The plain stack: Strawberry, httpx and aiodataloader, as one would write it in a day.

python app.py PORT UPSTREAM CACHE(true|false)
"""

import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import strawberry
import uvicorn
from aiodataloader import DataLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

Row = dict[str, Any]
Fetch = Callable[[str], Awaitable[Any]]


class ById(DataLoader[int, Row | None]):
    """Rows of a list by their ids: one call for all that are asked for at once."""

    def __init__(self, fetch: Fetch, path: str) -> None:
        super().__init__()
        self._fetch, self._path = fetch, path

    async def batch_load_fn(self, keys: list[int]) -> list[Row | None]:
        """The rows in the order of their ids."""
        rows = {row["id"]: row for row in await self._fetch(self._path)}
        return [rows.get(key) for key in keys]


class Context:
    """What one operation's resolvers share."""

    def __init__(self, fetch: Fetch, account: str) -> None:
        async def fetch_of_account(path: str) -> Any:
            _, vendor, rest = path.split("/", 2)
            return await fetch(f"/{vendor}_{account}/{rest}")

        self.fetch = fetch_of_account
        self.locations = ById(fetch_of_account, "/fiwit/locations")
        self.users = ById(fetch_of_account, "/fiwit/users")


Info = strawberry.Info[Context, None]


@strawberry.type
class Location:
    """An office."""

    id: int
    name: str | None
    location: str | None


@strawberry.type
class User:
    """A person."""

    id: int
    first_name: str | None
    last_name: str | None
    email: str | None


@strawberry.type
class CustomFieldValue:
    """What a customer added."""

    id: int
    custom_field_id: int | None
    value: str | None


@strawberry.type
class Asset:
    """An asset at Fiwit."""

    id: int
    name: str | None
    user_id: int | None
    created_at: str | None
    updated_at: str | None
    assigned_id: int | None
    location_id: int | None
    asset_type_id: int | None
    team_id: int | None
    deleted_at: str | None
    ip_address: str | None
    custom_field_values: list[CustomFieldValue]

    @strawberry.field
    async def location(self, info: Info) -> Location | None:
        """Where it is."""
        row = await info.context.locations.load(self.location_id) if self.location_id else None
        return taken(Location, row) if row else None

    @strawberry.field
    async def assigned(self, info: Info) -> User | None:
        """Who has it."""
        row = await info.context.users.load(self.assigned_id) if self.assigned_id else None
        return taken(User, row) if row else None


@strawberry.type
class TetherAsset:
    """An asset at Tether."""

    id: int
    asset_tag: str | None
    name: str | None
    manufacturer: str | None
    model: str | None
    serial: str | None
    status: str | None
    purchase_date: str | None


@strawberry.type
class RevnueAsset:
    """An asset at Revnue."""

    id: int
    asset_tag: str | None
    name: str | None
    manufacturer: str | None
    serial_number: str | None
    warranty_status: str | None
    warranty_end_date: str | None
    service_start_date: str | None


@strawberry.type
class HaloDevice:
    """An asset at Halo."""

    id: int
    inventory_number: str | None
    key_field: str | None
    client_name: str | None
    assettype_name: str | None
    status_name: str | None
    warranty_end: str | None
    supplier_purchasedate: str | None


@strawberry.type
class HaloDevices:
    """A page of them."""

    record_count: int | None
    assets: list[HaloDevice]


@strawberry.type
class Moment:
    """A time as PHP writes it."""

    date: str | None


@strawberry.type
class Checklist:
    """A server at S3S."""

    id: int
    chassis_serial_number: str | None
    assembly_serial_number: str | None
    status: str | None
    server_type: str | None
    server_reference: str | None
    built_by_users: list[str]
    created_at: Moment | None


@strawberry.type
class Checklists:
    """What S3S wraps them in."""

    data: list[Checklist]


def taken(of: Any, row: Row, **more: Any) -> Any:
    """The columns of a row that a type has."""
    return of(**{name: row.get(name) for name in of.__annotations__ if name not in more}, **more)


def asset(row: Row) -> Any:
    """A Fiwit row as an asset."""
    values = [taken(CustomFieldValue, one) for one in row["custom_field_values"]]
    return taken(Asset, row, custom_field_values=values)


def checklist(row: Row) -> Any:
    """An S3S row."""
    return taken(Checklist, row, created_at=taken(Moment, row["created_at"]))


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    async def assets(self, info: Info) -> list[Asset]:
        """A hundred."""
        return [asset(row) for row in await info.context.fetch("/fiwit/assets")]

    @strawberry.field
    async def few(self, info: Info) -> list[Asset]:
        """Twenty."""
        return [asset(row) for row in await info.context.fetch("/few/assets")]

    @strawberry.field
    async def many(self, info: Info) -> list[Asset]:
        """Five thousand."""
        return [asset(row) for row in await info.context.fetch("/many/assets")]

    @strawberry.field
    async def asset(self, info: Info, id: int) -> Asset | None:
        """One."""
        found: Asset = asset(await info.context.fetch(f"/fiwit/assets/{id}"))
        return found

    @strawberry.field
    async def tether(self, info: Info) -> list[TetherAsset]:
        """Tether's."""
        return [taken(TetherAsset, row) for row in await info.context.fetch("/tether/assets")]

    @strawberry.field
    async def revnue(self, info: Info) -> list[RevnueAsset]:
        """Revnue's."""
        return [taken(RevnueAsset, row) for row in await info.context.fetch("/revnue/asset/?company=1")]

    @strawberry.field
    async def halo(self, info: Info) -> HaloDevices:
        """Halo's."""
        page = await info.context.fetch("/halo/Asset?pageinate=true&page_no=1&page_size=50")
        rows = [taken(HaloDevice, row) for row in page["assets"]]
        return HaloDevices(record_count=page["record_count"], assets=rows)

    @strawberry.field
    async def s3s(self, info: Info) -> Checklists:
        """S3S's."""
        page = await info.context.fetch("/s3s/assets/checklists?page=1&page_size=50")
        return Checklists(data=[checklist(row) for row in page["data"]])


def create_app(upstream: str, *, cached: bool) -> Starlette:
    """The server. `cached` keeps what the vendors answered for an hour."""
    client = httpx.AsyncClient(
        base_url=upstream,
        headers={"authorization": "bench"},
        limits=httpx.Limits(max_keepalive_connections=64),
    )
    kept: dict[str, tuple[float, Any]] = {}

    async def fetch(path: str) -> Any:
        now = time.monotonic()
        if cached and path in kept and now - kept[path][0] < 3600:
            return kept[path][1]
        answer = await client.get(path)
        answer.raise_for_status()
        found = answer.json()
        if cached:
            kept[path] = now, found
        return found

    class Endpoint(GraphQL[Context, None]):
        async def get_context(
            self,
            request: Request | WebSocket,
            response: Response | WebSocket,  # noqa: ARG002
        ) -> Context:
            return Context(fetch, request.headers["x-account"])

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await client.aclose()

    names = strawberry.schema.config.StrawberryConfig(auto_camel_case=False)
    schema = strawberry.Schema(Query, config=names, extensions=[ParserCache, ValidationCache])
    return Starlette(lifespan=lifespan, routes=[Route("/graphql", Endpoint(schema))])


if __name__ == "__main__":
    _, port, upstream, cached = sys.argv
    uvicorn.run(
        create_app(upstream, cached=cached == "true"),
        host="127.0.0.1",
        port=int(port),
        log_level="warning",
        access_log=False,
    )
