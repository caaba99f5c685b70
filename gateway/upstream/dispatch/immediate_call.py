"""The usual way of a GET: one attempt that its connection drives, with no task and no timer of its own."""

from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING

from gateway.upstream.dispatch.attempt import FirstOutcome, SignedRequest, UpstreamRequest
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
        "is_sent",
    )

    def __init__(
        self, dispatcher: "Dispatcher", request: UpstreamRequest, on_end: OnEnd, *, now: float
    ) -> None:
        self._dispatcher = dispatcher
        self._request = request
        self._on_end = on_end
        self._started_at = now
        self._has_turn = True
        self._context = context = copy_context()
        self._abort: Callable[[], None] | None = None
        credential = dispatcher.auth.current()
        if credential is not None:
            self._credential = credential
            signed = request.signed
            if signed is None or signed.credential is not credential:
                prepared = dispatcher.exchange.prepare(request.url, {**request.headers, **credential})
                signed = request.signed = SignedRequest(credential, prepared)
            if signed.request is not None:
                on_outcome = partial(context.run, self._on_outcome)  # type: ignore[call-arg]
                self._abort = signed.request.begin(on_outcome, max_bytes=dispatcher.exchange.max_bytes)
        self.is_sent = self._abort is not None
        """False if credential or connection are not at hand: then this is no call."""
        if self.is_sent:
            dispatcher.timer.set(self._on_timeout)

    def cancel(self) -> None:
        """End it, or give up the turn of an outcome that nobody goes on with."""
        if self._abort is not None:
            self._dispatcher.timer.cancel(self._on_timeout)
            self._abort()
        if self._has_turn:
            self._dispatcher.abandon()

    def _on_timeout(self) -> None:
        assert self._abort is not None
        self._abort()
        self._abort = None
        self._context.run(self._on_outcome, TimeoutError())

    def _on_outcome(self, outcome: TransportResponse | Exception) -> None:
        dispatcher = self._dispatcher
        if self._abort is not None:
            dispatcher.timer.cancel(self._on_timeout)
            self._abort = None
        if isinstance(outcome, Exception) or not dispatcher.exchange.is_success(outcome):
            self._on_end(FirstOutcome(self._started_at, self._credential, outcome))
            return
        self._has_turn = False
        dispatcher.complete(self._request, self._started_at, outcome)
        self._on_end(outcome)
