"""Callers by their keys, in headers of a request and by themselves."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.access import Authenticator
from gateway.cli.demo_caller import KEY, with_second_caller
from gateway.edge.middleware.auth import Authenticate, caller_of
from gateway.settings import AuthSettings, KeySettings, RoleSettings, Settings


def key(name: str, text: str, *roles: str, expires: datetime | None = None) -> KeySettings:
    return KeySettings(name, hashlib.sha256(text.encode()).digest(), roles, expires)


def authenticator(
    *keys: KeySettings, api_keys: tuple[str, ...] = (), roles: Sequence[str] = (), now: float = 0
) -> Authenticator:
    settings = Settings(auth=AuthSettings(api_keys, keys), roles=tuple(map(RoleSettings, roles)))
    return Authenticator(settings, now=lambda: now)


def test_a_named_key_has_its_name_and_roles() -> None:
    callers = authenticator(key("bi", "one", "report"), key("desk", "two", "desk"), roles=["desk", "report"])
    caller = callers.identify("one")
    assert caller is not None
    assert (caller.name, caller.roles, caller.is_unrestricted) == ("bi", ("report",), False)
    assert callers.identify("three") is None
    assert callers.identify("") is None
    assert callers.anonymous is None


def test_while_a_key_is_rotated_its_caller_stays_the_same() -> None:
    callers = authenticator(key("bi", "old"), key("bi", "new"), key("desk", "other"))
    assert callers.identify("old") == callers.identify("new") != callers.identify("other")


def test_a_key_ends_at_its_moment() -> None:
    end = datetime(2027, 1, 1, tzinfo=UTC)
    late = key("bi", "one", expires=end)
    assert authenticator(late, now=end.timestamp() - 1).identify("one") is not None
    assert authenticator(late, now=end.timestamp()).identify("one") is None


def test_without_roles_of_its_own_a_key_has_the_default_role_or_none() -> None:
    for configured, roles, unrestricted in (
        ([], (), True),
        (["desk"], (), False),
        (["default", "desk"], ("default",), False),
    ):
        caller = authenticator(key("bi", "one"), roles=configured).identify("one")
        assert caller is not None
        assert (caller.roles, caller.is_unrestricted) == (roles, unrestricted)
        anonymous = authenticator(roles=configured).anonymous
        assert anonymous is not None
        assert (anonymous.roles, anonymous.is_unrestricted) == (roles, unrestricted)


def test_keys_without_a_name_may_do_all() -> None:
    callers = authenticator(key("bi", "one"), api_keys=("a", "b"), roles=["desk"])
    first, second = callers.identify("a"), callers.identify("b")
    assert first is not None
    assert second is not None
    assert (first.name, second.name) == ("api-key-1", "api-key-2")
    assert first.is_unrestricted
    assert first.digest != second.digest


def test_the_demo_admits_who_sends_no_key() -> None:
    open_settings = Settings(auth=AuthSettings())
    demo = with_second_caller(open_settings)
    callers = Authenticator(demo)
    desk = callers.identify(KEY)
    assert desk is not None
    assert (desk.roles, desk.is_unrestricted) == (("desk",), False)
    assert callers.anonymous is not None
    assert callers.anonymous.is_unrestricted
    assert callers.refuses_unknown
    for own in (Settings(auth=AuthSettings(("k",))), Settings(roles=(RoleSettings("a"),))):
        assert with_second_caller(own) is own


@pytest.mark.parametrize("header", ["authorization", "x-api-key"])
async def test_the_caller_is_on_the_request(header: str) -> None:
    async def name(request: Request) -> JSONResponse:
        return JSONResponse(caller_of(request.scope).name)

    app = Starlette(
        routes=[Route("/", name)],
        middleware=[Middleware(Authenticate, authenticator=authenticator(key("bi", "one")))],
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        bearer = "Bearer " if header == "authorization" else ""
        assert (await client.get("/", headers={header: f"{bearer}one"})).json() == "bi"
        assert (await client.get("/", headers={header: f"{bearer}two"})).status_code == 401
