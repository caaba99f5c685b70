"""The way into the sandbox's Halo: tokens, permissions, rate limit, paths in any case."""

import hashlib
import math
from collections import OrderedDict, deque
from collections.abc import Callable
from urllib.parse import parse_qs

import msgspec
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.sandbox.answers import read_body

Clock = Callable[[], float]

CLIENT_ID = "6f0c1c2e-sandbox-4d1b-9a44-brambling"
CLIENT_SECRET = "sandbox-5e3e84c7-b0f6-halo-client-secret"  # noqa: S105 - made up, opens nothing
TENANT = "brambling"
TOKEN_SECONDS = 3600
MOST_TOKENS = 1000
MINUTE = 60.0

_AREAS = {
    "asset": "assets", "assettype": "assets", "assetgroup": "assets", "assetchange": "assets",
    "meterreading": "assets", "assetsoftware": "software", "devicelicence": "software",
    "softwarelicence": "software", "softwarelicencerole": "software", "licencechange": "software",
    "licenseinfo": "admin", "certificate": "admin", "tickets": "tickets", "site": "customers",
    "client": "customers", "users": "customers", "clientcontract": "contracts", "supplier": "suppliers",
}  # fmt: skip


def answer(body: object, status: int = 200) -> Response:
    """A JSON answer as Halo sends it."""
    return Response(msgspec.json.encode(body), status, media_type="application/json; charset=utf-8")


class Tokens:
    """The access tokens that were given out, the scope of each, and when it ends."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._given: OrderedDict[str, tuple[float, frozenset[str]]] = OrderedDict()
        self._count = 0

    def give(self, scope: str) -> str:
        """A new token. Each call gives another one; the oldest are forgotten."""
        self._count += 1
        token = "halo-" + hashlib.sha256(f"{self._count}:{CLIENT_SECRET}".encode()).hexdigest()
        self._given[token] = (self._clock() + TOKEN_SECONDS, frozenset(scope.split()))
        while len(self._given) > MOST_TOKENS:
            self._given.popitem(last=False)
        return token

    def scopes(self, token: str) -> frozenset[str]:
        """What the token is good for; nothing where it is unknown, too old or came without a scope."""
        until, scopes = self._given.get(token, (0.0, frozenset()))
        return scopes if self._clock() < until else frozenset()


def allows(scopes: frozenset[str], resource: str, method: str) -> bool:
    """Whether these scopes allow this: `all` does everything, `all:standard` all but administration."""
    area = _AREAS.get(resource)
    if area is None or scopes & {"all", "admin"}:
        return True
    if area == "admin":
        return False
    verb = "read" if method in {"GET", "HEAD"} else "edit"
    return bool(scopes & {"all:standard", f"{verb}:{area}", f"edit:{area}"})


class Door:
    """Lets a request for /api pass with a good token only, its path in any case."""

    def __init__(
        self, app: ASGIApp, *, tokens: Tokens, clock: Clock, per_minute: int | None, retry_after: bool
    ) -> None:
        self.app = app
        self.tokens = tokens
        self.clock = clock
        self.per_minute = per_minute
        self.retry_after = retry_after
        self._recent: deque[float] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401, 403 or 429, or hand on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"].lower().rstrip("/") or "/"
        scope = {**scope, "path": path}
        refusal = self._refusal(path, scope) if path.startswith("/api/") and path != "/api/authinfo" else None
        await (refusal or self.app)(scope, receive, send)

    def _refusal(self, path: str, scope: Scope) -> Response | None:
        kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        scopes = self.tokens.scopes(token.strip()) if kind.lower() == "bearer" else frozenset()
        if not scopes:
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        wait = self._wait()
        if wait:
            return Response(status_code=429, headers={"Retry-After": str(wait)} if self.retry_after else None)
        if not allows(scopes, path.split("/")[2], scope["method"]):
            return Response(status_code=403)
        return None

    def _wait(self) -> int:
        """Seconds until a call is free again; 0 when one is, which is then used."""
        if self.per_minute is None:
            return 0
        now = self.clock()
        while self._recent and now - self._recent[0] >= MINUTE:
            self._recent.popleft()
        if len(self._recent) >= self.per_minute:
            return max(1, math.ceil(MINUTE - (now - self._recent[0]))) if self._recent else int(MINUTE)
        self._recent.append(now)
        return 0


def auth_info(request: Request) -> Response:
    """Where tokens are to be had: the authorisation server's address, to which a client adds `/token`."""
    root = str(request.base_url).rstrip("/")
    return answer({"auth_url": f"{root}/auth", "tenant_id": TENANT, "name": "HaloPSA", "hosted": True})


def token_endpoint(tokens: Tokens) -> Callable[[Request], object]:
    """The endpoint that gives tokens for client credentials, form-encoded."""

    async def give(request: Request) -> Response:
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return answer(
                {"error": "invalid_request", "error_description": "The content type is not valid."}, 400
            )
        form = {
            name: values[-1]
            for name, values in parse_qs((await read_body(request)).decode("latin-1")).items()
        }
        tenant = request.query_params.get("tenant") or form.get("tenant") or TENANT
        if tenant != TENANT:
            return HTMLResponse("<html><body><h1>500 - Internal server error.</h1></body></html>", 500)
        if form.get("grant_type") != "client_credentials":
            return answer(
                {"error": "unsupported_grant_type", "error_description": "The grant type is not valid."}, 400
            )
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return answer(
                {"error": "invalid_client", "error_description": "The client credentials are not valid."}, 401
            )
        scope = form.get("scope", "")
        return answer(
            {
                "scope": scope,
                "token_type": "Bearer",
                "access_token": tokens.give(scope),
                "expires_in": TOKEN_SECONDS,
                "id_token": None,
                "refresh_token": None,
            }
        )

    return give
