"""Answers in OData's form: exactly one OData-Version, and content types that its readers know."""

import zlib
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

_VERSION = {"odata-version": "4.0"}
_MINIMAL = (
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
)
_NONE = _MINIMAL.replace("minimal", "none")
_XML = "application/xml;charset=utf-8"
_TEXT = "text/plain;charset=utf-8"
_VARY = "accept, accept-encoding, prefer"
#: A level that costs less time than a slow network takes for the bytes.
_GZIP_LEVEL, _GZIP = 1, 31
_WORTH_COMPRESSING = 16 * 1024


def json_response(body: bytes, headers: Mapping[str, str], *, no_metadata: bool = False) -> Response:
    """Rows, an entity, or the service document."""
    return _response(200, body, _NONE if no_metadata else _MINIMAL, headers)


def xml_response(body: bytes) -> Response:
    """The metadata document."""
    return _response(200, body, _XML, {})


def text_response(text: str, headers: Mapping[str, str]) -> Response:
    """A number."""
    return _response(200, text.encode(), _TEXT, headers)


def no_content(headers: Mapping[str, str]) -> Response:
    """An entity that is null."""
    return Response(status_code=204, headers={**_VERSION, "vary": _VARY, **headers})


def error_response(
    status: int,
    code: str,
    message: str,
    *,
    details: tuple[Mapping[str, Any], ...] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """OData's error object."""
    error = {"code": code, "message": message, **({"details": details} if details else {})}
    response = _response(status, msgspec.json.encode({"error": error}), _MINIMAL, headers or {})
    response.headers["cache-control"] = "no-store"
    return response


def compress(body: bytes) -> bytes:
    """The body as gzip."""
    packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(body) + packer.flush()


def is_worth_compressing(body: bytes, accepted: str) -> bool:
    """True if the body is worth sending as gzip to a caller with this Accept-Encoding."""
    codings = [part.replace(" ", "").lower() for part in accepted.split(",")]
    return len(body) >= _WORTH_COMPRESSING and any(
        coding.partition(";")[0] == "gzip" and not coding.endswith((";q=0", ";q=0.0")) for coding in codings
    )


def _response(status: int, body: bytes, content_type: str, headers: Mapping[str, str]) -> Response:
    sent = {
        **_VERSION,
        "cache-control": "private, no-cache",
        "vary": _VARY,
        "content-type": content_type,
        **headers,
    }
    return Response(body, status, sent)
