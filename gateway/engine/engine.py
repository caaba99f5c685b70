"""GraphQL engine: runs an operation on the schema, within a deadline, with every error in the gateway's form."""

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard, cast

import strawberry
from cachetools import LRUCache
from graphql import ExecutionResult, GraphQLError, OperationDefinitionNode, OperationType, located_error
from graphql.execution import experimental_execute_incrementally
from graphql.execution.values import get_variable_values
from strawberry.execution import optimized_is_awaitable

from gateway.access.rights import Rights
from gateway.concurrency.timeouts import SharedTimer, Timeout
from gateway.engine.documents.documents import Document, DocumentCache
from gateway.engine.documents.persisted import PersistedDocuments
from gateway.engine.documents.subgraph_names import SubgraphNames
from gateway.engine.documents.trusted import read_trusted
from gateway.engine.execution.answer_writer import AnswerWriter
from gateway.engine.execution.argument_values import ArgumentValues
from gateway.engine.execution.arguments import bad_arguments
from gateway.engine.execution.deferred_parts import DeferredParts
from gateway.engine.execution.executor import LevelExecutor
from gateway.engine.execution.field_usage import used_fields
from gateway.engine.execution.guard import Guard
from gateway.engine.execution.guard_arguments import forbidden_arguments, refused_fields
from gateway.engine.execution.input_limits import check_arguments, check_variables
from gateway.engine.execution.plan import Selection
from gateway.engine.execution.refused_mutation import audit_refused_mutation
from gateway.engine.graphql_errors import (
    Entry,
    RequestRefused,
    from_execution,
    from_reported,
    internal,
    request_error,
    without_suggestions,
)
from gateway.engine.request import GraphQLRequest
from gateway.engine.response_cache import ResponseCache, ResponseKey, response_key
from gateway.errors import BadInput, Forbidden, GatewayError, drop_traceback
from gateway.settings import DocumentSettings, LimitSettings
from resolvers.field_resolver import EventResolver
from schema.binding import Binding

if TYPE_CHECKING:
    from resolvers.context import RequestContext

#: Callers' different rights whose answers are kept.
_GUARDS = 256

Response = dict[str, Any]
"""
The GraphQL response map, as `encoder.py` writes it: objects in it may be structs, or JSON already. Without
`data` the operation was not run.
"""


class OperationContext(Protocol):
    """The part of the resolvers' context (`resolvers.context.RequestContext`) that every operation needs."""

    @property
    def reported(self) -> Sequence[tuple[GatewayError, Sequence[str | int]]]:
        """Errors beside partial data, such as a source that failed in a list, each with its path."""
        ...

    def costs(self) -> Mapping[str, int]:
        """Costs of the operation until now, by name, for its log line."""
        ...

    @property
    def freshness(self) -> tuple[float, float] | None:
        """Times (seconds since 1970) at which the response was made and until which it is fresh; None: not kept."""
        ...

    def measure_cost(self) -> None:
        """Measure what the operation takes of each source."""
        ...

    def measured_cost(self) -> Mapping[str, Any]:
        """The operation's cost, as JSON has it."""
        ...

    async def close(self) -> None:
        """Cancel the reads in progress."""
        ...


@dataclass(frozen=True)
class PreparedOperation:
    """
    A validated operation with the caller's variables, not coerced yet. A mutation is refused by GET, and is not
    cancelled when the client disconnects; a subscription has any number of responses: see `Engine.subscribe`.
    `arguments` holds those of the latest plan, once the variables are coerced; equal operations may share it.
    """

    document: Document
    node: OperationDefinitionNode
    variables: Mapping[str, Any]
    name: str | None
    kind: str
    is_mutation: bool
    is_subscription: bool
    arguments: list[ArgumentValues] = field(default_factory=list, compare=False, repr=False)


class Engine:
    """
    Answers GraphQL requests on a Strawberry schema.

    If the schema's fields are bound to resolvers, queries run level by level; mutations and introspection run in
    graphql-core, on the same resolvers.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        limits: LimitSettings,
        introspection: bool,
        trusted: DocumentSettings | None = None,
        names: SubgraphNames | None = None,
    ) -> None:
        """
        `trusted` names the operator's trusted documents; with `names` requests are written in those of the subgraph.
        Raises SettingsError if a trusted document is invalid.
        """
        self._schema = schema
        self._names = names
        self._introspection = introspection
        documents = DocumentCache(
            schema._schema,  # noqa: SLF001
            limits=limits,
            introspection=introspection,
            names=names,
        )
        trusted = trusted or DocumentSettings()
        known = {} if trusted.file is None else read_trusted(Path(trusted.file), documents)
        self._persisted = PersistedDocuments(documents, known, only_trusted=trusted.only_trusted)
        self._limits = limits
        self._deadline = limits.deadline_seconds
        self._timer = SharedTimer(self._deadline)
        self._is_bound = Binding.is_bound(schema._schema.query_type)  # noqa: SLF001
        self._responses = ResponseCache()
        self._guards: LRUCache[str, Guard] = LRUCache(_GUARDS)
        for document in known.values() if self._is_bound else ():
            document.plan_ahead(schema._schema)  # noqa: SLF001

    @property
    def response_cache_size(self) -> float:
        """Bytes in the response cache, about."""
        return self._responses.size

    def prepare(
        self, request: GraphQLRequest, *, names_schema: Callable[[], bool] = lambda: True
    ) -> PreparedOperation:
        """
        The requested operation. Raises RequestRefused for an invalid document or operation name; its errors suggest
        names of the schema only if `names_schema`.
        """
        try:
            document = self._persisted.get(request)
        except RequestRefused as refusal:
            shown = self._shown(refusal.errors) if names_schema() else without_suggestions(refusal.errors)
            raise RequestRefused(shown) from refusal
        return self.prepared(document, request.operation_name, request.variables or {})

    @staticmethod
    def prepared(
        document: Document,
        operation_name: str | None,
        variables: Mapping[str, Any],
        arguments: list[ArgumentValues] | None = None,
    ) -> PreparedOperation:
        """
        An operation of a document, with the `arguments` of an equal one if there is one. Raises RequestRefused if the
        name is not that of one.
        """
        node = document.operation(operation_name)
        return PreparedOperation(
            document,
            node,
            variables,
            name=None if node.name is None else node.name.value,
            kind=node.operation._value_,
            is_mutation=node.operation is OperationType.MUTATION,
            is_subscription=node.operation is OperationType.SUBSCRIPTION,
            arguments=[] if arguments is None else arguments,
        )

    def cached(self, operation: PreparedOperation, context: OperationContext) -> Response | None:
        """The response in the response cache, if it is current there. The context then has its freshness."""
        return self._cached(self._response_key(operation, context), context)

    def deferred_parts(self) -> DeferredParts:
        """The parts that `run` may leave to be answered later. The operation's deadline holds for these, too."""
        return DeferredParts(self._deadline, self._shown)

    async def run(
        self,
        operation: PreparedOperation,
        context: OperationContext,
        *,
        look_in_cache: bool = True,
        parts: DeferredParts | None = None,
    ) -> Response:
        """
        The response to an operation, from the response cache if it is current there. With `look_in_cache` false it is
        run in any case. With `parts` it is the first part, if these have objects then: they close the context.

        At the deadline the operation is cancelled: `data` is null, and a mutation's error is OUTCOME_UNKNOWN.
        """
        try:
            self.check_variables(operation)
        except BadInput as exc:
            await context.close()
            return {"errors": [request_error(exc.code, exc.message)]}
        key = self._response_key(operation, context)
        cached = self._cached(key, context) if look_in_cache else None
        if cached is not None:
            return cached
        try:
            with Timeout(self._timer):
                result = await self._execute(operation, context, key, parts=parts)
        except TimeoutError:
            errors = [self._deadline_error(operation), *from_reported(context.reported)]
            return {"data": None, "errors": errors}
        except Exception as exc:  # noqa: BLE001 (the caller gets a response in any case)
            return {"data": None, "errors": [request_error("INTERNAL", internal(exc))]}
        finally:
            if parts is None or not parts.objects:
                await context.close()
        if result.data is not None and not result.errors and not context.reported:
            return {"data": result.data}
        errors = self._shown(from_execution(result.errors or ())) + from_reported(context.reported)
        for error in result.errors or ():
            drop_traceback(error.original_error)
            drop_traceback(error)
        response: Response = {"errors": errors} if errors else {}
        # Without data and path graphql-core did not start the operation: its variables are invalid.
        is_run = result.data is not None or any(error.path is not None for error in result.errors or ())
        return {**response, "data": result.data} if is_run else response

    async def subscribe(
        self, operation: PreparedOperation, new_context: Callable[[], OperationContext]
    ) -> AsyncGenerator[Response, None]:
        """
        The responses to a subscription, one for each event, until the iterator is closed; or one without `data` if it
        is refused. `new_context` makes a context for each.
        """
        context = cast("RequestContext", new_context())
        try:
            self.check_variables(operation)
            events = await self._events(operation, context)
        except GatewayError as exc:
            yield {"errors": [request_error(exc.code, exc.message)]}
            return
        except RequestRefused as refusal:
            yield {"errors": self._shown(refusal.errors)}
            return
        finally:
            await context.close()
        async with aclosing(events):
            async for event in events:
                context = cast("RequestContext", new_context())
                context.event = event
                yield await self.run(operation, context)

    async def _events(
        self, operation: PreparedOperation, context: "RequestContext"
    ) -> AsyncGenerator[Any, None]:
        """The events of a subscription. Raises GatewayError or RequestRefused for arguments that are refused."""
        planned = self.planned(operation, context)
        if isinstance(planned, list):
            raise RequestRefused(from_execution(planned))
        plan, arguments = planned
        for planned_field in plan.fields:
            if planned_field.refusal is not None:
                raise Forbidden(planned_field.refusal)
            resolver = None if planned_field.binding is None else planned_field.binding.level
            if isinstance(resolver, EventResolver):
                return await resolver.events(context, arguments.of(planned_field))
        raise BadInput("The subscription selects nothing: its field is skipped")

    async def execute(self, request: GraphQLRequest, context: OperationContext) -> Response:
        """The response to a request: `prepare` and `run`."""
        try:
            operation = self.prepare(request)
        except RequestRefused as refused:
            return {"errors": list(refused.errors)}
        return await self.run(operation, context)

    def _shown(self, errors: Sequence[Entry]) -> list[Entry]:
        return list(errors) if self._introspection else without_suggestions(errors)

    def check_variables(self, operation: PreparedOperation) -> None:
        """Raise BadInput for variables that exceed a limit: before they are even coerced, which takes its time."""
        if operation.variables and operation.node.variable_definitions and not operation.arguments:
            schema = self._schema._schema  # noqa: SLF001
            types = operation.document.typed_variables(schema, operation.node)
            check_variables(types, operation.variables, self._limits)

    def _uses_levels(self, operation: PreparedOperation) -> bool:
        return self._is_bound and not operation.is_mutation and not operation.document.looks_at_schema

    def _response_key(self, operation: PreparedOperation, context: OperationContext) -> ResponseKey | None:
        """Key of the response cache; None if the response may not be cached."""
        if not self._is_bound or operation.kind != "query" or operation.document.looks_at_schema:
            return None
        level_context: RequestContext = context  # type: ignore[assignment]
        return response_key(operation.document, operation.node, operation.variables, level_context)

    def _cached(self, key: ResponseKey | None, context: OperationContext) -> Response | None:
        if key is None:
            return None
        level_context: RequestContext = context  # type: ignore[assignment]
        cached = self._responses.get(key, level_context)
        if cached is None:
            return None
        level_context.is_response_cached = True
        return {"data": cached}

    async def _execute(
        self,
        operation: PreparedOperation,
        context: OperationContext,
        key: ResponseKey | None = None,
        *,
        parts: DeferredParts | None = None,
    ) -> ExecutionResult:
        """Queries go level by level; mutations and introspection through graphql-core."""
        if not self._uses_levels(operation):
            rights = getattr(context, "rights", None)
            forbidden = self._forbidden(operation, cast("RequestContext", context)) if rights else None
            return (
                ExecutionResult(None, forbidden)
                if forbidden
                else await self._execute_by_fields(operation, context)
            )
        level_context: RequestContext = context  # type: ignore[assignment]
        planned = self.planned(operation, level_context)
        if isinstance(planned, list):
            return ExecutionResult(None, planned)
        plan, arguments = planned
        if level_context.rights is not None:
            for path, refused in refused_fields(plan):
                level_context.report(Forbidden(refused.refusal or ""), path)
        level_context.set_field_usage(used_fields(plan, arguments))
        if parts is not None:
            plan, arguments = self.cut(operation, level_context, arguments)
        executor = LevelExecutor(level_context, arguments)
        data = await executor.root(plan)
        if data is None:
            return ExecutionResult(None, executor.errors() or None)
        writer = AnswerWriter(level_context.time_slice, max_bytes=self._limits.answer_bytes)
        written: Any = await writer.write(plan, data)
        errors = executor.errors() + writer.errors
        if parts is not None and executor.deferred:
            errors += await parts.start(executor, data, writer)
        elif key is not None and not errors:
            self._responses.put(key, written, plan=plan, context=level_context)
        return ExecutionResult(written, errors or None)

    def planned(
        self, operation: PreparedOperation, context: "RequestContext"
    ) -> tuple[Selection, ArgumentValues] | list[GraphQLError]:
        """The plan and its arguments, or the errors in the variables or arguments."""
        schema = self._schema._schema  # noqa: SLF001
        node = operation.node
        arguments = operation.arguments[0] if operation.arguments else None
        variables = (
            get_variable_values(
                schema, node.variable_definitions or (), dict(operation.variables), max_errors=5
            )
            if arguments is None
            else arguments.variables
        )
        if isinstance(variables, list):
            return variables
        guard = self._guard(context.rights)
        plan = operation.document.plan(schema, node, variables, guard)
        if arguments is None or not arguments.belong_to(plan):
            try:
                check_arguments(plan, variables.coerced, self._limits)
            except BadInput as exc:
                return [located_error(exc)]
            arguments = ArgumentValues(plan, variables)
            operation.arguments[:] = [arguments]
        if guard is not None and (forbidden := forbidden_arguments(plan, guard, arguments)):
            if operation.is_mutation:
                audit_refused_mutation(plan, arguments, context)
            return forbidden
        return bad_arguments(plan, context, arguments) or (plan, arguments)

    def cut(
        self, operation: PreparedOperation, context: "RequestContext", arguments: ArgumentValues
    ) -> tuple[Selection, ArgumentValues]:
        """The plan of a planned operation with its deferred fragments apart, and the arguments of its fields."""
        schema, guard = self._schema._schema, self._guard(context.rights)  # noqa: SLF001
        plan = operation.document.plan(schema, operation.node, arguments.variables, guard, in_parts=True)
        return plan, ArgumentValues(plan, arguments.variables)

    def _guard(self, rights: Rights | None) -> Guard | None:
        """The guard of a caller's rights; None if they allow all."""
        if rights is None:
            return None
        guard = self._guards.get(rights.digest)
        if guard is None:
            guard = self._guards[rights.digest] = Guard(self._schema._schema, rights)  # noqa: SLF001
        return guard

    def _forbidden(self, operation: PreparedOperation, context: "RequestContext") -> list[GraphQLError]:
        """
        Errors of an operation that runs field by field: it is refused as a whole for a field that the caller may not
        read or write, so that nothing of it is done.
        """
        if operation.document.looks_at_schema and not (context.rights is None or context.rights.explore):
            return [located_error(Forbidden("You may not look at the schema."))]
        planned = self.planned(operation, context)
        if isinstance(planned, list):
            return planned
        forbidden = [
            located_error(
                Forbidden(field.refusal or "You may not read this at every source."), list(field.nodes), path
            )
            for path, field in refused_fields(planned[0], partly=True)
        ]
        if forbidden and operation.is_mutation:
            audit_refused_mutation(*planned, context)
        return forbidden

    async def _execute_by_fields(
        self, operation: PreparedOperation, context: OperationContext
    ) -> ExecutionResult:
        """Execution by graphql-core, field by field."""
        name = operation.node.name
        result = experimental_execute_incrementally(  # `execute` takes no schema that has `@defer`
            self._schema._schema,  # noqa: SLF001
            operation.document.undeferred_node,
            context_value=context,
            variable_values=dict(operation.variables),
            operation_name=name.value if name else None,
            is_awaitable=cast("Callable[[Any], TypeGuard[Awaitable[Any]]]", optimized_is_awaitable),
            executor_class=self._schema.execution_context_class,
            max_coercion_errors=5,
        )
        result = await result if inspect.isawaitable(result) else result
        assert isinstance(result, ExecutionResult)  # nothing is deferred
        if self._names is not None:
            self._names.rename_answer(result.data, operation.node, operation.document.node)
        return result

    def _deadline_error(self, operation: PreparedOperation) -> Entry:
        seconds = f"{self._deadline:g} s"
        if operation.is_mutation:
            message = (
                f"The mutation did not end within {seconds}: look whether it was done before you repeat it"
            )
            return request_error("OUTCOME_UNKNOWN", message)
        return request_error(
            "QUERY_TOO_COMPLEX", f"The operation did not end within {seconds}: ask for less at once"
        )
