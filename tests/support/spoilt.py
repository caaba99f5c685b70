"""The vendors of a made-up company in this process, sound or spoilt: the same request has the same answer each time."""

import asyncio
import json
import random
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from gateway.sandbox import Company
from gateway.sandbox.server import create_apps
from gateway.testing.upstreams import Handler, served
from gateway.upstream.transport.interface import TransportError, TransportRequest, TransportResponse

#: The fault of vendors that have none.
SOUND = 0
_KINDS = 5
_WRONG: list[Any] = [None, "", 0, -1, True, "soon", [], {}, {"name": None}, 1.5, "1900-01-01T00:00:00", 2**40]
#: Halo's sites are told by a list or one by one, an asset's details for one asset or for several: which of these is
#: asked depends on what else is wanted. They fail together, or who wants more would be told more.
_ALTERNATIVES = re.compile(r"(http://halo.test/api/(?:Site\b|Asset(?=/|\?assets=)))")
#: So many turns of the event loop an answer takes at most: answers come in another order than they were asked for.
_TURNS = 4
#: A late answer takes more turns than an operation without it.
_LATE_TURNS = 300
_NUMBER = re.compile(r"(?<=/)\d+")


@dataclass
class Spoilt:
    """
    The vendors at `http://VENDOR.test`. Their applications are asked once for each address.

    A fault is a number: with each of three in five some requests fail, in one of three ways; with all of them some
    values are missing or of the wrong type.
    """

    handlers: Mapping[str, Handler]
    _sound: dict[tuple[str, str, bytes | None], TransportResponse] = field(default_factory=dict)
    _spoilt: dict[tuple[str, int], TransportResponse] = field(default_factory=dict)

    @classmethod
    def of(cls, company: Company) -> "Spoilt":
        """The vendors of a company."""
        return cls({vendor: served(app) for vendor, app in create_apps(company).items()})

    async def answer(self, request: TransportRequest, fault: int) -> TransportResponse:
        """What comes of a request."""
        for _ in range(zlib.crc32(f"{fault} {request.url}".encode()) % _TURNS):
            await asyncio.sleep(0)
        if not fault or request.method != "GET" or "authinfo" in request.url:
            return await self._told(request)
        key = (request.url, fault)
        found = self._spoilt.get(key)
        if found is None:
            found = self._spoilt[key] = _spoilt(await self._told(request), request.url, fault)
        return found

    async def _told(self, request: TransportRequest) -> TransportResponse:
        key = (request.method, request.url, request.body)
        found = self._sound.get(key)
        if found is None:
            vendor = (urlsplit(request.url).hostname or "").removesuffix(".test")
            if vendor not in self.handlers:
                raise TransportError(sent=False)
            made = httpx.Request(
                request.method, request.url, headers=dict(request.headers), content=request.body
            )
            got = self.handlers[vendor](made)
            whole = got if isinstance(got, httpx.Response) else await got
            body = await whole.aread()
            headers = {name.lower(): value for name, value in whole.headers.items()}
            found = self._sound[key] = TransportResponse(status=whole.status_code, headers=headers, body=body)
        return found


@dataclass
class SpoiltTransport:
    """A Transport to the vendors with one fault. Answers of the endpoint `late` come after all others."""

    vendors: Spoilt
    fault: int
    late: str = ""
    endpoints: set[str] = field(default_factory=set)
    """The endpoints that were asked."""

    async def send(self, request: TransportRequest, *, max_bytes: int) -> TransportResponse:  # noqa: ARG002
        """What comes of a request."""
        endpoint = _NUMBER.sub("#", request.url.partition("?")[0])
        self.endpoints.add(endpoint)
        for _ in range(_LATE_TURNS if endpoint == self.late else 0):
            await asyncio.sleep(0)
        return await self.vendors.answer(request, self.fault)

    async def close(self) -> None:
        """Nothing is open."""


def _spoilt(whole: TransportResponse, url: str, fault: int) -> TransportResponse:
    chance = random.Random(zlib.crc32(_together(url).encode()) * 7 + fault)
    match fault % _KINDS:
        case 1 if chance.random() < 0.2:
            return TransportResponse(status=500, headers={}, body=b"")
        case 2 if chance.random() < 0.2:
            return TransportResponse(status=200, headers={"content-type": "text/html"}, body=b"<p>sorry</p>")
        case 3 if chance.random() < 0.15:
            return _json(200, {"error": "sorry"})
    try:
        body = json.loads(whole.body)
    except ValueError:
        return whole
    if _ALTERNATIVES.match(url) and isinstance(body, dict) and "id" not in body:
        rows = {
            key: _with_wrong_values(value, fault) for key, value in body.items() if isinstance(value, list)
        }
        return _json(whole.status, body | rows)
    return _json(whole.status, _with_wrong_values(body, fault))


def _together(url: str) -> str:
    """What fails with this address: everything that may be asked instead, as the two ways differ in that."""
    found = _ALTERNATIVES.match(url)
    return url if found is None else found[1]


def _json(status: int, body: Any) -> TransportResponse:
    return TransportResponse(
        status=status, headers={"content-type": "application/json"}, body=json.dumps(body).encode()
    )


def _with_wrong_values(found: Any, fault: int, within: Any = None) -> Any:
    """
    What is wrong is so wherever it is told, in a list, a detail, or beside another record: which of two answers is
    read first is nobody's to say. Texts go by what they say, all else by its record and key.
    """
    if isinstance(found, dict):
        of = found.get("id", within)
        kept: dict[str, Any] = {}
        for key, value in found.items():
            told = value if isinstance(value, str) else f"{of} {key}"
            chance = random.Random(zlib.crc32(f"{fault} {told}".encode()))
            if chance.random() > 0.02:
                is_wrong = chance.random() < 0.04
                kept[key] = chance.choice(_WRONG) if is_wrong else _with_wrong_values(value, fault, of)
        return kept
    return [_with_wrong_values(one, fault, within) for one in found] if isinstance(found, list) else found
