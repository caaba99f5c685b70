"""
Response cache. An entry is valid as long as every upstream answer that it was built from is the current one in the HTTP
cache; it has no lifetime of its own.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from weakref import ref

import msgspec
from cachetools import LRUCache
from graphql import OperationDefinitionNode

from gateway.connector.description.warranty import today
from gateway.connector.fetching.source import Source
from gateway.engine.documents.documents import Document
from gateway.engine.execution.plan import Selection, Shape
from gateway.upstream.caching.answer import UpstreamAnswer
from gateway.upstream.client import Upstream
from resolvers.context import RequestContext

_BYTES = 8 * 1024 * 1024
_MAX_ENTRY_BYTES = 1024 * 1024
#: Bytes that an entry takes beside its texts, about, and that each of its dependencies adds.
_ENTRY, _DEPENDENCY = 500, 200
#: Equal variables are written in the same way, and different ones differently.
_VARIABLES = msgspec.json.Encoder(order="sorted", decimal_format="number")


class ResponseKey(NamedTuple):
    """
    All that a response depends on beside the upstream answers: the operation, the caller's variables as they came and
    rights, and the day, on which some values depend. The document is identified by its text, so that the key holds no
    reference to it.
    """

    text: str
    operation: str | None
    variables: bytes
    day: date
    decisions: int
    max_page_size: int
    rights: str


class ResponseFreshness(NamedTuple):
    """When a response was made, and until when all that it was made of is fresh, in seconds since 1970."""

    generated_at: float
    expires_at: float


@dataclass(frozen=True)
class _CachedResult:
    """
    The JSON of `data`; None after the first request, which only marks the key.

    `address` is the gateway's own, if the response contains it. `dependencies` are the upstream answers that it was
    built from, by weak references.
    """

    weight: int
    data: msgspec.Raw | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)
    dependencies: Sequence[tuple[Upstream, ref[UpstreamAnswer]]] = ()
    address: str | None = None
    generated_at: float = 0.0

    def is_current(self, context: RequestContext) -> bool:
        """
        True if an operation that is run now would give the same response, without a call. The context then has its
        freshness.
        """
        if self.sources is not context.sources:
            return False
        if self.address is not None and self.address != context.base_url():
            return False
        expires_at = math.inf
        for upstream, reference in self.dependencies:
            answer = reference()
            if answer is None or not upstream.is_current(answer):
                return False
            expires_at = min(expires_at, answer.expires_at)
        context.freshness = ResponseFreshness(self.generated_at, expires_at) if self.dependencies else None
        return True


def response_key(
    document: Document, node: OperationDefinitionNode, variables: Mapping[str, Any], context: RequestContext
) -> ResponseKey | None:
    """The key of a request; None if its response may not be cached: no caching, or files among the variables."""
    if not context.caching:
        return None
    try:
        encoded = _VARIABLES.encode(variables) if variables else b""
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None
    name = node.name.value if node.name is not None else None
    return ResponseKey(
        document.text,
        name,
        encoded,
        today(),
        context.catalog.revision(),
        context.max_page_size,
        context.visibility_digest,
    )


class ResponseCache:
    """LRU cache of this process, bounded by its bytes. A response is stored at the second request for it."""

    def __init__(self, *, max_bytes: int = _BYTES, largest: int = _MAX_ENTRY_BYTES) -> None:
        self._results: LRUCache[ResponseKey, _CachedResult] = LRUCache(
            max_bytes, getsizeof=lambda result: result.weight
        )
        self._largest = largest

    @property
    def size(self) -> float:
        """Bytes that the cached responses take, about."""
        return self._results.currsize

    def get(self, key: ResponseKey, context: RequestContext) -> msgspec.Raw | None:
        """The cached `data`, if it is current. The context then has its freshness."""
        try:
            result = self._results[key]
        except KeyError:
            return None
        if result.data is None or not result.is_current(context):
            return None
        return result.data

    def put(
        self, key: ResponseKey, written: msgspec.Raw, *, plan: Selection, context: RequestContext
    ) -> None:
        """Store the `data` of a response without errors. The context then has its freshness."""
        if _is_live(plan) or (answers := context.used_answers()) is None:
            return
        now = time.time()
        context.freshness = _freshness(answers, now)
        weight = _ENTRY + len(key.text) + len(key.variables)
        if key not in self._results:
            self._store(key, _CachedResult(weight))
            return
        dependencies = [(context.sources[answer.key.source].upstream, ref(answer)) for answer in answers]
        weight += len(written) + _DEPENDENCY * len(dependencies)
        self._store(key, _CachedResult(weight, written, context.sources, dependencies, context.address, now))

    def _store(self, key: ResponseKey, result: _CachedResult) -> None:
        if result.weight <= self._largest:
            self._results[key] = result


def _freshness(answers: Sequence[UpstreamAnswer], generated_at: float) -> ResponseFreshness | None:
    """The freshness of a response that is made of these answers; None if it is made of none."""
    expires_at = min((answer.expires_at for answer in answers), default=None)
    return None if expires_at is None else ResponseFreshness(generated_at, expires_at)


def _is_live(plan: Selection) -> bool:
    """True if a field is selected whose value may change at any moment. Computed once a plan."""
    is_live: bool | None = plan.cache.get("live")
    if is_live is None:
        is_live = plan.cache["live"] = any(
            field.binding is not None
            and (field.binding.live or (field.shape is not None and _is_shape_live(field.shape)))
            for field in plan.fields
        )
    return is_live


def _is_shape_live(shape: Shape) -> bool:
    return (
        _is_shape_live(shape.items)
        if shape.items is not None
        else any(map(_is_live, shape.selections.values()))
    )
