"""Revnue's API over the made-up company's data: what its documentation says, its oddities included."""

import math
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from secrets import compare_digest

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from gateway.sandbox import Company
from gateway.sandbox.answers import answer, read_body
from gateway.sandbox.vendors.revnue import lists, words, writes
from gateway.sandbox.vendors.revnue.account import Account, Row
from gateway.sandbox.vendors.revnue.lists import Envelope

TOKEN = "revnue-sandbox-c41fZ0aYt7Lw2QmB9sKd"  # noqa: S105 - made up, opens nothing
MINUTE = 60.0

Act = Callable[[Request], Awaitable[Response]]


def settings(base_url: str) -> dict[str, str]:
    """What a gateway's source needs to read this sandbox, served at `base_url`."""
    return {
        "VENDOR": "revnue",
        "BASE_URL": f"{base_url}/api/v2",
        "TOKEN": TOKEN,
        "COMPANY": str(words.COMPANY_ID),
        "RATE_PER_MINUTE": "600",
    }


def create_app(
    company: Company,
    *,
    envelope: Envelope = "array",
    per_minute: int = 600,
    page_size: int = 100,
    clock: Callable[[], float] = time.monotonic,
) -> Starlette:
    """
    One Revnue account, whose changes live as long as the app.

    `envelope` is what lists come in: the documents do not say. More than `per_minute` calls are
    answered by 429. `clock` gives seconds.
    """
    api = _Api(
        account=Account(company), envelope=envelope, per_minute=per_minute, page_size=page_size, clock=clock
    )
    app = Starlette(
        routes=[Mount("/api/v2", routes=api.routes())],
        exception_handlers={HTTPException: _refused, writes.Invalid: _invalid},
    )
    app.router.redirect_slashes = False
    return app


async def _refused(_request: Request, exc: Exception) -> Response:
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    headers = exc.headers if isinstance(exc, HTTPException) else None
    words = {404: "Not found.", 405: f'Method "{_request.method}" not allowed.'}
    detail = words.get(status) or (exc.detail if isinstance(exc, HTTPException) else "")
    response = answer({"detail": detail}, status=status)
    response.headers.update(headers or {})
    return response


async def _invalid(_request: Request, exc: Exception) -> Response:
    return answer(exc.faults if isinstance(exc, writes.Invalid) else {}, status=400)


@dataclass(kw_only=True)
class _Api:
    """The endpoints, behind the token, the company and the rate limit of the account."""

    account: Account
    envelope: Envelope
    per_minute: int
    page_size: int
    clock: Callable[[], float]
    recent: deque[float] = field(default_factory=deque)

    def routes(self) -> list[Route]:
        """The addresses. `/asset` answers with and without its slash; every other GET needs the slash."""
        records = (
            ("asset", self.asset_list, self.asset_one, writes.save_asset),
            ("contract", self.contract_list, self.contract_one, writes.save_contract),
        )
        found = []
        for name, many, one, save in records:
            create, replace = partial(self.create, name, save), partial(self.replace, name, save)
            delete = partial(self.delete, name)
            bare: dict[str, Act] = {"GET": many if name == "asset" else _with_slash, "POST": create}
            found += [
                self._route(f"/{name}", bare),
                self._route(f"/{name}/", {"GET": many, "POST": create}),
                self._route(f"/{name}/{{id:int}}", {"GET": _with_slash, "PUT": replace, "DELETE": delete}),
                self._route(f"/{name}/{{id:int}}/", {"GET": one, "PUT": replace, "DELETE": delete}),
            ]
        plain: tuple[tuple[str, Callable[[], list[Row]]], ...] = (
            ("customer", lists.customers),
            ("custom-form-template", lists.forms),
            ("company", partial(lists.companies, self.account)),
        )
        for name, rows in plain:
            found += [
                self._route(f"/{name}", {"GET": _with_slash}),
                self._route(f"/{name}/", {"GET": partial(self.plain_list, rows)}),
                self._route(f"/{name}/{{id:int}}", {"GET": _with_slash}),
                self._route(f"/{name}/{{id:int}}/", {"GET": partial(self.plain_one, rows)}),
            ]
        return found

    def _route(self, path: str, acts: dict[str, Act]) -> Route:
        async def endpoint(request: Request) -> Response:
            act = acts["GET" if request.method == "HEAD" else request.method]
            if act is not _with_slash:
                self.check(request)
            return await act(request)

        return Route(path, endpoint, methods=list(acts))

    def check(self, request: Request) -> None:
        """Refuse a wrong token with 401, and more calls than the account may make with 429."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or not compare_digest(token.encode(), TOKEN.encode()):
            detail = "Invalid token." if token else "Authentication credentials were not provided."
            raise HTTPException(401, detail, headers={"WWW-Authenticate": "Bearer"})
        now = self.clock()
        while self.recent and now - self.recent[0] >= MINUTE:
            self.recent.popleft()
        if len(self.recent) >= self.per_minute:
            wait = max(1, math.ceil(MINUTE - (now - self.recent[0])) if self.recent else int(MINUTE))
            unit = "second" if wait == 1 else "seconds"
            detail = f"Request was throttled. Expected available in {wait} {unit}."
            raise HTTPException(429, detail, headers={"Retry-After": str(wait)})
        self.recent.append(now)

    async def asset_list(self, request: Request) -> Response:
        """The assets; `serial_number=list` is a magic value that gives the serial numbers alone."""
        _company(request.query_params.get("company"))
        if request.query_params.get("serial_number") == "list":
            return answer([row["serial_number"] for row in self.account.assets.values()])
        rows = lists.assets(self.account, request.query_params)
        asked = request.query_params.get("req")
        return self._listed(request, [lists.part(self.account.asset(row), asked) for row in rows])

    async def asset_one(self, request: Request) -> Response:
        """One asset, or the part of it that `req` asks for."""
        _company(request.query_params.get("company"))
        row = _found(self.account.assets, request.path_params["id"])
        return answer(lists.part(self.account.asset(row), request.query_params.get("req")))

    async def contract_list(self, request: Request) -> Response:
        """The contracts, by a part of their name or by their number."""
        _company(request.query_params.get("company"))
        name = request.query_params.get("name", "").lower()
        number = request.query_params.get("contract_no")
        rows = [row for row in self.account.contracts.values() if name in str(row["name"]).lower()]
        if number:
            rows = [row for row in rows if row["number"] == number]
        return self._listed(request, [self.account.contract(row) for row in rows])

    async def contract_one(self, request: Request) -> Response:
        """One contract."""
        _company(request.query_params.get("company"))
        return answer(self.account.contract(_found(self.account.contracts, request.path_params["id"])))

    async def plain_list(self, rows: Callable[[], list[Row]], request: Request) -> Response:
        """A list that knows no filter. The companies are listed without naming one."""
        if not request.url.path.endswith("/company/"):
            _company(request.query_params.get("company"))
        return self._listed(request, rows())

    async def plain_one(self, rows: Callable[[], list[Row]], request: Request) -> Response:
        """One row of such a list."""
        if not request.url.path.rpartition("/company/")[1]:
            _company(request.query_params.get("company"))
        return answer(_found({row["id"]: row for row in rows()}, request.path_params["id"]))

    async def create(self, name: str, save: Callable[[Account, object], Row], request: Request) -> Response:
        """Keep a new record."""
        body = await _body(request)
        row = save(self.account, body)
        return answer(self._shown(name, row), status=201)

    async def replace(
        self, name: str, save: Callable[[Account, object, int | None], Row], request: Request
    ) -> Response:
        """Put a record in the place of the one with this id."""
        body = await _body(request)
        key = _found(self._records(name), request.path_params["id"])["id"]
        return answer(self._shown(name, save(self.account, body, key)))

    async def delete(self, name: str, request: Request) -> Response:
        """Forget a record."""
        _company(request.query_params.get("company"))
        records = self._records(name)
        del records[_found(records, request.path_params["id"])["id"]]
        return Response(status_code=204)

    def _records(self, name: str) -> dict[int, Row]:
        return self.account.assets if name == "asset" else self.account.contracts

    def _shown(self, name: str, row: Row) -> Row:
        return self.account.asset(row) if name == "asset" else self.account.contract(row)

    def _listed(self, request: Request, rows: list[Row]) -> Response:
        return answer(lists.wrapped(rows, request, envelope=self.envelope, page_size=self.page_size))


async def _with_slash(request: Request) -> Response:
    """Django's redirect of a GET without its slash."""
    return RedirectResponse(request.url.replace(path=request.url.path + "/"), 301)


async def _body(request: Request) -> object:
    try:
        body = msgspec.json.decode(await read_body(request))
    except msgspec.DecodeError as exc:
        raise HTTPException(400, "JSON parse error") from exc
    named = body.get("company") if isinstance(body, dict) else None
    _company(request.query_params.get("company") or named)
    return body


def _company(value: object) -> None:
    """Refuse a call that does not name the account's company."""
    if value is None or value == "":
        raise HTTPException(400, "company is required")
    if str(value) != str(words.COMPANY_ID):
        raise HTTPException(401, "You do not have permission to perform this action.")


def _found(records: dict[int, Row], key: int) -> Row:
    if key not in records:
        raise HTTPException(404)
    return records[key]
