"""The GraphQL endpoint: GraphQL over HTTP by GET and POST, and GraphiQL for a browser."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from gateway.edge.answers import Unanswerable, answer, refusal
from gateway.edge.graphiql_page import CONTENT_SECURITY_POLICY
from gateway.edge.media import GRAPHQL, HTML, JSON, preferred
from gateway.edge.parameters import read_request
from gateway.edge.presence import CallerGone, WhileThere
from gateway.engine.execute import Context, Engine, Operation
from gateway.engine.faults import Refused, fault, internal

BODY_SECONDS = 30.0


class GraphQLEndpoint:
    """
    Answers GraphQL requests. `new_context` makes the context of one operation; `page` is GraphiQL's HTML,
    None where browsers get none.
    """

    def __init__(
        self,
        engine: Engine,
        new_context: Callable[[Request], Context],
        *,
        page: str | None,
        body_bytes: int,
    ) -> None:
        self.engine = engine
        self.new_context = new_context
        self.page = page
        self.body_bytes = body_bytes
        self.offers = [JSON, GRAPHQL, HTML] if page else [JSON, GRAPHQL]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; a caller that went away gets nothing."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except CallerGone:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        offers = self.offers if request.method == "GET" else [JSON, GRAPHQL]
        media_type = preferred(request.headers.get("accept"), offers)
        if request.method not in {"GET", "POST"}:
            return refusal(Unanswerable(405, "Use GET or POST", headers={"allow": "GET, POST"}))
        if media_type is None:
            return refusal(Unanswerable(406, f"The answer can be {GRAPHQL} or {JSON}: name one in Accept"))
        if media_type == HTML:
            headers = {"content-security-policy": CONTENT_SECURITY_POLICY, "vary": "accept"}
            return HTMLResponse(self.page, headers=headers)
        try:
            return await self._graphql(request, media_type)
        except Unanswerable as refused:
            return refusal(refused, media_type=media_type)

    async def _graphql(self, request: Request, media_type: str) -> Response:
        asked = await read_request(request, body_bytes=self.body_bytes, seconds=BODY_SECONDS)
        try:
            operation = self.engine.prepare(asked)
        except Refused as refused:
            return _written({"errors": list(refused.errors)}, media_type)
        if operation.is_mutation and request.method == "GET":
            raise Unanswerable(405, "A mutation is taken by POST only", headers={"allow": "POST"})
        return _written(await self._run(operation, request), media_type)

    async def _run(self, operation: Operation, request: Request) -> dict[str, Any]:
        """
        The answer to the operation. Where the caller goes away a query is ended, so that no vendor is asked
        for nobody; a mutation is not left half done.
        """
        context = self.new_context(request)
        if operation.is_mutation:
            return await self.engine.run(operation, context)
        async with WhileThere(request.receive):
            return await self.engine.run(operation, context)


def _written(body: dict[str, Any], media_type: str) -> Response:
    # a request that was never begun is the caller's fault; plain JSON clients expect 200 all the same
    status = 400 if media_type == GRAPHQL and "data" not in body else 200
    try:
        return answer(body, media_type=media_type, status=status)
    except (TypeError, ValueError, OverflowError, RecursionError) as exc:
        return answer({"data": None, "errors": [fault("INTERNAL", internal(exc))]}, media_type=media_type)
