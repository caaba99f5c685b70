"""
Answers to whole operations, given again as long as everything they were made of is what would be told now.

There is no clock of their own: the vendors' answers that one was made of are asked whether they still hold.
"""

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
from gateway.engine.encoder import ENCODER
from gateway.engine.execution.plan import Selection, Shape
from gateway.upstream.caching.answer import UpstreamAnswer
from gateway.upstream.client import Upstream
from resolvers.context import RequestContext

_BYTES = 8 * 1024 * 1024
_LARGEST = 1024 * 1024
#: About what an entry takes beside its texts, and what each thing that it was made of adds.
_ENTRY, _PART = 500, 200
#: Equal variables are written in the same way, and different ones differently.
_VARIABLES = msgspec.json.Encoder(order="sorted", decimal_format="number")


class ResponseKey(NamedTuple):
    """
    All that an answer depends on beside what the vendors tell: the operation, the caller's variables as they came, and
    the day, by which some values go. The document is known by its text, so that nothing holds on to it.
    """

    text: str
    operation: str | None
    variables: bytes
    day: date
    max_page_size: int


@dataclass(frozen=True)
class _CachedResult:
    """
    The JSON of `data`; none where it is only known that it was asked for.

    `address` is the gateway's own, where the answer names it. What it was made of is not held on to.
    """

    weight: int
    data: msgspec.Raw | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)
    dependencies: Sequence[tuple[Upstream, ref[UpstreamAnswer]]] = ()
    address: str | None = None

    def is_current(self, context: RequestContext) -> bool:
        """Whether an operation that is run now would come to the same, without a call."""
        if self.sources is not context.sources:
            return False
        if self.address is not None and self.address != context.base_url():
            return False
        for upstream, made_of in self.dependencies:
            told = made_of()
            if told is None or not upstream.is_current(told):
                return False
        return True


def response_key(
    document: Document, node: OperationDefinitionNode, variables: Mapping[str, Any], context: RequestContext
) -> ResponseKey | None:
    """What is asked; None where the answer is not to be kept, as variables that are files are none of JSON's."""
    if not context.caching:
        return None
    try:
        given = _VARIABLES.encode(variables) if variables else b""
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None
    name = node.name.value if node.name is not None else None
    return ResponseKey(document.text, name, given, today(), context.max_page_size)


class ResponseCache:
    """Answers of this process, bounded by their size. The first time only that something was asked for is kept."""

    def __init__(self, *, max_bytes: int = _BYTES, largest: int = _LARGEST) -> None:
        self._kept: LRUCache[ResponseKey, _CachedResult] = LRUCache(
            max_bytes, getsizeof=lambda one: one.weight
        )
        self._largest = largest

    def get(self, key: ResponseKey, context: RequestContext) -> msgspec.Raw | None:
        """The answer's `data` from before, where it still is the answer."""
        found = self._kept.get(key)
        return (
            found.data if found is not None and found.data is not None and found.is_current(context) else None
        )

    def put(
        self, key: ResponseKey, data: Mapping[str, Any], *, plan: Selection, context: RequestContext
    ) -> Any:
        """What was answered without errors, as it goes out: as JSON already, where that could be kept."""
        if _is_live(plan) or (told := context.used_answers()) is None:
            return data
        weight = _ENTRY + len(key.text) + len(key.variables)
        if key not in self._kept:
            self._put(key, _CachedResult(weight))
            return data
        written = msgspec.Raw(ENCODER.encode(data))
        made_of = [(context.sources[one.key.source].upstream, ref(one)) for one in told]
        weight += len(written) + _PART * len(made_of)
        self._put(key, _CachedResult(weight, written, context.sources, made_of, context.address))
        return written

    def _put(self, asked: ResponseKey, answer: _CachedResult) -> None:
        if answer.weight <= self._largest:
            self._kept[asked] = answer


def _is_live(plan: Selection) -> bool:
    """Whether something is asked for that may be another at any moment, found out once."""
    found: bool | None = plan.cache.get("live")
    if found is None:
        found = plan.cache["live"] = any(
            one.binding is not None and (one.binding.live or (one.shape is not None and _in(one.shape)))
            for one in plan.fields
        )
    return found


def _in(shape: Shape) -> bool:
    return _in(shape.items) if shape.items is not None else any(map(_is_live, shape.selections.values()))
