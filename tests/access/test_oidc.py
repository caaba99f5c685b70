"""Tokens of an OpenID Connect issuer: ours, over a socket, with keys that rotate."""

import asyncio
import base64
import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, RSAKey
from joserfc.jws import JWSRegistry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.access import Authenticator
from gateway.edge.middleware.auth import Authenticate, caller_of
from gateway.settings import AuthSettings, OidcSettings, RoleSettings, Settings
from gateway.upstream.transport.direct import DirectTransport
from tests.support.issuer import AUDIENCE, Issuer, Reply, running_issuer


class Front:
    """The gateway's front: a request with a credential, and the name and roles of its caller."""

    def __init__(self, issuer: Issuer) -> None:
        settings = Settings(
            auth=AuthSettings(oidc=OidcSettings(issuer.url, AUDIENCE), api_keys=("key",)),
            roles=(RoleSettings("desk"), RoleSettings("report")),
        )
        self.now = 1000.0
        self.transport = DirectTransport()
        self.authenticator = Authenticator(settings, transport=self.transport)
        assert self.authenticator._tokens is not None
        self.authenticator._tokens._keys._now = lambda: self.now
        middleware = [Middleware(Authenticate, authenticator=self.authenticator)]
        app = Starlette(routes=[Route("/", self._caller)], middleware=middleware)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")

    @staticmethod
    async def _caller(request: Request) -> JSONResponse:
        caller = caller_of(request.scope)
        return JSONResponse([caller.name, *caller.roles])

    async def get(self, token: str, scheme: str = "Bearer") -> httpx.Response:
        return await self.client.get("/", headers={"authorization": f"{scheme} {token}"})

    async def close(self) -> None:
        await self.client.aclose()
        await self.authenticator.close()
        await self.transport.close()


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with running_issuer() as running:
        yield running


@pytest.fixture
async def front(issuer: Issuer) -> AsyncIterator[Front]:
    opened = Front(issuer)
    try:
        yield opened
    finally:
        await opened.close()


async def test_a_token_brings_its_caller_and_roles(front: Front, issuer: Issuer) -> None:
    token = issuer.token(preferred_username="alice@acme", roles=["desk", "unknown"])
    assert (await front.get(token)).json() == ["oidc:alice@acme", "desk"]
    basic = base64.b64encode(f"user:{token}".encode()).decode()
    assert (await front.get(basic, "Basic")).json() == ["oidc:alice@acme", "desk"]
    assert (await front.get("key")).json() == ["api-key-1"]
    assert issuer.requests == ["/.well-known/openid-configuration", "/keys"]


async def test_what_a_header_may_say_else(front: Front, issuer: Issuer) -> None:
    assert (await front.get(with_header(issuer, typ="at+JWT", x5t="x", nonce="n"))).status_code == 200


async def test_a_checked_token_is_known_until_it_expires(front: Front, issuer: Issuer) -> None:
    token = issuer.token()
    assert (await front.get(token)).status_code == 200
    front.authenticator._tokens._verifier = None  # type: ignore[union-attr]
    assert (await front.get(token)).status_code == 200
    assert token not in repr(vars(front.authenticator._tokens))


def hs256_with_the_public_key(issuer: Issuer) -> str:
    pem = issuer.keys["first"].as_bytes(private=False)
    head, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in (
            {"alg": "HS256", "kid": "first"},
            {"iss": issuer.url, "aud": AUDIENCE, "sub": "eve", "exp": time.time() + 60},
        )
    )
    key = OctKey.import_key(base64.urlsafe_b64encode(pem).decode())
    signed = jwt.encode(
        {"alg": "HS256", "kid": "first"}, {"iss": issuer.url, "aud": AUDIENCE, "sub": "e"}, key
    )
    return f"{head.decode()}.{body.decode()}.{signed.rpartition('.')[2]}"


def unsigned(issuer: Issuer) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    return f"{head}.{issuer.token().split('.')[1]}."


def of_another_key(issuer: Issuer, **header: Any) -> str:
    key = ECKey.generate_key("P-256")
    claims = {"iss": issuer.url, "aud": AUDIENCE, "sub": "eve", "exp": int(time.time()) + 60}
    return jwt.encode({"alg": "ES256", "kid": "first", **header}, claims, key)


def with_header(issuer: Issuer, **header: Any) -> str:
    head = json.dumps({"alg": "ES256", "kid": "first", **header}).encode()
    signed = f"{base64.urlsafe_b64encode(head).decode().rstrip('=')}.{issuer.token().split('.')[1]}"
    signature = JWSRegistry.algorithms["ES256"].sign(signed.encode(), issuer.keys["first"])
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def spoilt(token: str) -> str:
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    body = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "root"}).encode()).decode().rstrip("=")
    return f"{head}.{body}.{signature}"


BAD = {
    "none": (unsigned, "algorithm"),
    "HS256": (hs256_with_the_public_key, "algorithm"),
    "another key": (of_another_key, "signature"),
    "its own key": (lambda i: of_another_key(i, jwk={"kty": "oct", "k": "eA"}), "signature"),
    "changed": (lambda i: spoilt(i.token()), "signature"),
    "no signature": (lambda i: i.token().rpartition(".")[0] + ".", "signature"),
    "no header": (lambda _: "eyJ.e30.x", "header"),
    "unknown kid": (lambda i: of_another_key(i, kid="unknown"), "does not have"),
    "numeric kid": (
        lambda i: base64.urlsafe_b64encode(b'{"alg":"ES256","kid":1}').decode() + i.token()[-99:],
        "",
    ),
    "critical": (lambda i: with_header(i, crit=["x"], x=1), "signature"),
    "logout": (lambda i: i.token(header={"typ": "logout+jwt"}), "type"),
    "64 KB": (lambda i: i.token(padding="x" * 48_000), "longer"),
    "expired": (lambda i: i.token(exp=int(time.time()) - 60), "expired"),
    "never expires": (lambda i: i.token(exp=None), "lacks"),
    "strange expiry": (lambda i: i.token(exp="soon"), "claim"),
    "not yet valid": (lambda i: i.token(nbf=int(time.time()) + 120), "not valid yet"),
    "issued later": (lambda i: i.token(iat=int(time.time()) + 120), "not valid yet"),
    "another issuer": (lambda i: i.token(iss="https://login.example"), "another issuer"),
    "another audience": (lambda i: i.token(aud=["other"]), "another audience"),
    "no audience": (lambda i: i.token(aud=None), "lacks"),
    "nobody": (lambda i: i.token(sub=None), "lacks"),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_token_is_refused(
    front: Front, issuer: Issuer, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    make, reason = BAD[name]
    token = make(issuer)
    caplog.set_level(logging.DEBUG)
    for _ in range(2):
        answer = await front.get(token)
        assert answer.status_code == 401
        (error,) = answer.json()["errors"]
        assert error["extensions"] == {"code": "UNAUTHENTICATED"}
        assert reason in error["message"]
        assert answer.headers["www-authenticate"].startswith("Bearer")
    for text in (answer.text, caplog.text):
        assert not any(part in text for part in token.split(".") if len(part) > 3)


async def test_weak_keys_and_keys_for_other_ends_are_not_used(front: Front, issuer: Issuer) -> None:
    with pytest.warns(SecurityWarning):
        weak = RSAKey.generate_key(1024, {"kid": "weak"})
    other = ECKey.generate_key("P-256")
    published = ECKey.import_key({**other.as_dict(private=False), "kid": "other", "use": "enc"})
    issuer.keys |= {"weak": weak, "other": published}
    good = issuer.token(kid="first")
    claims = {"iss": issuer.url, "aud": AUDIENCE, "sub": "eve", "exp": int(time.time()) + 60}
    for token in (
        jwt.encode({"alg": "RS256", "kid": "weak"}, claims, weak),
        jwt.encode({"alg": "ES256", "kid": "other"}, claims, other),
    ):
        assert "does not have" in (await front.get(token)).text
    assert (await front.get(good)).status_code == 200


async def test_keys_rotate_and_what_an_issuer_withdraws_no_longer_counts(
    front: Front, issuer: Issuer
) -> None:
    first = issuer.token()
    assert (await front.get(first)).status_code == 200
    issuer.rotate("second")
    second = issuer.token()
    front.now += 30
    assert (await front.get(second)).status_code == 200
    assert "does not have" in (await front.get(first)).text
    assert len(issuer.requests) == 4


async def test_a_storm_of_unknown_keys_is_one_read(front: Front, issuer: Issuer) -> None:
    assert (await front.get(issuer.token())).status_code == 200
    front.now += 30
    unknown = [of_another_key(issuer, kid=f"unknown-{number}") for number in range(200)]
    answers = await asyncio.gather(*(front.get(token) for token in unknown))
    assert {answer.status_code for answer in answers} == {401, 429}
    assert len(issuer.requests) == 4
    assert (await front.get(issuer.token())).status_code == 200


async def test_while_the_issuer_is_away_its_known_keys_stay(front: Front, issuer: Issuer) -> None:
    async def away(_: str) -> Reply:
        return 503, b""

    assert (await front.get(issuer.token())).status_code == 200
    issuer.spoil = away
    front.now += 4000
    assert (await front.get(issuer.token(sub="bob"))).status_code == 200
    assert (await front.get(of_another_key(issuer, kid="unknown"))).status_code == 401
    assert (await front.get(issuer.token(sub="carol"))).status_code == 200


async def html(_: str) -> Reply:
    return 200, b"<!doctype html><title>Sign in</title>"


async def large(_: str) -> Reply:
    return 200, b'{"keys": "' + b"x" * 600_000 + b'"}'


async def foreign(_: str) -> Reply:
    return 200, b'{"issuer": "https://login.example", "jwks_uri": "https://login.example/keys"}'


async def keyless(path: str) -> Reply | None:
    return (200, b'{"keys": [{"kty": "oct", "k": "eA", "kid": "first"}, 1]}') if path == "/keys" else None


async def slow(_: str) -> Reply | None:
    await asyncio.sleep(0.5)
    return None


@pytest.mark.parametrize("spoil", [html, large, foreign, keyless, slow])
async def test_an_issuer_that_does_not_serve_is_a_typed_refusal(
    front: Front,
    issuer: Issuer,
    spoil: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("gateway.access.oidc.issuer._SECONDS", 0.1)
    issuer.spoil = spoil
    answer = await front.get(issuer.token())
    assert answer.status_code == 401
    assert "its issuer's keys cannot be read" in answer.text
    assert "the keys of the tokens' issuer cannot be read: " in caplog.text
    issuer.spoil = None
    front.now += 5
    assert (await front.get(issuer.token())).status_code == 200


async def test_who_sends_wrong_credentials_again_and_again_is_slowed_down_and_nobody_else(
    front: Front, issuer: Issuer
) -> None:
    statuses = [(await front.get(f"wrong-{number}")).status_code for number in range(40)]
    assert statuses == [401] * 20 + [429] * 20
    refused = await front.get("wrong")
    assert refused.json()["errors"][0]["extensions"] == {"code": "RATE_LIMITED"}
    assert 0 < int(refused.headers["retry-after"]) <= 3
    assert (await front.get("key")).status_code == 200
    assert (await front.get(issuer.token())).status_code == 200
    assert (await front.client.get("/")).status_code == 401
