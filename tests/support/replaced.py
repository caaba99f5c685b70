"""The vendors of a made-up company, of which one answer to a list is replaced by another body or status."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from gateway.sandbox import Company
from gateway.sandbox.server import create_apps
from gateway.testing.upstreams import Handler, served
from gateway.upstream.transport.interface import TransportRequest, TransportResponse

#: An answer in the place of another: (decoded sound answer) -> status and body.
Replacement = Callable[[Any], tuple[int, bytes]]

_JSON = {"content-type": "application/json"}
_SORRY = "sorry"


def _body(make: Callable[[Any], Any]) -> Replacement:
    return lambda sound: (200, json.dumps(make(sound)).encode())


def _among_rows(make: Callable[[list[Any]], list[Any]]) -> Replacement:
    """The answer with other rows, if it has any."""
    return _body(lambda sound: with_rows(sound, make(_rows(sound))) if _rows(sound) else sound)


def _raw(body: bytes) -> Replacement:
    return lambda _: (200, body)


def _status(status: int) -> Replacement:
    return lambda _: (status, b"" if status in {204, 304} else json.dumps({"message": _SORRY}).encode())


def _rows_key(sound: Any) -> str | None:
    """The key of the rows in an envelope; None if the answer is a bare list."""
    if not isinstance(sound, dict):
        return None
    lists = {key: value for key, value in sound.items() if isinstance(value, list)}
    return max(lists, key=lambda key: len(lists[key]), default=None)


def _rows(sound: Any) -> list[Any]:
    key = _rows_key(sound)
    return sound if isinstance(sound, list) else sound[key] if key is not None else []


def with_rows(sound: Any, rows: Any) -> Any:
    """The answer with other rows, and all else that it tells."""
    key = _rows_key(sound)
    return rows if key is None else {**sound, key: rows}


def _only_rows(sound: Any, rows: Any, **beside: Any) -> Any:
    """Rows under the vendor's key, or under `data`, without anything else that the answer tells."""
    return {_rows_key(sound) or "data": rows, **beside}


BODIES: Mapping[str, Replacement] = {
    "nothing": _raw(b""),
    "blank": _raw(b" \n"),
    "a web page": _raw(b"<html>sorry</html>"),
    "cut": lambda sound: (200, json.dumps(sound).encode()[:-2]),
    "two documents": lambda sound: (200, json.dumps(sound).encode() * 2),
    "null": _raw(b"null"),
    "true": _raw(b"true"),
    "a number": _raw(b"0"),
    "a text": _raw(b'"sorry"'),
    "an object": _raw(b"{}"),
    "an error": _body(lambda _: {"error": _SORRY}),
    "a message": _body(lambda _: {"message": _SORRY}),
    "errors": _body(lambda _: {"errors": [{"message": _SORRY}]}),
    "a detail": _body(lambda _: {"detail": _SORRY}),
    "no rows, failed": _body(lambda sound: _only_rows(sound, [], success=False, message=_SORRY)),
    "no rows, failed as text": _body(lambda sound: _only_rows(sound, [], success="false")),
    "no rows, an error": _body(lambda sound: _only_rows(sound, [], error=_SORRY)),
    "no rows, errors": _body(lambda sound: _only_rows(sound, [], errors=[_SORRY])),
    "no rows, a message": _body(lambda sound: _only_rows(sound, [], message=_SORRY)),
    "no rows, a status": _body(lambda sound: _only_rows(sound, [], status_code=500)),
    "no rows, none counted, failed": _body(
        lambda sound: _only_rows(sound, [], success=False, count=0, record_count=0)
    ),
    "no rows, many counted": _body(
        lambda sound: _only_rows(sound, [], record_count=9999, count=9999, success=False)
    ),
    "some rows, failed": _body(lambda sound: _only_rows(sound, _rows(sound)[:1], success=False)),
    "null for the rows": _body(lambda sound: _only_rows(sound, None)),
    "an object for the rows": _body(lambda sound: _only_rows(sound, {"a": 1})),
    "words for the rows": _body(lambda sound: with_rows(sound, [_SORRY, _SORRY])),
    "rows without ids": _body(lambda sound: with_rows(sound, [{"name": _SORRY}])),
    "one row without an id": _among_rows(lambda rows: [*rows[1:], {"name": _SORRY}]),
    "a null among the rows": _among_rows(lambda rows: [*rows[1:], None]),
    "one id for two rows": _among_rows(lambda rows: [*rows[1:], {**rows[-1], "unknown": _SORRY}]),
    "an id beyond all numbers": _among_rows(lambda rows: [*rows[1:], {**rows[0], "id": 2**63 + 1}]),
}
"""Answers that a vendor gives for an empty list, and those that are as they may well be, are not among these."""

COUNTED_BODIES: Mapping[str, Replacement] = {
    "no rows": _body(lambda sound: with_rows(sound, [])),
    "half of the rows": _among_rows(lambda rows: rows[::2]),
    "the first row twice": _among_rows(lambda rows: [rows[0], *rows[:-1]]),
}
"""Answers that lack rows that they count, which shows as soon as the list is read to its end."""

LATER_BODIES: Mapping[str, Replacement] = {
    "no rows and nothing else": _body(lambda sound: _only_rows(sound, [])),
    "a bare list of none": _raw(b"[]"),
}
"""Answers of an empty list, in the place of a page after one that counts more rows."""

STATUSES: Mapping[str, Replacement] = {
    str(status): _status(status) for status in (204, 304, 400, 403, 404, 410, 429, 500)
}


@dataclass
class Replaced:
    """
    The vendors of a company at `http://VENDOR.test`. `seen` are the addresses of the GETs since it was cleared, and
    `replacement` takes the place of the answer at `address`.
    """

    handlers: Mapping[str, Handler]
    address: str = ""
    replacement: Replacement | None = None
    seen: list[str] = field(default_factory=list)
    _sound: dict[tuple[str, str, bytes | None], TransportResponse] = field(default_factory=dict)

    @classmethod
    def of(cls, company: Company) -> "Replaced":
        return cls({vendor: served(app) for vendor, app in create_apps(company).items()})

    def sound(self, address: str) -> Any:
        """The decoded sound answer at an address that was requested."""
        return json.loads(self._sound["GET", address, None].body)

    async def send(self, request: TransportRequest, *, max_bytes: int) -> TransportResponse:  # noqa: ARG002
        sound = await self._answer(request)
        if request.method == "GET":
            self.seen.append(request.url)
        if self.replacement is None or request.method != "GET" or request.url != self.address:
            return sound
        status, body = self.replacement(json.loads(sound.body))
        return TransportResponse(status=status, headers=_JSON, body=body)

    async def close(self) -> None:
        """Nothing is open."""

    async def _answer(self, request: TransportRequest) -> TransportResponse:
        key = (request.method, request.url, request.body or None)
        if key not in self._sound:
            vendor = (urlsplit(request.url).hostname or "").removesuffix(".test")
            upstream_request = httpx.Request(
                request.method, request.url, headers=dict(request.headers), content=request.body
            )
            pending = self.handlers[vendor](upstream_request)
            response = pending if isinstance(pending, httpx.Response) else await pending
            body = await response.aread()
            headers = {name.lower(): value for name, value in response.headers.items()}
            self._sound[key] = TransportResponse(status=response.status_code, headers=headers, body=body)
        return self._sound[key]
