"""Tether's sign-in in the sandbox: a form-encoded login, tokens for seven days, a tenant for each host."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.sandbox.answers import answer, read_body
from gateway.sandbox.table import Row
from gateway.sandbox.vendors.tether.rows import ADMIN_NAME

ROOT_HOST = "atechsolutions.org"
SLUG = "brambling"
TOKEN_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, kw_only=True)
class Login:
    """Somebody who may sign in."""

    number: int
    email: str
    password: str
    name: str
    role: str  # "msp_admin" sees all tenants from the root host | "tenant_admin" sees one


CLIENT = Login(
    number=5,
    email="gateway@brambling.example",
    password="heather-linnet-4417",  # noqa: S106 - made up, for the sandbox alone
    name="Asset Gateway",
    role="tenant_admin",
)
MSP = Login(
    number=1,
    email="admin@atech.example",
    password="goldfinch-thistle-9032",  # noqa: S106 - as above
    name=ADMIN_NAME,
    role="msp_admin",
)


class _Claims(msgspec.Struct, frozen=True):
    sub: str
    role: str
    exp: int  # seconds since 1970


def invalid(*faults: tuple[str, str, str]) -> HTTPException:
    """422 as FastAPI words it. A fault is where (`body.name`), its type and its message."""
    detail = [{"type": kind, "loc": where.split("."), "msg": message} for where, kind, message in faults]
    return HTTPException(422, detail=msgspec.json.encode(detail).decode())


class SignIn:
    """Makes and checks tokens for one installation."""

    def __init__(self, *, secret: str, clock: Callable[[], float]) -> None:
        self._secret = secret.encode()
        self._clock = clock

    async def login(self, request: Request) -> Response:
        """Trade an e-mail and a password, form encoded, for a token."""
        tenant_of(request)
        form: dict[str, list[str]] = {}
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            form = parse_qs((await read_body(request)).decode("utf-8", "replace"))
        missing = [name for name in ("username", "password") if name not in form]
        if missing:
            raise invalid(*((f"body.{name}", "missing", "Field required") for name in missing))
        for login in (CLIENT, MSP):
            if form["username"][0].casefold() == login.email and form["password"][0] == login.password:
                return answer({"access_token": self._token(login), "token_type": "bearer"})
        raise HTTPException(401, detail="Incorrect email or password", headers={"WWW-Authenticate": "Bearer"})

    def check(self, request: Request) -> Login:
        """Who sends this request; 401 without a token that holds, 403 for somebody else's tenant."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        login = self._holder(token.strip()) if scheme.lower() == "bearer" else None
        if login is None:
            raise HTTPException(
                401, detail="Could not validate credentials", headers={"WWW-Authenticate": "Bearer"}
            )
        slug = tenant_of(request)
        if slug is None and login.role != MSP.role:
            raise HTTPException(403, detail="Tenant scope required: use your tenant's own address")
        return login

    def _token(self, login: Login) -> str:
        head = _part(msgspec.json.encode({"alg": "HS256", "typ": "JWT"}))
        until = int(self._clock()) + TOKEN_SECONDS
        body = _part(msgspec.json.encode(_Claims(sub=login.email, role=login.role, exp=until)))
        return f"{head}.{body}.{self._signature(f'{head}.{body}')}"

    def _holder(self, token: str) -> Login | None:
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return None
        claims = msgspec.json.decode(urlsafe_b64decode(signed.partition(".")[2] + "=="), type=_Claims)
        if claims.exp <= self._clock():
            return None
        return next(login for login in (CLIENT, MSP) if login.email == claims.sub)

    def _signature(self, text: str) -> str:
        return _part(hmac.new(self._secret, text.encode(), hashlib.sha256).digest())


def _part(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def tenant_of(request: Request) -> str | None:
    """The tenant's slug from the Host header; None on the root host. 400 for any other host."""
    host = request.headers.get("host", "").partition(":")[0].lower()
    if host == ROOT_HOST:
        return None
    slug, _, domain = host.partition(".")
    if domain != ROOT_HOST or slug != SLUG:
        raise HTTPException(400, detail="No tenant is known at this host")
    return slug


def me(login: Login, company: str) -> Row:
    """The signed-in user, as `/api/auth/me` tells it."""
    tenant = None if login.role == MSP.role else {"slug": SLUG, "name": company}
    return {
        "id": login.number,
        "email": login.email,
        "name": login.name,
        "role": login.role,
        "tenant": tenant,
    }
