"""Known bodies: the operation of a body that was read before is looked up, not read again."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from weakref import ref

from gateway.edge.graphql.parameters import read_body
from gateway.edge.responses import HttpProblem
from gateway.engine.documents.documents import Document
from gateway.engine.engine import Engine, PreparedOperation
from gateway.engine.execution.argument_values import ArgumentValues
from gateway.engine.graphql_errors import RequestRefused

#: Bytes of all known bodies, and of one.
_BYTES, _LONGEST = 500_000, 16_384


class _Content(NamedTuple):
    """Content of a body. The document is the cache's, and is not known when that has dropped it."""

    document: ref[Document]
    operation_name: str | None
    variables: Mapping[str, Any]
    arguments: list[ArgumentValues]


class KnownBodies:
    """The latest bodies with their operations, bounded by their bytes; the oldest go."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._contents: dict[bytes, _Content] = {}
        self._bytes = 0

    def operation(self, body: bytes) -> PreparedOperation | None:
        """The operation of a body; None if it is refused, for which the request goes the usual way."""
        content = self._contents.get(body)
        document = None if content is None else content.document()
        if content is not None and document is not None:
            return self._engine.prepared(
                document, content.operation_name, content.variables, content.arguments
            )
        try:
            request = read_body(body)
            operation = self._engine.prepare(request)
        except (HttpProblem, RequestRefused):
            return None
        if request.extensions is None and len(body) <= _LONGEST:  # a hash may have to be registered again
            known = ref(operation.document)
            self._put(body, _Content(known, request.operation_name, operation.variables, operation.arguments))
        return operation

    def _put(self, body: bytes, content: _Content) -> None:
        if body not in self._contents:
            self._bytes += len(body)
        self._contents[body] = content
        while self._bytes > _BYTES:
            oldest = next(iter(self._contents))
            del self._contents[oldest]
            self._bytes -= len(oldest)
