"""Fiwit's API as the sandbox serves it: the web application's addresses, HTML unless JSON is asked for."""

from collections.abc import Awaitable, Callable
from secrets import compare_digest
from typing import Literal

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from gateway.sandbox.answers import answer, encoded, read_body
from gateway.sandbox.company import Company
from gateway.sandbox.table import Row, Table, row_id
from gateway.sandbox.vendors.fiwit.rows import TICKET_ASSET_FIELD
from gateway.sandbox.vendors.fiwit.store import Refused, Store, found

API_KEY = "fiwit-sandbox-q8ZtPw4LhX2dVn7R"

_Act = Callable[[Request], Awaitable[Response]]

_WORDS = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    410: "Gone",
}
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Fiwit</title></head>
<body><h1>Fiwit</h1><p>Log in to see your assets and tickets.</p></body></html>
"""


def settings(base_url: str) -> dict[str, str]:
    """The gateway's settings of a source for the part that is served at `base_url`."""
    return {
        "VENDOR": "fiwit",
        "BASE_URL": base_url,
        "API_KEY": API_KEY,
        "TICKET_ASSET_FIELD": TICKET_ASSET_FIELD,
    }


def create_app(
    company: Company, *, users: Literal["json", "ruby"] = "json", swapped: bool = True
) -> Starlette:
    """
    The company's account. Fiwit's page contradicts itself, so there are variants: `users` are JSON at
    `/users` or Ruby's notation at `/teams`; asset types and fields stand at each other's address (`swapped`)
    or at their own.
    """
    account = _Account(Store(company))
    app = Starlette(
        routes=account.routes(users=users, swapped=swapped),
        exception_handlers={HTTPException: _refusal, Refused: _unprocessable},
    )
    app.router.redirect_slashes = False
    return app


class _Account:
    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self, *, users: str, swapped: bool) -> list[Route]:
        store = self._store
        lists = {
            "/assets": store.assets,
            "/asset_types": store.asset_fields if swapped else store.asset_types,
            "/asset_fields": store.asset_types if swapped else store.asset_fields,
            "/tickets": store.tickets,
            "/ticket_types": store.ticket_types,
            "/ticket_fields": store.ticket_fields,
            "/locations": store.locations,
        }
        acts: list[tuple[str, str, _Act]] = [
            ("POST", "/assets", self.create_asset),
            ("POST", "/tickets", self.create_ticket),
            ("GET", "/assets/{id}", _one(store.assets)),
            ("GET", "/tickets/{id}", _one(store.tickets)),
            ("PATCH", "/assets/{id}", self.update_asset),
            ("PATCH", "/tickets/{id}", self.update_ticket),
        ]
        acts += [("GET", path, _all(table)) for path, table in lists.items()]
        acts += (
            [("GET", "/teams", self.ruby_users)]
            if users == "ruby"
            else [("GET", "/users", _all(store.users))]
        )
        # Rails takes a trailing slash, with which the page writes its POSTs
        return [
            Route(path + end, _for_json(act), methods=[verb]) for verb, path, act in acts for end in ("", "/")
        ]

    async def create_asset(self, request: Request) -> Response:
        return self._written(self._store.write_asset(await _body(request), None), status=201)

    async def update_asset(self, request: Request) -> Response:
        old = found(self._store.assets, request.path_params["id"])
        return self._written(self._store.write_asset(await _body(request), old))

    def _written(self, row: Row, status: int = 200) -> Response:
        return answer(row | {"pairing_token": self._store.pairing_token(row_id(row))}, status=status)

    async def create_ticket(self, request: Request) -> Response:
        return answer(self._store.write_ticket(await _body(request), None), status=201)

    async def update_ticket(self, request: Request) -> Response:
        old = found(self._store.tickets, request.path_params["id"])
        return answer(self._store.write_ticket(await _body(request), old))

    async def ruby_users(self, _request: Request) -> Response:
        return PlainTextResponse(ruby(list(self._store.users)))


def _all(table: Table) -> _Act:
    async def act(_request: Request) -> Response:
        return encoded(table.array())

    return act


def _one(table: Table) -> _Act:
    async def act(request: Request) -> Response:
        return encoded(table.text(row_id(found(table, request.path_params["id"]))))

    return act


def _for_json(act: _Act) -> _Act:
    """The page for people unless JSON is asked for; then 401 unless the bare key is sent."""

    async def guarded(request: Request) -> Response:
        accepted = request.headers.get("accept", "*/*").lower()
        if "application/json" not in accepted:
            if "*/*" in accepted or "text/html" in accepted:
                return HTMLResponse(_PAGE)
            raise HTTPException(406)
        if not compare_digest(request.headers.get("authorization", "").encode(), API_KEY.encode()):
            raise HTTPException(401)
        return await act(request)

    return guarded


async def _body(request: Request) -> Row:
    try:
        content = msgspec.json.decode(await read_body(request))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise HTTPException(400) from None
    if not isinstance(content, dict):
        raise HTTPException(400)
    return content


async def _refusal(_request: Request, exc: Exception) -> Response:
    if not isinstance(exc, HTTPException):
        raise exc
    body = {"status": exc.status_code, "error": _WORDS.get(exc.status_code, exc.detail)}
    response = answer(body, status=exc.status_code)
    if exc.headers:
        response.headers.update(exc.headers)
    return response


async def _unprocessable(_request: Request, exc: Exception) -> Response:
    if not isinstance(exc, Refused):
        raise exc
    return answer(exc.errors, status=422)


def ruby(value: object) -> str:
    """
    A value as Ruby's `inspect` writes it.

    >>> print(ruby([{"id": 7, "name": None}]))
    [{"id"=>7, "name"=>nil}]
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{ruby(key)}=>{ruby(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(ruby, value)) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("#{", "\\#{") + '"'
    return "nil" if value is None else str(value)
