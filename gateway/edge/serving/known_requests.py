"""Requests of one connection whose heads are known: they are answered without uvicorn's cycle and the application."""

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gateway.edge.known_heads import KnownHead, KnownHeads, NewHead, Responding
from gateway.edge.request_id import NAME, new_request_id
from gateway.edge.responses import HttpProblem, problem_response
from gateway.engine.request import REQUEST_ID

if TYPE_CHECKING:
    from gateway.edge.serving.protocol import TimeoutProtocol

_END = b"\r\n\r\n"
_CLOSE = b"connection: close\r\n"


class KnownCycle:
    """A request under way, with those attributes of uvicorn's cycle that its protocol reads."""

    more_body = False
    response_started = False
    response_complete = False
    keep_alive = True

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {"http_version": "1.1"}


class KnownRequests:
    """
    Answers the requests of a connection whose heads are known. `take` is called with data at the beginning of a message
    only: a message's body may look like a request.
    """

    def __init__(self, protocol: "TimeoutProtocol") -> None:
        self._protocol = protocol
        self._heads: KnownHeads | None = None
        self._digest: bytes | None = None
        self._lines = 0
        self._task: asyncio.Task[None] | None = None

    def take(self, data: bytes) -> bool:
        """Answer a request, if its head is known and all of it is there. False if it has to go the usual way."""
        self._digest = None
        heads: KnownHeads | None = getattr(self._protocol.app, "known_heads", None)
        end = data.find(_END) + len(_END)
        if heads is None or end < len(_END):
            return False
        head = data[:end]
        client = self._protocol.client
        digest = heads.digest(head, client[0] if client else "")
        if digest is None:
            return False
        known = heads.find(digest)
        if known is None:
            self._heads, self._digest, self._lines = heads, digest, head.count(b"\n")
            return False
        if len(data) != end + known.content_length or self._is_busy():
            return False
        return self._respond(heads, known, data[end:])

    def new_head(self, headers: int) -> NewHead | None:
        """
        The head of the request that was not taken, if it may be learnt: as one with this many headers it ends where we
        have seen its end.
        """
        heads, digest, self._digest = self._heads, self._digest, None
        if heads is None or digest is None or self._lines != headers + 2:
            return None
        return heads.sight(digest)

    def cancel(self) -> None:
        """The client has disconnected: cancel its request."""
        if self._task is not None:
            self._task.cancel()
            self._end_cycle()

    def _is_busy(self) -> bool:
        """True if the client does not read, or the server has too much to do: uvicorn knows what happens then."""
        protocol = self._protocol
        limit = protocol.limit_concurrency
        return protocol.flow.write_paused or (
            limit is not None and max(len(protocol.connections), len(protocol.tasks)) >= limit
        )

    def _respond(self, heads: KnownHeads, known: KnownHead, body: bytes) -> bool:
        request_id = new_request_id()
        token = REQUEST_ID.set(request_id.decode())
        try:
            response = known.respond(body)
            if not isinstance(response, Response | None):
                self._start(heads, known, response, request_id)
                return True
        except Exception:  # noqa: BLE001 (the usual way meets it again, and answers)
            return False
        finally:
            REQUEST_ID.reset(token)
        if response is None:
            return False
        self._write(known, response, request_id)
        self._protocol.on_known_response()
        return True

    def _start(self, heads: KnownHeads, known: KnownHead, respond: Responding, request_id: bytes) -> None:
        protocol, cycle = self._protocol, KnownCycle()
        protocol._unset_keepalive_if_required()  # noqa: SLF001
        protocol.cycle = cycle  # type: ignore[assignment]
        self._task = task = protocol.loop.create_task(self._finish(known, cycle, respond, request_id))
        for tasks in (protocol.tasks, heads.tasks):
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    async def _finish(
        self, known: KnownHead, cycle: KnownCycle, respond: Responding, request_id: bytes
    ) -> None:
        protocol = self._protocol
        try:
            response = await respond()
        except asyncio.CancelledError:
            protocol.transport.close()
            raise
        except Exception as exc:
            protocol.logger.exception("Exception in ASGI application\n", exc_info=exc)
            response = problem_response(HttpProblem(500, "Internal error", code="INTERNAL"))
        cycle.response_started = cycle.response_complete = True
        self._write(known, response, request_id, keep_alive=cycle.keep_alive)
        if not cycle.keep_alive:
            protocol.transport.close()
        self._end_cycle()
        protocol.on_response_complete()

    def _end_cycle(self) -> None:
        """Forget the request. The protocol's cycle is another one's already if more requests have come."""
        self._task = None
        if not self._protocol.pipeline:
            self._protocol.cycle = None  # type: ignore[assignment]

    def _write(
        self, known: KnownHead, response: Response, request_id: bytes, *, keep_alive: bool = True
    ) -> None:
        """Write a response at once: a body that the client does not take yet is not copied."""
        protocol = self._protocol
        parts = [STATUS_LINE[response.status_code]]
        for name, value in (
            *protocol.server_state.default_headers,
            *response.raw_headers,
            (NAME, request_id),
        ):
            parts += (name, b": ", value, b"\r\n")
        parts += (known.added, b"\r\n" if keep_alive else _CLOSE + b"\r\n")
        protocol.transport.writelines((b"".join(parts), response.body))
        known.on_response(response.status_code)
