"""
Tokens: JSON Web Tokens (RFC 7519), checked as RFC 8725 advises. Only signatures by public keys count, of the issuer's
own key set; what a token's header says of keys beyond their id is not looked at.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

from gateway.access.caller import InvalidCredential
from gateway.access.oidc.key_cache import KeyCache
from gateway.settings import OidcSettings

_ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
)
#: Values of the header `typ` that an access token may have: none, `JWT`, and `at+jwt` (RFC 9068).
_TYPES = frozenset({"", "jwt", "at+jwt"})
_LEEWAY_SECONDS = 30
_MAX_CHARACTERS = 16_384
_MAX_NAME = 64
#: Claims that name a caller for people, the best first. Machines have a client's id.
_NAMES = ("preferred_username", "email", "azp", "client_id", "sub")


class TokenClaims(NamedTuple):
    """Claims of a token. `identity` is unique among all issuers; `expires` is in seconds since the epoch."""

    name: str
    identity: str
    roles: tuple[str, ...]
    expires: float


class TokenVerifier:
    """Verifier of the tokens of one issuer for one audience."""

    def __init__(
        self, settings: OidcSettings, keys: KeyCache, *, now: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._now = now
        self._registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)

    async def verify(self, token: str) -> TokenClaims:
        """The claims of a valid token. Raises InvalidCredential."""
        key_id = _key_id(token)
        keys = await self._keys.get(key_id)
        if keys is None:
            raise InvalidCredential("The token cannot be checked now: its issuer's keys cannot be read")
        key = keys.find(key_id)
        if key is None:
            raise InvalidCredential("The token is signed with a key that its issuer does not have")
        try:
            claims = jwt.decode(token, key, algorithms=_ALGORITHMS, registry=self._registry).claims
        except (JoseError, ValueError, TypeError, RecursionError) as exc:
            raise InvalidCredential("The token's signature is not valid") from exc
        self._check(claims, keys.issuer)
        return TokenClaims(
            _name(claims),
            f"oidc:{keys.issuer}:{claims['sub']}",
            _roles(claims, self._settings.roles_claim),
            float(claims["exp"]),
        )

    def _check(self, claims: dict[str, Any], issuer: str) -> None:
        """Raise InvalidCredential unless the token is for us, from our issuer, and valid now."""
        registry = jwt.JWTClaimsRegistry(
            now=int(self._now()),
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": self._settings.audience},
            sub={"essential": True},
            exp={"essential": True},
        )
        try:
            registry.validate(claims)
        except ExpiredTokenError as exc:
            raise InvalidCredential("The token has expired") from exc
        except MissingClaimError as exc:
            raise InvalidCredential("The token lacks one of the claims iss, aud, sub and exp") from exc
        except InvalidClaimError as exc:
            raise InvalidCredential(_REASONS.get(exc.claim, "A claim of the token is not valid")) from exc
        except (JoseError, ValueError, OverflowError) as exc:
            raise InvalidCredential("A claim of the token is not valid") from exc


_REASONS: Mapping[str, str] = {
    "iss": "The token is of another issuer",
    "aud": "The token is for another audience",
    "nbf": "The token is not valid yet",
    "iat": "The token is not valid yet",
}


def is_token(credential: str) -> bool:
    """
    True for text that has a JSON Web Token's form.

    >>> is_token("eyJhbGciOiJub25lIn0.e30."), is_token("a.b.c"), is_token("s3cret")
    (True, False, False)
    """
    return credential.startswith("eyJ") and credential.count(".") == 2


def _key_id(token: str) -> str | None:
    """The key's id in a token's header. Raises InvalidCredential for a header that is refused in any case."""
    if len(token) > _MAX_CHARACTERS:
        raise InvalidCredential(f"The token is longer than {_MAX_CHARACTERS} characters")
    try:
        header = msgspec.json.decode(urlsafe_b64decode(token.partition(".")[0].encode()))
    except (ValueError, RecursionError) as exc:
        raise InvalidCredential("The token's header cannot be read") from exc
    if not isinstance(header, dict) or header.get("alg") not in _ALGORITHMS:
        raise InvalidCredential(f"The token's algorithm is not one of {', '.join(_ALGORITHMS)}")
    type_ = header.get("typ") or ""
    if not isinstance(type_, str) or type_.lower().removeprefix("application/") not in _TYPES:
        raise InvalidCredential("The token is of a type that is no access token's")
    key_id = header.get("kid")
    if not isinstance(key_id, str | None):
        raise InvalidCredential("The token's header cannot be read")
    return key_id


def _name(claims: Mapping[str, Any]) -> str:
    """The caller's name for people, marked as a token's: it is the issuer's word, and no configured key's name."""
    texts = (claims.get(name) for name in _NAMES)
    name = next(text for text in texts if isinstance(text, str) and text.strip())
    return f"oidc:{''.join(letter if letter.isprintable() else '?' for letter in name.strip())[:_MAX_NAME]}"


def _roles(claims: Mapping[str, Any], claim: str) -> tuple[str, ...]:
    """
    The roles in a claim: a list, or text with blanks between. A name with dots may be a path, as Keycloak's is.

    >>> _roles({"roles": ["desk", 3]}, "roles"), _roles({"scope": "desk report"}, "scope")
    (('desk',), ('desk', 'report'))
    >>> _roles({"realm_access": {"roles": ["desk"]}}, "realm_access.roles")
    ('desk',)
    """
    value: Any = claims.get(claim)
    if value is None:
        value = claims
        for segment in claim.split("."):
            value = value.get(segment) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(role for role in value if isinstance(role, str)) if isinstance(value, list) else ()
