"""The usual way of a GET: one attempt that its connection drives, with no task and no timer of its own."""

from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING

from gateway.upstream.dispatch.attempt import AttemptResult, FirstOutcome, UpstreamRequest
from gateway.upstream.transport.interface import TransportResponse

if TYPE_CHECKING:
    from gateway.upstream.dispatch.dispatcher import Dispatcher


OnEnd = Callable[[TransportResponse | FirstOutcome], None]
"""Called with the response, or with what `Dispatcher.send` has to go on with."""


class ImmediateCall:
    """
    A GET in flight. Its end is reported in the context in which it was begun, so that log lines have the id of the
    request that caused it. A first outcome that is no success keeps its turn in the source's admission control.
    """

    __slots__ = (
        "_abort",
        "_context",
        "_credential",
        "_dispatcher",
        "_has_turn",
        "_on_end",
        "_request",
        "_started_at",
    )

    def __init__(
        self, dispatcher: "Dispatcher", request: UpstreamRequest, on_end: OnEnd, *, now: float
    ) -> None:
        self._dispatcher = dispatcher
        self._request = request
        self._on_end = on_end
        self._started_at = now
        self._context = copy_context()
        self._abort: Callable[[], None] | None = None
        self._has_turn = True

    def begin(self) -> bool:
        """Send the request at once. False if credential or connection are not at hand."""
        self._abort = self._dispatcher.attempts.begin(self._request, self._on_outcome)
        if self._abort is None:
            return False
        assert self._request.prepared is not None
        self._credential = self._request.prepared.credential
        self._dispatcher.timer.set(self._on_timeout)
        return True

    def cancel(self) -> None:
        """End it, or give up the turn of an outcome that nobody goes on with."""
        if self._abort is not None:
            self._dispatcher.timer.cancel(self._on_timeout)
            self._abort()
        if self._has_turn:
            self._dispatcher.abandon()

    def _on_outcome(self, outcome: TransportResponse | Exception) -> None:
        self._dispatcher.timer.cancel(self._on_timeout)
        self._context.run(self._end, outcome)

    def _on_timeout(self) -> None:
        assert self._abort is not None
        self._abort()
        self._context.run(self._end, TimeoutError())

    def _end(self, outcome: TransportResponse | Exception) -> None:
        self._abort = None
        if isinstance(outcome, Exception) or not self._dispatcher.exchange.is_success(outcome):
            self._on_end(FirstOutcome(self._started_at, self._credential, outcome))
            return
        result = AttemptResult(1, self._dispatcher.timeout, self._started_at, response=outcome)
        self._has_turn = False
        self._dispatcher.complete(self._request, result)
        self._on_end(outcome)
