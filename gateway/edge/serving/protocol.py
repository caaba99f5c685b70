"""HTTP protocol of uvicorn with time-outs for slow clients, and responses written in one system call."""

import asyncio
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from gateway.edge.known_heads import set_new_head
from gateway.edge.responses import IS_STREAM
from gateway.edge.serving.known_requests import KnownRequests
from gateway.edge.serving.stalled_reader import StalledReaderTimeout
from gateway.edge.serving.upgrade import decline_upgrade

HEAD_SECONDS = 20.0
HEAD_BYTES = 65_536
#: Seconds after which a client that has closed its sending side is probed, doubled each time.
PROBE_SECONDS = 0.5
_MAX_PROBES = 5

_CONTINUE = b"HTTP/1.1 100 "
_PROBE = b"HTTP/1.1 100 Continue\r\n\r\n"
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_INVALID = "Invalid HTTP request received."


class TimeoutProtocol(HttpToolsProtocol):
    """
    uvicorn's protocol with what it lacks: a head that is incomplete after `HEAD_SECONDS` or `HEAD_BYTES`, and a client
    that does not read its response, end the connection; an offer to upgrade to anything but a WebSocket is ignored; and
    a client that has closed its sending side gets its response.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._stalled_reader: StalledReaderTimeout | None = None
        self._probe_timer: asyncio.TimerHandle | None = None
        self._probes = 0
        self._is_half_closed = False
        self._known_requests = KnownRequests(self)
        self._is_between_messages = True
        self._known_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer of the first head."""
        super().connection_made(transport)
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timers."""
        self._cancel(self._head_timer, self._probe_timer)
        if self._stalled_reader is not None:
            self._stalled_reader.cancel()
        self._known_requests.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Answer a known request, or parse the data, and check time and size of an incomplete head."""
        cycle: RequestResponseCycle | None = self.cycle
        if (
            self._is_between_messages
            and (cycle is None or cycle.response_complete)
            and self._known_requests.take(data)
        ):
            if self._head_timer is not None:
                self._cancel_head_timer()
            return
        self._unset_keepalive_if_required()
        self._parse(data)
        if self.transport.get_protocol() is not self:
            return  # it is a WebSocket now
        parsed: RequestResponseCycle | None = self.cycle
        if parsed is not None and not parsed.response_complete:
            self._cancel_head_timer()
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()
        elif self._head_timer is None:
            self._start_head_timer()

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Keep the connection open for the response of a request that is complete."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body:
            return None
        self._is_half_closed = True
        self._start_probe_timer()
        return True

    def on_message_begin(self) -> None:
        """A message begins."""
        self._is_between_messages = False
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """The message has ended: the next one may be known."""
        self._is_between_messages = True
        super().on_message_complete()

    def on_headers_complete(self) -> None:
        """Start the request; its response's head is written together with the body."""
        if (head := self._known_requests.new_head(len(self.headers))) is not None:
            set_new_head(cast("dict[str, Any]", self.scope), head)
        super().on_headers_complete()
        if self.parser.should_upgrade():
            return  # a WebSocket's, or it is parsed again, without its offer
        cycle: RequestResponseCycle = self.cycle
        if self.scope["method"] != "HEAD":
            cycle.transport = cast("asyncio.Transport", _CoalescingTransport(self.transport))

    def on_response_complete(self) -> None:
        """Watch a response that is still buffered; close a connection on which no more requests can come."""
        is_last = self._is_half_closed and not self.pipeline
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._watch_reader()
        if is_last:
            self.transport.close()

    def on_known_response(self) -> None:
        """The response of a known request was written at once."""
        self.server_state.total_requests += 1
        self._known_at = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._start_keep_alive(self.timeout_keep_alive)
        if self.transport.get_write_buffer_size():
            self._watch_reader()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection. A known request does not start its timer anew: it goes on for the rest."""
        rest = self._known_at + self.timeout_keep_alive - self.loop.time()
        if rest > 0:
            self._start_keep_alive(rest)
        else:
            super().timeout_keep_alive_handler()

    def shutdown(self) -> None:
        """End the connection when its response has ended; a stream has no end of its own, and is ended."""
        super().shutdown()
        if not self.transport.is_closing() and self.cycle.scope.get("state", {}).get(IS_STREAM):
            self.transport.close()

    def pause_writing(self) -> None:
        """Watch a client that reads more slowly than its response is written."""
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        """Go on with the response."""
        super().resume_writing()
        if self._stalled_reader is not None:
            self._stalled_reader.on_progress()

    def _should_upgrade(self) -> bool:
        """True, which makes uvicorn skip a request with an offer: `_parse` takes it, or passes it on without."""
        return True

    def _is_websocket(self) -> bool:
        """True for the handshake of a WebSocket (RFC 6455, 4.1), if there is room for it and nothing else runs."""
        cycle: RequestResponseCycle | None = self.cycle
        limit = self.limit_concurrency
        return (
            self._get_upgrade() == b"websocket"
            and self.scope["method"] == "GET"
            and any(name == b"sec-websocket-key" for name, _ in self.headers)
            and (cycle is None or cycle.response_complete)
            and (limit is None or len(self.connections) < limit)
        )

    def _open_websocket(self, rest: bytes) -> None:
        """Hand the connection over to the protocol of WebSockets, with what came after the handshake."""
        from gateway.edge.serving.websocket import WebSocketProtocol  # noqa: PLC0415 (loaded at the first one)

        self._cancel(self._head_timer, self._probe_timer)
        self.ws_protocol_class = WebSocketProtocol
        self.handle_websocket_upgrade()
        if rest and not self.transport.is_closing():
            cast("asyncio.Protocol", self.transport.get_protocol()).data_received(rest)

    def _parse(self, data: bytes) -> None:
        while True:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as exc:
                if self.scope["method"] == "CONNECT":
                    self.send_400_response(_INVALID)
                    return
                if self._is_websocket():
                    self._open_websocket(data[exc.args[0] :])
                    return
                head = decline_upgrade(
                    self.scope["method"], self.url, self.scope["http_version"], self.headers
                )
                data = head + data[exc.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            except httptools.HttpParserError:
                self.logger.warning(_INVALID)
                self.send_400_response(_INVALID)
                return
            else:
                return

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
        self._head_timer, self._head_bytes = None, 0

    def _start_head_timer(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _start_keep_alive(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _watch_reader(self) -> None:
        if self._stalled_reader is None:
            self._stalled_reader = StalledReaderTimeout(self.transport, self.loop)
        self._stalled_reader.start()

    def _start_probe_timer(self) -> None:
        if self._probes < _MAX_PROBES:
            self._probe_timer = self.loop.call_later(PROBE_SECONDS * 2**self._probes, self._probe)
            self._probes += 1

    def _probe(self) -> None:
        """
        Send an interim response, which a client skips. One that has closed both sides looks the same until something
        is sent to it: its system resets the connection then, and the request is cancelled.
        """
        cycle: RequestResponseCycle = self.cycle
        if self.transport.is_closing() or cycle.response_started:
            return
        if cycle.scope["http_version"] == "1.1" and not self.pipeline:
            self.transport.write(_PROBE)
        self._start_probe_timer()

    @staticmethod
    def _cancel(*timers: asyncio.TimerHandle | None) -> None:
        for timer in timers:
            if timer is not None:
                timer.cancel()


class _CoalescingTransport:
    """
    Transport of one response. It holds the head back until the first chunk of the body, so that a short response is one
    packet and one system call: uvicorn itself writes the two separately.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        """Hold the head back, and write it with the next data."""
        if self._head:
            self._transport.writelines((self._head, data))
            self._head = b""
        elif self._head is None and not data.startswith(_CONTINUE):
            self._head = data
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Write a held head and close the connection."""
        if self._head:
            self._transport.write(self._head)
        self._transport.close()

    def is_closing(self) -> bool:
        """True if the connection is closing."""
        return self._transport.is_closing()
