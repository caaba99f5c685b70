"""Explanations over HTTP: the calls to vendors that an operation would make, in `extensions.explain`, in its place."""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.types import Scope

from gateway.engine.engine import Engine, PreparedOperation
from gateway.engine.explain.document import as_document
from gateway.engine.explain.groups import ExplainContext
from gateway.engine.explain.request import explain_operation
from gateway.engine.graphql_errors import RequestRefused


class OperationExplainer:
    """Explains operations, one at a time: off the event loop, since a large one takes a quarter of a second."""

    def __init__(self, engine: Engine, new_context: Callable[[Scope], ExplainContext]) -> None:
        self._engine = engine
        self._new_context = new_context
        self._turn = asyncio.Lock()

    async def explain(self, operation: PreparedOperation, scope: Scope) -> dict[str, Any]:
        """The GraphQL response: no data, and the explanation for the request's caller, or the errors of a run."""
        context = self._new_context(scope)
        try:
            async with self._turn:
                explanation = await asyncio.to_thread(explain_operation, self._engine, operation, context)
        except RequestRefused as refusal:
            return {"errors": list(refusal.errors)}
        finally:
            await context.close()
        return {"data": None, "extensions": {"explain": as_document(explanation)}}
