"""Runs an operation on the schema: within its deadline, every error told in our form."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard, cast

import strawberry
from graphql import ExecutionResult, GraphQLError, OperationDefinitionNode, OperationType
from graphql import execute as execute_operation
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.execution import optimized_is_awaitable

from gateway.concurrency.timeouts import SharedTimer, Timeout
from gateway.engine.documents.documents import Document, DocumentCache
from gateway.engine.documents.persisted import PersistedDocuments
from gateway.engine.documents.trusted import read_trusted
from gateway.engine.execution.arguments import bad_arguments
from gateway.engine.execution.executor import LevelExecutor
from gateway.engine.execution.field_usage import used_fields
from gateway.engine.execution.plan import Selection
from gateway.engine.graphql_errors import (
    Entry,
    RequestRefused,
    from_execution,
    from_reported,
    internal,
    request_error,
)
from gateway.engine.request import GraphQLRequest
from gateway.engine.response_cache import ResponseCache, ResponseKey, response_key
from gateway.errors import GatewayError, drop_traceback
from gateway.settings import DocumentSettings, LimitSettings
from schema.binding import Binding

if TYPE_CHECKING:
    from resolvers import context as loaders

Response = dict[str, Any]
"""
The GraphQL response map, as `encoder.py` writes it: objects in it may be structs, or JSON already. Without
`data` the operation was never begun.
"""


class OperationContext(Protocol):
    """What an operation needs of the resolvers' context (`resolvers.context.Context`)."""

    @property
    def reported(self) -> Sequence[tuple[GatewayError, Sequence[str | int]]]:
        """Errors that stand beside an answer, such as a source that failed in a list, each with its path."""
        ...

    async def close(self) -> None:
        """End what is still under way."""
        ...


@dataclass(frozen=True)
class PreparedOperation:
    """An operation that may be run, with the caller's variables, which are not coerced yet."""

    document: Document
    node: OperationDefinitionNode
    variables: Mapping[str, Any]

    @property
    def is_mutation(self) -> bool:
        """Whether it changes something, so that it may be neither asked by GET nor left half done."""
        return self.node.operation is OperationType.MUTATION


class Engine:
    """
    Answers GraphQL requests on a Strawberry schema.

    Where its fields are bound to resolvers for whole levels, queries go level by level; everything else, and what the
    schema is asked about itself, goes to graphql-core, on the same resolvers.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        limits: LimitSettings,
        introspection: bool,
        trusted: DocumentSettings | None = None,
    ) -> None:
        """`trusted` says which documents the operator trusts. Raises SettingsError where one of them is wrong."""
        self._schema = schema
        documents = DocumentCache(schema._schema, limits=limits, introspection=introspection)  # noqa: SLF001
        trusted = trusted or DocumentSettings()
        known = {} if trusted.file is None else read_trusted(Path(trusted.file), documents)
        self._persisted = PersistedDocuments(documents, known, only_trusted=trusted.only_trusted)
        self._deadline = limits.deadline_seconds
        self._alarms = SharedTimer(self._deadline)
        self._by_levels = Binding.bound(schema._schema.query_type)  # noqa: SLF001
        self._answers = ResponseCache()
        for document in known.values() if self._by_levels else ():
            document.plan_ahead(schema._schema)  # noqa: SLF001

    def prepare(self, request: GraphQLRequest) -> PreparedOperation:
        """The operation that is asked for. Raises Refused where the document or its choice is wrong."""
        document = self._persisted.get(request)
        return PreparedOperation(
            document, document.operation(request.operation_name), request.variables or {}
        )

    async def run(self, operation: PreparedOperation, context: OperationContext) -> Response:
        """
        The answer to an operation. Ends at the deadline: then `data` is null, and the error says whether
        something may have been changed. What was answered before, and would be answered again, is given as it is.
        """
        asked = self._question(operation, context)
        kept = None if asked is None else self._answers.get(asked, cast("loaders.RequestContext", context))
        if kept is not None:
            return {"data": kept}
        try:
            with Timeout(self._alarms):
                result = await self._execute(operation, context, asked)
        except TimeoutError:
            errors = [self._too_late(operation), *from_reported(context.reported)]
            return {"data": None, "errors": errors}
        except Exception as exc:  # noqa: BLE001 (whatever it is, the caller gets an answer)
            return {"data": None, "errors": [request_error("INTERNAL", internal(exc))]}
        finally:
            await context.close()
        errors = from_execution(result.errors or ()) + from_reported(context.reported)
        for told in result.errors or ():
            drop_traceback(told.original_error)
            drop_traceback(told)
        response: Response = {"errors": errors} if errors else {}
        # without data and path graphql-core never began: the variables are wrong
        begun = result.data is not None or any(error.path is not None for error in result.errors or ())
        return {**response, "data": result.data} if begun else response

    async def execute(self, request: GraphQLRequest, context: OperationContext) -> Response:
        """The answer to a request: prepare and run in one."""
        try:
            operation = self.prepare(request)
        except RequestRefused as refused:
            return {"errors": list(refused.errors)}
        return await self.run(operation, context)

    def _goes_by_levels(self, operation: PreparedOperation) -> bool:
        return self._by_levels and not operation.is_mutation and not operation.document.looks_at_schema

    def _question(self, operation: PreparedOperation, context: OperationContext) -> ResponseKey | None:
        """What is asked, where the answer may be kept."""
        if not self._goes_by_levels(operation):
            return None
        ours = cast("loaders.RequestContext", context)
        return response_key(operation.document, operation.node, operation.variables, ours)

    async def _execute(
        self, operation: PreparedOperation, context: OperationContext, asked: ResponseKey | None = None
    ) -> ExecutionResult:
        """Queries go level by level; mutations and introspection through graphql-core."""
        if not self._goes_by_levels(operation):
            return await self._by_fields(operation, context)
        ours = cast("loaders.RequestContext", context)
        planned = self.planned(operation, ours)
        if isinstance(planned, list):
            return ExecutionResult(None, planned)
        plan, variables = planned
        ours.set_field_usage(used_fields(plan))
        run = LevelExecutor(ours, variables)
        data: Any = await run.root(plan)
        if asked is not None and data is not None and not run.errors:
            data = self._answers.put(asked, data, plan=plan, context=ours)
        return ExecutionResult(data, run.errors or None)

    def planned(
        self, operation: PreparedOperation, context: "loaders.RequestContext"
    ) -> tuple[Selection, VariableValues] | list[GraphQLError]:
        """The plan with the caller's variables, or what is wrong with these or with the arguments."""
        schema = self._schema._schema  # noqa: SLF001
        node = operation.node
        variables = get_variable_values(
            schema, node.variable_definitions or (), dict(operation.variables), max_errors=5
        )
        if isinstance(variables, list):
            return variables
        plan = operation.document.plan(schema, node, variables)
        return bad_arguments(plan, context, variables) or (plan, variables)

    async def _by_fields(self, operation: PreparedOperation, context: OperationContext) -> ExecutionResult:
        """graphql-core's way: field by field."""
        name = operation.node.name
        result = execute_operation(
            self._schema._schema,  # noqa: SLF001
            operation.document.node,
            context_value=context,
            variable_values=dict(operation.variables),
            operation_name=name.value if name else None,
            is_awaitable=cast("Callable[[Any], TypeGuard[Awaitable[Any]]]", optimized_is_awaitable),
            executor_class=self._schema.execution_context_class,
            max_coercion_errors=5,
        )
        return await result if inspect.isawaitable(result) else result

    def _too_late(self, operation: PreparedOperation) -> Entry:
        seconds = f"{self._deadline:g} s"
        if operation.is_mutation:
            message = (
                f"The mutation did not end within {seconds}: look whether it was done before you repeat it"
            )
            return request_error("OUTCOME_UNKNOWN", message)
        return request_error(
            "QUERY_TOO_COMPLEX", f"The operation did not end within {seconds}: ask for less at once"
        )
