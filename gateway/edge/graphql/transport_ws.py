"""Server of one WebSocket in the protocol graphql-transport-ws: its states, time-outs and close codes."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.access import Authenticator
from gateway.access.checked_policy import PolicyFailed
from gateway.access.fair_shares import FairShares, ShareUsedUp
from gateway.edge.graphql.parameters import to_request
from gateway.edge.graphql.revocation import REVOKED, is_revoked, until_revoked
from gateway.edge.graphql.ws_messages import ClientMessage, InvalidMessage, encode_message, parse_message
from gateway.edge.middleware.auth import address_of, authenticate, caller_of, proxy_caller_of, set_caller
from gateway.edge.middleware.headers import request_headers
from gateway.edge.middleware.source_credentials import Accepting, take_source_credentials
from gateway.edge.responses import HttpProblem
from gateway.edge.telemetry.operations import OperationTelemetry, RunningOperation, error_codes
from gateway.engine.engine import Engine, OperationContext, PreparedOperation, Response
from gateway.engine.graphql_errors import RequestRefused, internal, request_error

SUBPROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 10.0
"""Seconds until `connection_init`."""
IDLE_SECONDS = 25.0
"""Seconds without an operation or a message, after which the connection is closed."""

_NORMAL, _TOO_LARGE, _RESTART = 1000, 1009, 1012
_INVALID, _UNAUTHORIZED, _FORBIDDEN = 4400, 4401, 4403
_INIT_TIMEOUT, _ID_IN_USE, _SECOND_INIT = 4408, 4409, 4429
#: Bytes of a close frame's reason (RFC 6455, 5.5), less those of its code.
_REASON_BYTES = 123


@dataclass(frozen=True)
class WebSocketLimits:
    """Limits of one WebSocket: its operations at the same time, and the characters of a message."""

    operations: int
    message_characters: int


class _Close(Exception):
    """The server ends the connection, with a code of RFC 6455 or of the protocol."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_REASON_BYTES].decode(errors="ignore")


class WebSocketConnection:
    """
    One WebSocket: `connection_init` with a key, then operations under the client's ids, at the same time.

    Sending waits for the client to read, so that an operation's results are made no faster than they are taken. If the
    connection ends, its queries and subscriptions are cancelled; a mutation is completed.
    """

    def __init__(
        self,
        socket: WebSocket,
        engine: Engine,
        new_context: Callable[[], OperationContext],
        *,
        authenticator: Authenticator,
        shares: FairShares,
        accepting: Accepting,
        limits: WebSocketLimits,
        may_explore: Callable[[], bool],
        telemetry: OperationTelemetry,
    ) -> None:
        self._telemetry = telemetry
        self._may_explore = may_explore
        self._socket = socket
        self._engine = engine
        self._new_context = new_context
        self._authenticator = authenticator
        self._shares = shares
        self._accepting = accepting
        self._limits = limits
        self._is_ready = False
        self._sent_headers: list[tuple[bytes, bytes]] = []
        self._is_ended = False
        self._is_revoked = False
        self._revocation: asyncio.Task[None] | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timeout = asyncio.timeout(INIT_SECONDS)

    async def serve(self) -> None:
        """Answer messages until either side closes the connection."""
        try:
            async with self._timeout:
                while True:
                    await self._on_message(parse_message(await self._receive_text()))
        except WebSocketDisconnect:
            self._is_ended = True
        except InvalidMessage as exc:
            await self._close(_Close(_INVALID, str(exc)))
        except TimeoutError:
            await self._close(self._timed_out())
        except _Close as exc:
            await self._close(exc)
        except asyncio.CancelledError:  # the application is replaced, or ends: the connection ends with that
            await self._close(_Close(_RESTART, "The server restarts: connect again"))
        finally:
            self._is_ended = True
            if self._revocation is not None:
                self._revocation.cancel()
            await self._end_operations()

    def _timed_out(self) -> _Close:
        """The reason for which the connection's time is over."""
        if self._is_revoked:
            return _Close(_FORBIDDEN, REVOKED)
        if self._is_ready:
            return _Close(_NORMAL, f"No operation within {IDLE_SECONDS:g} s")
        return _Close(_INIT_TIMEOUT, "Connection initialisation timeout")

    async def _receive_text(self) -> str | None:
        """The text of the next message, None for a binary one. Raises WebSocketDisconnect."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        text: str | None = message.get("text")
        if len(text or "") > self._limits.message_characters:
            raise _Close(_TOO_LARGE, f"A message has at most {self._limits.message_characters} characters")
        return text

    async def _on_message(self, message: ClientMessage) -> None:
        if self._is_ready and not self._tasks:
            self._start_idle_time()
        if message.type == "connection_init":
            await self._initialise(message.payload)
        elif message.type == "ping":
            await self._send("pong")
        elif message.type == "complete":
            self._complete(message.id)
        elif message.type == "subscribe":
            await self._subscribe(message)

    async def _initialise(self, payload: dict[str, Any]) -> None:
        if self._is_ready:
            raise _Close(_SECOND_INIT, "Too many initialisation requests")
        self._sent_headers = [
            (name.lower().encode(), value.encode("latin-1", "replace"))
            for name, value in payload.items()
            if isinstance(value, str)
        ]
        await self._authenticate('Send a key in connection_init: {"Authorization": "Bearer KEY"}')
        scope = self._socket.scope
        try:
            take_source_credentials(scope, [*self._sent_headers, *scope["headers"]], self._accepting)
        except HttpProblem as problem:
            raise _Close(_FORBIDDEN, problem.message) from problem
        self._is_ready = True
        self._revocation = asyncio.create_task(self._end_when_revoked())
        self._start_idle_time()
        await self._send("connection_ack")

    async def _authenticate(self, refusal: str) -> None:
        """Set the caller, who may have been changed or have expired since. Raises _Close with the refusal."""
        scope = self._socket.scope
        headers = [*self._sent_headers, *scope["headers"]]
        try:
            caller = proxy_caller_of(scope) or await authenticate(
                headers, self._authenticator, address=address_of(scope)
            )
        except HttpProblem as problem:
            raise _Close(_FORBIDDEN, refusal) from problem
        if await is_revoked(scope, headers, self._authenticator, caller):
            raise _Close(_FORBIDDEN, REVOKED)
        set_caller(scope, caller)

    async def _end_when_revoked(self) -> None:
        """End the connection once a reload of the settings does not know its caller as it was."""
        scope = self._socket.scope
        await until_revoked(scope, [*self._sent_headers, *scope["headers"]], self._authenticator)
        self._is_revoked = True
        if not self._timeout.expired():
            self._timeout.reschedule(asyncio.get_running_loop().time())

    async def _subscribe(self, message: ClientMessage) -> None:
        if not self._is_ready:
            raise _Close(_UNAUTHORIZED, "Unauthorized")
        await self._authenticate("The key or token has expired: connect anew")
        if message.id in self._operations:
            raise _Close(_ID_IN_USE, f"Subscriber for {message.id} already exists")
        try:
            operation = self._engine.prepare(to_request(message.payload), names_schema=self._may_explore)
        except HttpProblem as problem:
            raise _Close(_INVALID, problem.message) from problem
        except RequestRefused as refusal:
            await self._send("error", message.id, list(refusal.errors))
            return
        if len(self._tasks) >= self._limits.operations:
            reason = f"A connection has at most {self._limits.operations} operations at the same time"
            await self._send("error", message.id, [request_error("RATE_LIMITED", reason)])
            return
        self._start(message.id, operation)

    def _start(self, operation_id: str, operation: PreparedOperation) -> None:
        work: Coroutine[Any, Any, None] = self._run(operation_id, operation)
        task = asyncio.create_task(work, name="mutation" if operation.is_mutation else None)
        self._operations[operation_id] = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._on_done(operation_id, done))
        self._timeout.reschedule(None)

    def _on_done(self, operation_id: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._operations.get(operation_id) is task:
            del self._operations[operation_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            internal(error)
        if not self._tasks:
            self._start_idle_time()

    def _complete(self, operation_id: str) -> None:
        """End an operation for the client, who may use its id again at once."""
        task = self._operations.pop(operation_id, None)
        if task is not None and task.get_name() != "mutation":
            task.cancel()

    async def _run(self, operation_id: str, operation: PreparedOperation) -> None:
        """Run an operation within its caller's share."""
        try:
            async with self._shares.operation(caller_of(self._socket.scope)):
                await self._send_results(operation_id, operation)
        except (ShareUsedUp, PolicyFailed) as exc:
            if not self._is_awaited(operation_id):
                return
            del self._operations[operation_id]
            code = "RATE_LIMITED" if isinstance(exc, ShareUsedUp) else "INTERNAL"
            await self._send("error", operation_id, [request_error(code, str(exc))])

    async def _send_results(self, operation_id: str, operation: PreparedOperation) -> None:
        """Send an operation's results, and log it when it has ended."""
        scope = self._socket.scope
        with self._telemetry.start(operation, caller_of(scope).name, request_headers(scope)) as running:
            async with aclosing(self._results(operation, running)) as responses:
                async for response in responses:
                    if not self._is_awaited(operation_id):
                        return
                    running.codes = error_codes(response)
                    if "data" not in response:
                        del self._operations[operation_id]
                        await self._send("error", operation_id, response["errors"])
                        return
                    running.size += await self._send("next", operation_id, response)
            if self._is_awaited(operation_id):
                del self._operations[operation_id]
                await self._send("complete", operation_id)

    def _is_awaited(self, operation_id: str) -> bool:
        """True unless the client has completed the operation whose task this is."""
        return self._operations.get(operation_id) is asyncio.current_task()

    async def _results(
        self, operation: PreparedOperation, running: RunningOperation
    ) -> AsyncGenerator[Response, None]:
        if not operation.is_subscription:
            running.context = self._new_context()
            yield await self._engine.run(operation, running.context)
            return
        async with aclosing(self._engine.subscribe(operation, self._new_context)) as responses:
            async for response in responses:
                yield response

    async def _send(self, type_: str, operation_id: str = "", payload: Any = None) -> int:
        """Send a message. Gives the number of its characters."""
        try:
            text = encode_message(type_, operation_id, payload)
        except (TypeError, ValueError, OverflowError, RecursionError) as exc:
            errors = [request_error("INTERNAL", internal(exc))]
            text = encode_message(type_, operation_id, {"data": None, "errors": errors})
        with suppress(
            WebSocketDisconnect, RuntimeError
        ):  # it was closed meanwhile: the receiving side hears of it
            if not self._is_ended:
                await self._socket.send_text(text)
        return len(text)

    async def _close(self, close: _Close) -> None:
        self._is_ended = True
        with suppress(WebSocketDisconnect, RuntimeError):  # it is closed already
            await self._socket.close(close.code, close.reason)

    async def _end_operations(self) -> None:
        for task in self._tasks:
            if task.get_name() != "mutation":
                task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _start_idle_time(self) -> None:
        if not (self._is_ended or self._is_revoked or self._timeout.expired()):
            self._timeout.reschedule(asyncio.get_running_loop().time() + IDLE_SECONDS)
