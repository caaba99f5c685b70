"""Issuer of tokens: its keys, read by OpenID Connect Discovery 1.0 and as a JSON Web Key Set (RFC 7517)."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey
from joserfc.util import base64_to_int

from gateway.upstream.transport.interface import (
    InvalidEncoding,
    TooLarge,
    Transport,
    TransportError,
    TransportRequest,
)

_log = logging.getLogger("gateway.access")

_DISCOVERY = "/.well-known/openid-configuration"
_SECONDS = 5.0
_MAX_BYTES = 512 * 1024
_MAX_KEYS = 100
_MIN_RSA_BITS = 2048
#: Members of a public key: a private one's others are not read.
_PUBLIC = frozenset({"kty", "kid", "use", "alg", "key_ops", "n", "e", "crv", "x", "y"})

PublicKey = RSAKey | ECKey | OKPKey


class IssuerKeys(NamedTuple):
    """The issuer's name, exactly as its tokens have it (`iss`), and its keys by id; one without an id is at None."""

    issuer: str
    by_id: Mapping[str | None, PublicKey]

    def find(self, key_id: str | None) -> PublicKey | None:
        """The key with this id; for a token that names none, the only one that there is."""
        if key_id is None and len(self.by_id) == 1:
            return next(iter(self.by_id.values()))
        return self.by_id.get(key_id)


class IssuerUnavailable(Exception):
    """The issuer's keys cannot be read. The message is ours, without anything that the issuer sent."""


async def fetch_keys(transport: Transport, issuer: str) -> IssuerKeys:
    """The issuer's keys, within a time and a size. Raises IssuerUnavailable."""
    try:
        async with asyncio.timeout(_SECONDS):
            document = await _fetch_json(transport, issuer + _DISCOVERY)
            name, address = document.get("issuer"), document.get("jwks_uri")
            if not isinstance(name, str) or name.rstrip("/") != issuer.rstrip("/"):
                raise IssuerUnavailable("its discovery document is of another issuer")
            if not isinstance(address, str) or not _is_as_safe(address, issuer):
                raise IssuerUnavailable("its discovery document has no usable jwks_uri")
            key_set = await _fetch_json(transport, address)
    except TimeoutError as exc:
        raise IssuerUnavailable(f"it did not answer within {_SECONDS:g} s") from exc
    entries = key_set.get("keys")
    if not isinstance(entries, list):
        raise IssuerUnavailable("its key set is none")
    keys = [key for entry in entries[:_MAX_KEYS] if (key := _signing_key(entry)) is not None]
    if not keys:
        raise IssuerUnavailable("its key set has no key for signatures")
    return IssuerKeys(name, {key.kid: key for key in keys})


async def _fetch_json(transport: Transport, url: str) -> Mapping[str, Any]:
    request = TransportRequest(
        method="GET", url=url, headers={"accept": "application/json"}, account="gateway.access.oidc"
    )
    try:
        response = await transport.send(request, max_bytes=_MAX_BYTES)
    except TooLarge as exc:
        raise IssuerUnavailable(f"its answer is larger than {_MAX_BYTES} bytes") from exc
    except (TransportError, InvalidEncoding) as exc:
        raise IssuerUnavailable("it cannot be reached") from exc
    if response.status != 200:
        raise IssuerUnavailable(f"it answered with status {response.status}")
    try:
        body = msgspec.json.decode(response.body)
    except (ValueError, RecursionError) as exc:
        raise IssuerUnavailable("its answer is no JSON") from exc
    if not isinstance(body, dict):
        raise IssuerUnavailable("its answer is no JSON object")
    return body


def _is_as_safe(address: str, issuer: str) -> bool:
    """True for an absolute address that is not plain HTTP, unless the issuer's is."""
    try:
        parts = urlsplit(address)
        schemes = {"https", urlsplit(issuer).scheme}
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _signing_key(entry: Any) -> PublicKey | None:
    """A public key for signatures; None for others, and for keys that are too weak or that nobody here understands."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
        return None
    public = {name: value for name, value in entry.items() if name in _PUBLIC}
    if not isinstance(public.get("kid"), str | None):
        return None
    try:
        if public.get("kty") == "RSA" and base64_to_int(public["n"]).bit_length() < _MIN_RSA_BITS:
            _log.warning("a key of the tokens' issuer has less than %d bits and is not used", _MIN_RSA_BITS)
            return None
        key = JWKRegistry.import_key(public)
    except (JoseError, ValueError, TypeError, KeyError, ArithmeticError):
        return None
    return key if isinstance(key, RSAKey | ECKey | OKPKey) else None
