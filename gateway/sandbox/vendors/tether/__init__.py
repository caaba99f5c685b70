"""Tether's API as the sandbox serves it: bare arrays, a tenant for each host, FastAPI's errors."""

import time
from collections.abc import Awaitable, Callable

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.sandbox.answers import answer, encoded
from gateway.sandbox.company import Company
from gateway.sandbox.table import Row, Table, row_id
from gateway.sandbox.vendors.tether.bodies import asset_fields, read_object
from gateway.sandbox.vendors.tether.csv_files import import_csv, written_csv
from gateway.sandbox.vendors.tether.qr import qr_png
from gateway.sandbox.vendors.tether.sign_in import (
    CLIENT,
    ROOT_HOST,
    SLUG,
    Login,
    SignIn,
    invalid,
    me,
    tenant_of,
)
from gateway.sandbox.vendors.tether.store import Store

HOST = f"{SLUG}.{ROOT_HOST}"
SPARE_ASSETS = 1000  # how many more than at the start the plan allows

_Act = Callable[[Request, Login], Awaitable[Response]]


def settings(base_url: str) -> dict[str, str]:
    """The gateway's settings of a source for the part that is served at `base_url`."""
    return {
        "VENDOR": "tether",
        "BASE_URL": f"{base_url}/api",
        "USERNAME": CLIENT.email,
        "PASSWORD": CLIENT.password,
        "HOST": HOST,
    }


def create_app(
    company: Company, *, asset_limit: int | None = None, clock: Callable[[], float] = time.time
) -> Starlette:
    """
    The company's tenant. `asset_limit` is what its plan allows (default: 1000 more than there are); `clock`
    tells the seconds by which tokens age.
    """
    known = sum("tether" in device.vendors for device in company.devices)
    store = Store(company, known + SPARE_ASSETS if asset_limit is None else asset_limit)
    tenant = _Tenant(company, store, SignIn(secret=f"tether/{company.seed}", clock=clock))
    app = Starlette(routes=tenant.routes(), exception_handlers={HTTPException: _refusal})
    app.router.redirect_slashes = False
    return app


class _Tenant:
    def __init__(self, company: Company, store: Store, sign_in: SignIn) -> None:
        self._company = company
        self._store = store
        self._sign_in = sign_in

    def routes(self) -> list[Route]:
        store = self._store
        signed_in: tuple[tuple[str, str, _Act], ...] = (
            ("GET", "/auth/me", self.me),
            ("GET", "/assets", self.find),
            ("POST", "/assets", self.create),
            ("GET", "/assets/export/csv", self.export),
            ("POST", "/assets/import/csv", self.take_in),
            ("GET", "/assets/{id}", self.get),
            ("PUT", "/assets/{id}", self.replace),
            ("DELETE", "/assets/{id}", self.delete),
            ("POST", "/assets/{id}/checkout", self.check_out),
            ("POST", "/assets/{id}/checkin", self.check_in),
            ("GET", "/assets/{id}/history", self.history),
        )
        routes = [
            Route("/api/auth/login", self._sign_in.login, methods=["POST"]),
            Route("/api/assets/{id}/qr", self.qr, methods=["GET"]),
        ]
        routes += [Route(f"/api{path}", self._for(act), methods=[verb]) for verb, path, act in signed_in]
        for name, table in (
            ("categories", store.categories),
            ("locations", store.locations),
            ("employees", store.employees),
        ):

            async def all_rows(request: Request, _login: Login, table: Table = table) -> Response:
                return encoded(table.array() if _in_scope(request) else b"[]")

            routes.append(Route(f"/api/{name}", self._for(all_rows), methods=["GET"]))
        return routes

    def _for(self, act: _Act) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            return await act(request, self._sign_in.check(request))

        return guarded

    async def me(self, _request: Request, login: Login) -> Response:
        return answer(me(login, self._company.name))

    async def find(self, request: Request, _login: Login) -> Response:
        rows = self._store.find(request.query_params) if _in_scope(request) else ()
        return encoded(self._store.assets.array(rows))

    async def get(self, request: Request, _login: Login) -> Response:
        return self._one(self._store.asset(_number(request)))

    async def create(self, request: Request, _login: Login) -> Response:
        return self._one(self._store.create(asset_fields(await read_object(request), whole=False)))

    async def replace(self, request: Request, _login: Login) -> Response:
        number = _number(request)
        self._store.asset(number)
        return self._one(self._store.replace(number, asset_fields(await read_object(request), whole=True)))

    async def delete(self, request: Request, _login: Login) -> Response:
        self._store.delete(_number(request))
        return answer({"message": "Asset deleted"})

    async def check_out(self, request: Request, login: Login) -> Response:
        body = await read_object(request)
        employee = body.get("employee_id")
        if not isinstance(employee, int):
            raise invalid(("body.employee_id", "int_type", "Input should be a valid integer"))
        return self._one(self._store.check_out(_number(request), employee, note=_note(body), by=login.name))

    async def check_in(self, request: Request, login: Login) -> Response:
        body = await read_object(request)
        return self._one(self._store.check_in(_number(request), note=_note(body), by=login.name))

    async def history(self, request: Request, _login: Login) -> Response:
        return answer(self._store.history(_number(request)))

    async def qr(self, request: Request) -> Response:
        tenant_of(request)
        number = row_id(self._store.asset(_number(request)))
        return Response(qr_png(f"https://{HOST}/assets/{number}"), media_type="image/png")

    async def export(self, request: Request, _login: Login) -> Response:
        rows = self._store.find(request.query_params) if _in_scope(request) else ()
        attachment = {"Content-Disposition": 'attachment; filename="assets.csv"'}
        return Response(written_csv(rows), media_type="text/csv", headers=attachment)

    async def take_in(self, request: Request, _login: Login) -> Response:
        async with request.form(max_files=1, max_fields=10) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise invalid(("body.file", "missing", "Field required"))
            return answer(import_csv(self._store, await file.read()))

    def _one(self, row: Row) -> Response:
        return encoded(self._store.assets.text(row_id(row)))


def _in_scope(request: Request) -> bool:
    """Whether this request is about our tenant: by its host, or from the root host all or by `?tenant=`."""
    return tenant_of(request) == SLUG or request.query_params.get("tenant", SLUG) == SLUG


def _number(request: Request) -> int:
    text = request.path_params["id"]
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise invalid(("path.asset_id", "int_parsing", "Input should be a valid integer"))
    return int(text)


def _note(body: Row) -> str:
    note = body.get("note")
    if note is not None and not isinstance(note, str):
        raise invalid(("body.note", "string_type", "Input should be a valid string"))
    return note or ""


async def _refusal(_request: Request, exc: Exception) -> Response:
    """FastAPI's `{"detail": …}`: a list for what does not fit, else a sentence."""
    if not isinstance(exc, HTTPException):
        raise exc
    detail: object = msgspec.json.decode(exc.detail) if exc.status_code == 422 else exc.detail
    response = answer({"detail": detail}, status=exc.status_code)
    if exc.headers:
        response.headers.update(exc.headers)
    return response
