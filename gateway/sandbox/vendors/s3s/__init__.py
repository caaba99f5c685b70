"""S3S's API as the sandbox serves it: read only, every answer wrapped in `data`, dates as PHP writes them."""

from collections.abc import Awaitable, Callable
from secrets import compare_digest

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.sandbox.answers import answer, encoded
from gateway.sandbox.company import Company
from gateway.sandbox.table import Row, Table, row_id
from gateway.sandbox.vendors.s3s.rows import checklist_rows, order_rows, statistics, test_results

API_KEY = "s3s-sandbox-6Yq0bT3nVw8KfZrM1xHd"
DEFAULT_PAGE_SIZE = 15
MAX_PAGE_SIZE = 50
PATHS = (
    "/api/v2/assets",
    "/api/v2/assets/checklists",
    "/api/v2/assets/checklists/{id}",
    "/api/v2/assets/orders",
    "/api/v2/assets/statistics",
    "/api/v2/assets/test_results/{id}",
)

_WORDS = {401: "Unauthorized", 404: "Asset or resource not found.", 405: "405 Method Not Allowed"}


def settings(base_url: str) -> dict[str, str]:
    """The gateway's settings of a source for the part that is served at `base_url`."""
    return {"VENDOR": "s3s", "BASE_URL": f"{base_url}/api/v2", "API_KEY": API_KEY}


def create_app(company: Company) -> Starlette:
    """The S3S portal of this company's servers."""
    portal = _Portal(company)
    routes = {
        "/assets": portal.discover,
        "/assets/checklists": portal.checklists,
        "/assets/checklists/{id}": portal.checklist,
        "/assets/orders": portal.orders,
        "/assets/orders/{id}": portal.order,
        "/assets/statistics": portal.statistics,
        "/assets/test_results/{id}": portal.test_results,
    }
    app = Starlette(
        routes=[Route(f"/api/v2{path}", _keyed(act), methods=["GET"]) for path, act in routes.items()],
        exception_handlers={HTTPException: _refusal},
    )
    app.router.redirect_slashes = False
    return app


class _Portal:
    def __init__(self, company: Company) -> None:
        self._company = company
        self._checklists = Table(checklist_rows(company))
        self._orders = Table(order_rows(company, self._checklists))
        self._by_serial: dict[str, Row] = {}
        for row in self._checklists:
            for key in ("assembly_serial_number", "chassis_serial_number"):
                if serial := _as_searched(str(row[key])):
                    self._by_serial.setdefault(serial, row)

    async def discover(self, _request: Request) -> Response:
        return answer({"available_assets": PATHS, "status_code": 200})

    async def checklists(self, request: Request) -> Response:
        return _page(request, self._checklists)

    async def checklist(self, request: Request) -> Response:
        row = self._find(request)
        return encoded(b'{"data":' + self._checklists.array([row]) + b"}")

    async def orders(self, request: Request) -> Response:
        return _page(request, self._orders)

    async def order(self, request: Request) -> Response:
        number = request.path_params["id"]
        row = self._orders.get(int(number)) if _is_number(number) else None
        if row is None:
            raise HTTPException(404)
        return encoded(b'{"data":' + self._orders.array([row]) + b"}")

    async def statistics(self, _request: Request) -> Response:
        return answer({"data": statistics(self._checklists, self._orders)})

    async def test_results(self, request: Request) -> Response:
        row = self._find(request)
        return answer({"data": test_results(self._company, row_id(row))})

    def _find(self, request: Request) -> Row:
        """The checklist with this id or serial number. Case and outer blanks don't count, as in MySQL."""
        wanted: str = request.path_params["id"]
        row = self._checklists.get(int(wanted)) if _is_number(wanted) else None
        row = row or self._by_serial.get(_as_searched(wanted))
        if row is None:
            raise HTTPException(404)
        return row


def _keyed(act: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        sent = request.headers.get("authorization", "")
        if not compare_digest(sent.encode(), f"Bearer {API_KEY}".encode()):
            raise HTTPException(401)
        return await act(request)

    return guarded


async def _refusal(_request: Request, exc: Exception) -> Response:
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    body = {"message": _WORDS.get(status, "Error"), "status_code": status}
    response = encoded(msgspec.json.encode(body), status=status)
    if isinstance(exc, HTTPException) and exc.headers:
        response.headers.update(exc.headers)
    return response


def _page(request: Request, table: Table) -> Response:
    page = _positive(request, "page", 1)
    size = min(_positive(request, "page_size", DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE)
    rows = list(table)[(page - 1) * size : page * size]
    return encoded(b'{"data":' + table.array(rows) + b"}")


def _positive(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if _is_number(text) and int(text) > 0 else default


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _as_searched(serial: str) -> str:
    return serial.strip().casefold()
