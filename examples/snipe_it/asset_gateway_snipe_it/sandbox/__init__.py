"""Snipe-IT's API over the made-up company: as it is documented, with its oddities."""

from collections.abc import Awaitable, Callable
from secrets import compare_digest

from msgspec import json
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from asset_gateway_snipe_it.sandbox.rows import asset_row, assigned_to, location_row, status_label, user_row
from gateway.testing.sandbox import Company, Row, Table, answer, read_body, row_id

TOKEN = "snipe-it-sandbox-4nVq8Zr1"  # noqa: S105
MAX_RESULTS = 100

Endpoint = Callable[[Request], Awaitable[Response]]


def settings(base_url: str) -> dict[str, str]:
    """The gateway's settings of a source for the sandbox at this address."""
    return {"VENDOR": "snipe_it", "BASE_URL": f"{base_url}/api/v1", "TOKEN": TOKEN}


def create_app(company: Company) -> Starlette:
    """The company's installation."""
    installation = _Installation(company)
    routes = [
        *_reads("hardware", installation.hardware, "Asset does not exist."),
        *_reads("locations", installation.locations, "Location not found"),
        *_reads("users", installation.users, "User not found"),
        Route("/api/v1/hardware/{id:int}/checkout", _with_token(installation.checkout), methods=["POST"]),
        Route("/api/v1/hardware/{id:int}/checkin", _with_token(installation.checkin), methods=["POST"]),
    ]
    return Starlette(routes=routes)


class _Installation:
    def __init__(self, company: Company) -> None:
        self.hardware = Table(asset_row(company, device) for device in company.devices)
        self.locations = Table(map(location_row, company.sites))
        self.users = Table(user_row(company, person) for person in company.people)

    async def checkout(self, request: Request) -> Response:
        asset, user = self.hardware.get(request.path_params["id"]), None
        if asset is None:
            return _error("Asset does not exist.")
        body = json.decode(await read_body(request))
        is_deployable = asset["status_label"] == status_label("available")
        if asset["assigned_to"] is not None or not is_deployable:
            return _error("That asset is not available for checkout!", {"asset": asset["asset_tag"]})
        if body.get("checkout_to_type") == "user":
            user = self.users.get(body.get("assigned_user"))
        if user is None:
            return _error("Checkout target is invalid", {"asset": asset["asset_tag"]})
        status = status_label("deployed")
        self.hardware.put({**asset, "assigned_to": assigned_to(user), "status_label": status})
        return _success("Asset checked out successfully.", {"asset": asset["asset_tag"]})

    async def checkin(self, request: Request) -> Response:
        asset = self.hardware.get(request.path_params["id"])
        if asset is None:
            return _error("Asset does not exist.")
        if asset["assigned_to"] is None:
            return _error("That asset is already checked in.", {"asset": asset["asset_tag"]})
        self.hardware.put({**asset, "assigned_to": None, "status_label": status_label("available")})
        return _success("Asset checked in successfully.", {"asset": asset["asset_tag"]})


def _reads(name: str, table: Table, missing: str) -> list[Route]:
    async def listed(request: Request) -> Response:
        query = request.query_params
        rows = sorted(table, key=row_id, reverse=query.get("order", "desc") == "desc")
        if location := query.get("location_id"):
            rows = [row for row in rows if _location_id(row) == location]
        offset, limit = int(query.get("offset", "0")), min(int(query.get("limit", "50")), MAX_RESULTS)
        return answer({"total": len(rows), "rows": rows[offset : offset + limit]})

    async def single(request: Request) -> Response:
        row = table.get(request.path_params["id"])
        return _error(missing) if row is None else answer(row)

    return [
        Route(f"/api/v1/{name}", _with_token(listed)),
        Route(f"/api/v1/{name}/{{id:int}}", _with_token(single)),
    ]


def _location_id(row: Row) -> str:
    location = row.get("location")
    return str(location["id"]) if isinstance(location, dict) else ""


def _with_token(act: Endpoint) -> Endpoint:
    async def guarded(request: Request) -> Response:
        sent = request.headers.get("authorization", "")
        if not compare_digest(sent.encode(), f"Bearer {TOKEN}".encode()):
            return answer({"error": "Unauthorized or unauthenticated."}, status=401)
        return await act(request)

    return guarded


def _error(messages: str, payload: object = None) -> Response:
    return answer({"status": "error", "messages": messages, "payload": payload})


def _success(messages: str, payload: object) -> Response:
    return answer({"status": "success", "messages": messages, "payload": payload})
