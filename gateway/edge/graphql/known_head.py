"""
Responder to GraphQL requests by POST with a known head: each body's operation is looked up, and a cached response
leaves at once. Mutations, subscriptions, what is deferred, and whatever is refused go the usual way.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.responses import Response
from starlette.types import Scope

from gateway.edge.graphql.cache_headers import CachePolicy
from gateway.edge.graphql.graphql_response import graphql_response
from gateway.edge.graphql.known_bodies import KnownBodies
from gateway.edge.graphql.uploads import MULTIPART
from gateway.edge.known_heads import Responding
from gateway.edge.media_types import parse
from gateway.edge.middleware.auth import caller_of, with_caller
from gateway.edge.telemetry.operations import OperationTelemetry, RunningOperation, error_codes
from gateway.engine.engine import Engine, OperationContext, PreparedOperation
from gateway.literals import is_digits

#: Headers with which equal bytes need not mean the same, or not for the connection; and those that ask for more than a
#: response, or bring credentials for a source.
_EXCEPTIONAL = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"x-request-id", b"traceparent"})
_EXCEPTIONAL_PREFIXES = (b"x-gateway-", b"x-source-authorization-")
#: The parts of a request's scope that a context is made of. Its headers, with the key, are not among them.
_CONTEXT = ("type", "path", "root_path", "app_root_path")


def is_repeatable(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """True if equal heads mean equal requests, but for the body, on a connection that is kept open."""
    return (
        scope["method"] == "POST"
        and scope["http_version"] == "1.1"
        and _EXCEPTIONAL.isdisjoint(headers)
        and not any(name.startswith(_EXCEPTIONAL_PREFIXES) for name in headers)
        and headers.get(b"connection", b"keep-alive").lower() == b"keep-alive"
        and is_digits(headers.get(b"content-length", b"").decode("latin-1"))
        and parse(headers.get(b"content-type", b"").decode("latin-1"))[0] != MULTIPART
    )


class KnownHeadResponder:
    """Responds to the bodies of requests whose head is that of the request with this `scope`."""

    def __init__(
        self,
        engine: Engine,
        new_context: Callable[[Scope], OperationContext],
        *,
        scope: Scope,
        media_type: str,
        cache_policy: CachePolicy,
        telemetry: OperationTelemetry,
        bodies: KnownBodies,
    ) -> None:
        caller = caller_of(scope)
        self._engine = engine
        self._new_context = new_context
        self._scope = with_caller({key: scope[key] for key in _CONTEXT if key in scope}, caller)
        self._caller = caller.name
        self._media_type = media_type
        self._cache_policy = cache_policy
        self._telemetry = telemetry
        self._bodies = bodies
        self._for_cached = new_context(self._scope)
        """Context in which cached responses are looked up: no operation is run in it."""

    def __call__(self, body: bytes) -> Response | Responding | None:
        """The cached response to a body, or the function that makes one; None to go the usual way."""
        operation = self._bodies.operation(body)
        if (
            operation is None
            or operation.is_mutation
            or operation.is_subscription
            or operation.document.defers
        ):
            return None
        response = self._engine.cached(operation, self._for_cached)
        if response is None:
            return partial(self._run, operation)
        running = self._telemetry.start(operation, self._caller, {})
        try:
            return self._respond(response, self._for_cached, running)
        finally:
            running.end()

    async def _run(self, operation: PreparedOperation) -> Response:
        with self._telemetry.start(operation, self._caller, {}) as running:
            context = self._new_context(self._scope)
            response = await self._engine.run(operation, context, look_in_cache=False)
            return self._respond(response, context, running)

    def _respond(
        self, body: dict[str, Any], context: OperationContext, running: RunningOperation
    ) -> Response:
        running.context = context
        response = graphql_response(body, self._media_type)
        running.size, running.codes = len(response.body), error_codes(body) if "errors" in body else ()
        if running.codes:
            return response
        return self._cache_policy.apply(response, context.freshness, tags=None, is_get=False)
