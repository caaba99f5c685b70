"""
Incremental delivery over HTTP: the parts of an answer with `@defer`, in the form that the client asks for by Accept.

- `multipart/mixed;deferSpec=20220824`: Apollo Client's default, and its routers'. `multipart/mixed` without a name of
  a form has the same, as urql and GraphiQL read it, and so do server-sent events.
- `multipart/mixed;incrementalSpec=v0.2`: https://specs.apollo.dev/incremental/v0.2/, which graphql-js 17 has.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.edge.graphql.response_stream import EVENTS, ResponseStream, StreamFormat, multipart
from gateway.edge.media_types import EVENT_STREAM, MULTIPART_MIXED, accepts, named_parameters
from gateway.edge.telemetry.operations import DISCONNECTED, RunningOperation, error_codes
from gateway.engine.engine import Response
from gateway.engine.execution.deferred_parts import DeferredObject, DeferredParts, DeferredResult, Part

#: Parameters of `multipart/mixed` that name no form.
_NEUTRAL = frozenset({"q", "boundary"})


@dataclass(frozen=True)
class DeliveryFormat:
    """Format of an answer in parts: its stream, and the entries of its first part and of a later one."""

    stream: StreamFormat
    opening: Callable[[Sequence[DeferredObject]], Mapping[str, Any]]
    entries: Callable[[Part], Mapping[str, Any]]


def delivery_format(accept: str | None, *, accepts_json: bool) -> DeliveryFormat | None:
    """
    The format for an Accept header; None if it names none that is known. Server-sent events only where no type of JSON
    is accepted, as for subscriptions.
    """
    for parameters in named_parameters(accept, MULTIPART_MIXED):
        if parameters.get("deferspec") == "20220824":
            return _OF_2022
        if parameters.get("incrementalspec") == "v0.2":
            return _V0_2
        if parameters.keys() <= _NEUTRAL:
            return _UNNAMED
    return _AS_EVENTS if not accepts_json and accepts(accept, EVENT_STREAM) else None


class IncrementalDelivery:
    """Delivery of one answer in parts."""

    def __init__(self, parts: DeferredParts, delivery: DeliveryFormat) -> None:
        self.parts = parts
        self._format = delivery

    def response(self, first: Response, running: RunningOperation, *, is_measured: bool) -> ResponseStream:
        """The response with the first part and those that follow. The operation ends with the last of them."""
        running.is_streamed = True
        responses = _IncrementalResponses(first, self.parts, self._format, running, is_measured=is_measured)
        return ResponseStream(responses, self._format.stream, on_end=responses.on_end)


class _IncrementalResponses:
    """The parts as they are sent, the last with the operation's cost if that `is_measured`."""

    def __init__(
        self,
        first: Response,
        parts: DeferredParts,
        delivery: DeliveryFormat,
        running: RunningOperation,
        *,
        is_measured: bool,
    ) -> None:
        self._first: Response | None = first
        self._parts = parts
        self._format = delivery
        self._running = running
        self._is_measured = is_measured
        self._codes = [*error_codes(first)]

    async def __anext__(self) -> Response:
        """The next part."""
        if self._first is not None:
            first, self._first = self._first, None
            return {**first, **self._format.opening(self._parts.objects), "hasNext": True}
        part = await anext(self._parts)
        self._codes += [code for result in part for code in error_codes({"errors": result.errors})]
        body: Response = {**self._format.entries(part), "hasNext": self._parts.remaining > 0}
        if self._is_measured and not self._parts.remaining and self._running.context is not None:
            body["extensions"] = {"cost": self._running.context.measured_cost()}
        return body

    async def aclose(self) -> None:
        """Cancel what has not ended."""
        await self._parts.aclose()

    def on_end(self, size: int) -> None:
        """The stream has ended: after the last part, or because the client has disconnected."""
        self._running.answered([DISCONNECTED] if self._parts.remaining else self._codes, size)
        self._running.end()


def _labelled(entry: DeferredObject) -> dict[str, Any]:
    return {"path": entry.path} if entry.label is None else {"path": entry.path, "label": entry.label}


def _with_errors(result: DeferredResult) -> dict[str, Any]:
    return {"errors": result.errors} if result.errors else {}


def _incremental_of_2022(part: Part) -> dict[str, Any]:
    return {
        "incremental": [
            {"data": result.data, **_labelled(result.object), **_with_errors(result)} for result in part
        ]
    }


def _pending(objects: Sequence[DeferredObject]) -> dict[str, Any]:
    return {"pending": [{"id": entry.id, **_labelled(entry)} for entry in objects]}


def _incremental_v0_2(part: Part) -> dict[str, Any]:
    """The data of the results that have some; errors of the others complete them."""
    incremental = [
        {"id": result.object.id, "data": result.data, **_with_errors(result)}
        for result in part
        if result.data is not None
    ]
    completed = [
        {"id": result.object.id, **(_with_errors(result) if result.data is None else {})} for result in part
    ]
    return {"incremental": incremental, "completed": completed} if incremental else {"completed": completed}


def _nothing(_: Sequence[DeferredObject]) -> Mapping[str, Any]:
    return {}


_OF_2022 = DeliveryFormat(multipart(";deferSpec=20220824"), _nothing, _incremental_of_2022)
_V0_2 = DeliveryFormat(multipart(";incrementalSpec=v0.2"), _pending, _incremental_v0_2)
_UNNAMED = DeliveryFormat(multipart(), _nothing, _incremental_of_2022)
_AS_EVENTS = DeliveryFormat(EVENTS, _nothing, _incremental_of_2022)
