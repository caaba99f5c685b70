"""Parameters of a GraphQL request, read from an HTTP request as the GraphQL over HTTP specification says."""

from collections.abc import Mapping
from types import NoneType
from typing import Any

import msgspec
from starlette.datastructures import Headers, QueryParams
from starlette.types import Receive, Scope

from gateway.concurrency.timeouts import SharedTimer, Timeout
from gateway.edge.graphql.disconnect import ClientDisconnected
from gateway.edge.graphql.uploads import MULTIPART, check_preflight, read_multipart
from gateway.edge.media_types import JSON, parse
from gateway.edge.responses import HttpProblem
from gateway.engine.request import GraphQLRequest
from gateway.literals import is_digits

_TEXT = (str, NoneType)
_OBJECT = (dict, NoneType)


async def read_request(
    scope: Scope,
    receive: Receive,
    headers: Mapping[bytes, bytes],
    *,
    body_bytes: int,
    body_timer: SharedTimer,
) -> GraphQLRequest:
    """
    The GraphQL request of a GET or POST with these `headers`, by name in lower case. Raises HttpProblem if it is
    invalid, or the body has more than `body_bytes` or takes longer than `body_timer`'s seconds; ClientDisconnected if
    the caller disconnects.
    """
    if scope["method"] == "GET":
        parameters = QueryParams(scope["query_string"])
        return to_request({name: _from_query(name, text) for name, text in parameters.items()})
    is_multipart = _check_content_type(headers)
    length = headers.get(b"content-length", b"0").decode("latin-1")
    if not is_digits(length):
        raise HttpProblem(400, "Content-Length is not a number")
    if int(length) > body_bytes:
        raise _too_large(body_bytes)
    try:
        with Timeout(body_timer):
            body = await _read_body(receive, body_bytes)
    except TimeoutError:
        message = f"The body did not arrive within {body_timer.seconds:g} s"
        raise HttpProblem(408, message, headers={"connection": "close"}) from None
    return to_request(await read_multipart(Headers(scope=scope), body)) if is_multipart else read_body(body)


def read_body(body: bytes) -> GraphQLRequest:
    """The GraphQL request of a body in JSON. Raises HttpProblem if it is invalid."""
    return to_request(_decode(body, "The body"))


def _check_content_type(headers: Mapping[bytes, bytes]) -> bool:
    """
    True for a multipart body, with files; False for JSON. Raises HttpProblem for any other type.

    Cross-site request forgery: a page of another site may send forms and plain text with the browser's credentials,
    but not JSON. So only JSON is accepted, and files only with a header that such a page cannot send.
    """
    name, parameters = parse(headers.get(b"content-type", b"").decode("latin-1"))
    if name == MULTIPART:
        check_preflight(headers)
    elif name != JSON or parameters.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise HttpProblem(415, f"Send the request as Content-Type: {JSON}, in UTF-8")
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise HttpProblem(415, "Send the body without Content-Encoding")
    return name == MULTIPART


async def _read_body(receive: Receive, body_bytes: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        body += message.get("body", b"")
        if len(body) > body_bytes:
            raise _too_large(body_bytes)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(body_bytes: int) -> HttpProblem:
    message = f"The body has more than {body_bytes} bytes"
    return HttpProblem(413, message, headers={"connection": "close"})


def _from_query(name: str, text: str) -> Any:
    return _decode(text.encode(), name) if name in {"variables", "extensions"} and text else text or None


def _decode(text: bytes, name: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise HttpProblem(400, f"{name} is not valid JSON") from None


def to_request(parameters: Any) -> GraphQLRequest:
    """
    The GraphQL request of decoded parameters. Raises HttpProblem if they are invalid.

    >>> to_request({"query": "{ a }", "operationName": None}).query
    '{ a }'
    """
    if isinstance(parameters, list):
        raise HttpProblem(400, "This is a batch of requests, and batching is off: send each by itself")
    if not isinstance(parameters, dict):
        raise HttpProblem(400, "The body is not a JSON object")
    query, name = parameters.get("query"), parameters.get("operationName")
    document_id = _document_id(parameters, has_query=query is not None)
    for parameter, text in (("query", query), ("operationName", name), ("documentId", document_id)):
        if not isinstance(text, _TEXT):
            raise HttpProblem(400, f"The parameter {parameter} is not text")
    variables, extensions = parameters.get("variables"), parameters.get("extensions")
    for parameter, value in (("variables", variables), ("extensions", extensions)):
        if not isinstance(value, _OBJECT):
            raise HttpProblem(400, f"The parameter {parameter} is not a JSON object")
    if query is None and document_id is None and "persistedQuery" not in (extensions or {}):
        raise HttpProblem(400, "The request names no document: give query or documentId")
    return GraphQLRequest(query, name, variables, extensions, document_id)


def _document_id(parameters: Mapping[str, Any], *, has_query: bool) -> Any:
    """Id of a persisted document: `documentId` or, without a query, the names that Relay's clients use; or None."""
    for name in ("documentId",) if has_query else ("documentId", "doc_id", "id"):
        if (document_id := parameters.get(name)) is not None:
            return document_id
    return None
