"""Document cache: a document is parsed, checked against the limits and validated once."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from operator import attrgetter

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    Lexer,
    OperationDefinitionNode,
    OperationType,
    Source,
    TokenKind,
    parse,
)
from graphql.execution.values import VariableValues
from graphql.validation.validate import ValidationAbortedError

from gateway.engine.documents import limits as document_limits
from gateway.engine.documents.defer_directive import has_defer, without_defer
from gateway.engine.documents.subgraph_names import SubgraphNames
from gateway.engine.documents.validation import Validation
from gateway.engine.documents.validation_rules import rules
from gateway.engine.execution.input_limits import TypedVariables, typed_variables
from gateway.engine.execution.plan import FieldGuard, Planner, Selection, directive_variables
from gateway.engine.graphql_errors import RequestRefused, from_document, request_error
from gateway.errors import TooComplex
from gateway.settings import LimitSettings

# An AST takes about 400 bytes a token, and a token at least two characters.
_CACHE_CHARACTERS = 250_000
_LEAST_WEIGHT = 250
# A planned field takes as much as eight characters, with the functions that read it at every vendor.
_FIELD_CHARACTERS = 8
_LARGEST = _CACHE_CHARACTERS // 4
_LONGEST_TOKEN_ON_AVERAGE = 100
_ERRORS_LISTED = 5
# Cached plans of one document; they differ by operation and by the variables in directives.
_PLANS = 16


@dataclass(frozen=True, eq=False)
class Document:
    """
    A validated document.

    `typename` gives the name of a type in answers. `looks_at_schema` is true for introspection, `has_directives` if it
    has any directive. `plans` are by operation and values of its directives' variables; `on_planned` is called after
    each.
    """

    node: DocumentNode
    operations: Mapping[str | None, OperationDefinitionNode]
    looks_at_schema: bool
    has_directives: bool
    typename: Callable[[str], str] = field(default=str, repr=False)
    on_planned: Callable[["Document"], None] = field(default=lambda _: None, repr=False)
    plans: dict[Hashable, Selection] = field(default_factory=dict, repr=False, compare=False)
    _typed_variables: dict[str | None, TypedVariables] = field(
        default_factory=dict, repr=False, compare=False
    )

    def plan(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        guard: FieldGuard | None = None,
        *,
        in_parts: bool = False,
    ) -> Selection:
        """
        The operation's plan, cached by the values of the variables in its directives and the caller's rights. Without
        `in_parts` no fragment of it is deferred.
        """
        name = operation.name.value if operation.name else None
        names = self.deciding_variables[name]
        values = tuple(variables.coerced.get(variable) for variable in names)
        key = (name, values, "" if guard is None else guard.digest, in_parts)
        plan = self.plans.get(key)
        if plan is None:
            fragments = {fragment.name.value: fragment for fragment in self.fragments}
            planner = Planner(schema, fragments, variables, guard, self.typename, in_parts=in_parts)
            plan = planner.plan(operation)
            if len(self.plans) >= _PLANS or self.weight + _FIELD_CHARACTERS * plan.size > _LARGEST:
                self.plans.clear()
            self.plans[key] = plan
            self.on_planned(self)
        return plan

    @property
    def weight(self) -> int:
        """Memory that it takes with its plans, as a number of characters."""
        planned = sum(plan.size for plan in self.plans.values())
        return max(_LEAST_WEIGHT, len(self.text) + _FIELD_CHARACTERS * planned)

    def typed_variables(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> TypedVariables:
        """The operation's variables that limits apply to."""
        name = operation.name.value if operation.name else None
        if name not in self._typed_variables:
            self._typed_variables[name] = typed_variables(schema, operation)
        return self._typed_variables[name]

    def plan_ahead(self, schema: GraphQLSchema) -> None:
        """Make the plans of all queries, up to the cache's bound: no request has to wait for one then."""
        for name, operation in self.operations.items():
            names = self.deciding_variables[name]
            if operation.operation is not OperationType.QUERY or self.looks_at_schema:
                continue
            for values in product((True, False), repeat=len(names)):
                if len(self.plans) >= _PLANS:
                    return
                variables = VariableValues({}, dict(zip(names, values, strict=True)))
                self.plan(schema, operation, variables)
                if self.defers:
                    self.plan(schema, operation, variables, in_parts=True)

    @cached_property
    def text(self) -> str:
        """The source text."""
        return self.node.loc.source.body if self.node.loc is not None else ""

    @cached_property
    def fragments(self) -> tuple[FragmentDefinitionNode, ...]:
        """The document's fragments."""
        return tuple(
            definition
            for definition in self.node.definitions
            if isinstance(definition, FragmentDefinitionNode)
        )

    @cached_property
    def defers(self) -> bool:
        """True if the document has the directive `@defer`."""
        return self.has_directives and has_defer(self.node)

    @cached_property
    def undeferred_node(self) -> DocumentNode:
        """The document without the directive `@defer`."""
        return without_defer(self.node) if self.defers else self.node

    @cached_property
    def deciding_variables(self) -> Mapping[str | None, tuple[str, ...]]:
        """By operation, the names of the variables in its directives."""
        if not self.has_directives:
            return dict.fromkeys(self.operations, ())
        return {
            name: directive_variables(operation, self.fragments)
            for name, operation in self.operations.items()
        }

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation of this name, or the only one. Raises RequestRefused."""
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name is None:
            raise RequestRefused(
                [request_error("BAD_REQUEST", "The document has several operations: give operationName")]
            )
        if name not in self.operations:
            raise RequestRefused(
                [request_error("BAD_REQUEST", "The document has no operation of the name in operationName")]
            )
        return self.operations[name]


class DocumentCache:
    """LRU cache of one schema's validated documents and their plans, with one bound for all (`_CACHE_CHARACTERS`)."""

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        limits: LimitSettings,
        introspection: bool,
        names: SubgraphNames | None = None,
    ) -> None:
        """With `names` documents are written in those of the subgraph."""
        self._schema = schema
        self._names = names
        self._limits = limits
        self._validation = Validation(rules(introspection=introspection))
        self._documents: LRUCache[str, Document] = LRUCache(_CACHE_CHARACTERS, getsizeof=attrgetter("weight"))

    def get(self, text: str) -> Document:
        """The document of a text, cached. Raises RequestRefused with its errors."""
        document = self._documents.get(text)
        if document is None:
            document = self.read(text)
            self._put(document)
        return document

    def _put(self, document: Document) -> None:
        if document.weight <= _CACHE_CHARACTERS:
            self._documents[document.text] = document

    def _reweigh(self, document: Document) -> None:
        if self._documents.get(document.text) is document:
            self._put(document)

    def read(self, text: str) -> Document:
        """The document of a text, not cached. Raises RequestRefused with its errors."""
        try:
            node = self._parse(text)
            costs = document_limits.check(node, self._limits)
        except TooComplex as exc:
            raise RequestRefused([request_error(exc.code, exc.message)]) from exc
        except GraphQLSyntaxError as exc:
            raise RequestRefused([from_document(exc, "GRAPHQL_PARSE_FAILED")]) from exc
        if self._names is not None:
            node = self._names.translate(node)
        violations = self._validation.errors(self._schema, node, most=_ERRORS_LISTED)
        if errors := [error for error in violations if not isinstance(error, ValidationAbortedError)]:
            raise RequestRefused([from_document(error, _code(error)) for error in errors])
        if violations:
            raise RequestRefused(
                [request_error("QUERY_TOO_COMPLEX", "The document repeats too many fields: name each once")]
            )
        operations = [
            definition for definition in node.definitions if isinstance(definition, OperationDefinitionNode)
        ]
        if not operations:
            raise RequestRefused(
                [request_error("BAD_REQUEST", "The document has no operation: write a query or a mutation")]
            )
        return Document(
            node,
            {operation.name.value if operation.name else None: operation for operation in operations},
            looks_at_schema=any(cost.introspects for cost in costs),
            has_directives=any(cost.directives for cost in costs),
            typename=str if self._names is None else self._names.type_name,
            on_planned=self._reweigh,
        )

    def _parse(self, text: str) -> DocumentNode:
        tokens = self._limits.tokens
        if len(text) > tokens * _LONGEST_TOKEN_ON_AVERAGE:
            raise TooComplex("The document is too long: put long values into variables")
        try:
            return _without_token_cycles(parse(text, max_lexical_tokens=tokens))
        except GraphQLSyntaxError:
            if _has_more_tokens(text, tokens):
                raise TooComplex(
                    f"The document has more than {tokens} tokens: ask for less at once"
                ) from None
            raise


def _without_token_cycles(document: DocumentNode) -> DocumentNode:
    """The document with tokens that are not linked to each other: it is freed without a garbage collection then."""
    token = document.loc.start_token if document.loc is not None else None
    while token is not None:
        following, token.prev, token.next = token.next, None, None
        token = following
    return document


def _code(error: GraphQLError) -> str:
    """Error code: a scalar's refusal of a literal is about the caller's value, all else about the document."""
    return "GRAPHQL_VALIDATION_FAILED" if error.original_error is None else "BAD_USER_INPUT"


def _has_more_tokens(text: str, tokens: int) -> bool:
    lexer = Lexer(Source(text))
    try:
        for _ in range(tokens + 1):
            if lexer.advance().kind is TokenKind.EOF:
                return False
    except GraphQLSyntaxError:
        return False
    return True
