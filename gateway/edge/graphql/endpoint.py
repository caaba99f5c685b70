"""The GraphQL endpoint: GraphQL over HTTP by GET and POST, and GraphiQL for a browser."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from gateway.access import Authenticator
from gateway.concurrency.timeouts import SharedTimer
from gateway.edge.graphiql.page import CONTENT_SECURITY_POLICY
from gateway.edge.graphql.cache_headers import CachePolicy
from gateway.edge.graphql.disconnect import DISCONNECT_CHECK_SECONDS, CancelOnDisconnect, ClientDisconnected
from gateway.edge.graphql.explanation import OperationExplainer
from gateway.edge.graphql.graphql_response import graphql_response
from gateway.edge.graphql.incremental_delivery import IncrementalDelivery, delivery_format
from gateway.edge.graphql.known_bodies import KnownBodies
from gateway.edge.graphql.known_head import KnownHeadResponder, is_repeatable
from gateway.edge.graphql.parameters import read_request
from gateway.edge.graphql.response_stream import ResponseStream, stream_format
from gateway.edge.graphql.revocation import until_revoked
from gateway.edge.known_heads import new_head_of
from gateway.edge.media_types import GRAPHQL, HTML, JSON, preferred
from gateway.edge.middleware.auth import caller_of
from gateway.edge.middleware.headers import request_headers
from gateway.edge.middleware.source_credentials import Accepting, source_credentials_of, varying_headers
from gateway.edge.responses import HttpProblem, problem_response
from gateway.edge.telemetry.operations import EXPLAINED, OperationTelemetry, error_codes
from gateway.engine.engine import Engine, OperationContext, PreparedOperation
from gateway.engine.graphql_errors import RequestRefused, request_error

BODY_SECONDS = 30.0

_OFFERS = (JSON, GRAPHQL)
#: Headers that ask for `extensions.cost`, and for `extensions.explain` in place of the data.
_COST, _EXPLAIN = b"x-gateway-cost", b"x-gateway-explain"
_SUBSCRIBE = (
    "A subscription has many answers: subscribe over a WebSocket (graphql-transport-ws), or with the header Accept: "
    "multipart/mixed;subscriptionSpec=1.0 or Accept: text/event-stream"
)

MAY_NOT_EXPLORE = HttpProblem(403, "You may not look at the schema.", code="FORBIDDEN")


class GraphQLEndpoint:
    """
    ASGI application of the GraphQL endpoint. `new_context` makes the context of one operation; `page` is GraphiQL's
    HTML, None to serve none. `body_bytes` is the limit of a request's body; with `is_private` only a caller's own cache
    may keep responses. GraphiQL, explanations by `explainer`, and names of the schema in errors are for those requests
    only for which `may_explore` is true. `accepting` gives the sources that the caller may bring credentials for.
    """

    def __init__(
        self,
        engine: Engine,
        new_context: Callable[[Scope], OperationContext],
        *,
        authenticator: Authenticator,
        page: str | None,
        body_bytes: int,
        is_private: bool = True,
        may_explore: Callable[[Scope], bool] = lambda _: True,
        telemetry: OperationTelemetry | None = None,
        accepting: Accepting = lambda _: (),
        explainer: OperationExplainer | None = None,
    ) -> None:
        self.engine = engine
        self.new_context = new_context
        self.authenticator = authenticator
        self.page = page
        self.body_bytes = body_bytes
        self.cache_policy = CachePolicy(is_private)
        self.may_explore = may_explore
        self.accepting = accepting
        self.explainer = explainer
        self.telemetry = telemetry or OperationTelemetry()
        self.bodies = KnownBodies(engine)
        self.body_timer = SharedTimer(BODY_SECONDS)
        self.disconnect_timer = SharedTimer(DISCONNECT_CHECK_SECONDS)
        self.offers = (*_OFFERS, HTML) if page else _OFFERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing is sent to a caller that has disconnected."""
        try:
            response = await self._answer(scope, receive)
        except ClientDisconnected:
            return
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        method, headers = scope["method"], request_headers(scope)
        if method not in {"GET", "POST"}:
            return problem_response(HttpProblem(405, "Use GET or POST", headers={"allow": "GET, POST"}))
        accept = headers[b"accept"].decode("latin-1") if b"accept" in headers else None
        offers = self.offers if method == "GET" else _OFFERS
        media_type = preferred(accept, offers)
        formats = (stream_format, delivery_format)
        if media_type is None and not any(known(accept, accepts_json=False) for known in formats):
            return problem_response(
                HttpProblem(406, f"The answer can be {GRAPHQL} or {JSON}: name one in Accept")
            )
        if media_type == HTML and not self.may_explore(scope):
            return problem_response(MAY_NOT_EXPLORE)
        if media_type == HTML and scope["path"].endswith("/"):
            # GraphiQL's own addresses are relative
            return RedirectResponse(f"../{scope['path'].rstrip('/').rpartition('/')[2]}", 308)
        if media_type == HTML:
            page_headers = {"content-security-policy": CONTENT_SECURITY_POLICY, "vary": "accept"}
            return HTMLResponse(self.page, headers=page_headers)
        try:
            return await self._graphql(scope, receive, headers, media_type)
        except HttpProblem as problem:
            return problem_response(problem, media_type=media_type or JSON)

    async def _graphql(
        self, scope: Scope, receive: Receive, headers: Mapping[bytes, bytes], media_type: str | None
    ) -> Response:
        accept = headers.get(b"accept", b"").decode("latin-1")
        request = await read_request(
            scope, receive, headers, body_bytes=self.body_bytes, body_timer=self.body_timer
        )
        started_at, caller = time.perf_counter(), caller_of(scope).name
        try:
            operation = self.engine.prepare(request, names_schema=partial(self.may_explore, scope))
        except RequestRefused as refusal:
            body: dict[str, Any] = {"errors": list(refusal.errors)}
            response = graphql_response(body, media_type, accept)
            self.telemetry.refused(caller, started_at, error_codes(body), len(response.body))
            return response
        if self.explainer is not None and headers.get(_EXPLAIN) == b"1":
            return await self._explain(self.explainer, operation, scope, receive, media_type)
        if operation.is_mutation and scope["method"] == "GET":
            raise HttpProblem(405, "A mutation is taken by POST only", headers={"allow": "POST"})
        if operation.is_subscription:
            return self._stream(operation, scope, headers, media_type)
        is_measured = headers.get(_COST) == b"1"
        with self.telemetry.start(operation, caller, headers) as running:
            context = running.context = self.new_context(scope)
            if is_measured:
                context.measure_cost()
            delivery = self._delivery(accept, media_type) if operation.document.defers else None
            body = await self._run(operation, context, receive, delivery)
            if delivery is not None and delivery.parts.objects:
                return delivery.response(body, running, is_measured=is_measured)
            if is_measured and "data" in body:
                body["extensions"] = {"cost": context.measured_cost()}
            response = graphql_response(body, media_type, accept)
            running.answered(error_codes(body), len(response.body))
        if "errors" in body or operation.is_mutation or is_measured or media_type is None:
            return response
        if source_credentials_of(scope):
            return response
        tags, is_get = headers.get(b"if-none-match"), scope["method"] == "GET"
        vary = varying_headers(self.accepting(scope)) if is_get else b""
        response = self.cache_policy.apply(response, context.freshness, tags=tags, is_get=is_get, vary=vary)
        self._offer_head(scope, headers, media_type, response)
        return response

    async def _explain(
        self,
        explainer: OperationExplainer,
        operation: PreparedOperation,
        scope: Scope,
        receive: Receive,
        media_type: str | None,
    ) -> Response:
        headers = request_headers(scope)
        explained = replace(operation, kind=EXPLAINED)
        with self.telemetry.start(explained, caller_of(scope).name, headers) as running:
            if not self.may_explore(scope):
                response = problem_response(MAY_NOT_EXPLORE, media_type=media_type or JSON)
                running.answered((MAY_NOT_EXPLORE.code,), len(response.body))
                return response
            async with CancelOnDisconnect(receive, self.disconnect_timer):
                body = await explainer.explain(operation, scope)
            response = graphql_response(body, media_type, headers.get(b"accept", b"").decode("latin-1"))
            running.answered(error_codes(body), len(response.body))
            return response

    def _delivery(self, accept: str, media_type: str | None) -> IncrementalDelivery | None:
        """The delivery of an answer in parts; None if the client does not accept it."""
        delivery = delivery_format(accept, accepts_json=media_type is not None)
        return None if delivery is None else IncrementalDelivery(self.engine.deferred_parts(), delivery)

    def _offer_head(
        self, scope: Scope, headers: Mapping[bytes, bytes], media_type: str, response: Response
    ) -> None:
        """Offer a responder to the requests that begin with the same head, if this one's may be repeated."""
        if (head := new_head_of(scope)) is None or not is_repeatable(scope, headers):
            return
        respond = KnownHeadResponder(
            self.engine,
            self.new_context,
            scope=scope,
            media_type=media_type,
            cache_policy=self.cache_policy,
            telemetry=self.telemetry,
            bodies=self.bodies,
        )
        head.offer(respond, response, content_length=int(headers[b"content-length"]))

    def _stream(
        self,
        operation: PreparedOperation,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        media_type: str | None,
    ) -> Response:
        accept = headers.get(b"accept", b"").decode("latin-1")
        stream = stream_format(accept, accepts_json=media_type is not None)
        if stream is None:
            body = {"errors": [request_error("BAD_REQUEST", _SUBSCRIBE)]}
            return graphql_response(body, media_type, accept)
        running = self.telemetry.start(operation, caller_of(scope).name, headers)

        def on_end(size: int) -> None:
            running.answered((), size)
            running.end()

        return ResponseStream(
            self.engine.subscribe(operation, lambda: self.new_context(scope)),
            stream,
            until_revoked=lambda: until_revoked(scope, scope["headers"], self.authenticator),
            on_end=on_end,
        )

    async def _run(
        self,
        operation: PreparedOperation,
        context: OperationContext,
        receive: Receive,
        delivery: IncrementalDelivery | None = None,
    ) -> dict[str, Any]:
        """
        The operation's response, or with `delivery` its first part. If the caller disconnects, a query is cancelled, so
        that no vendor is called in vain; a mutation is completed.
        """
        if operation.is_mutation:
            return await self.engine.run(operation, context)
        async with CancelOnDisconnect(receive, self.disconnect_timer):
            parts = None if delivery is None else delivery.parts
            return await self.engine.run(operation, context, parts=parts)
