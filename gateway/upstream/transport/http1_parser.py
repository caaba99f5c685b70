"""Incremental parser of a connection's HTTP/1.1 responses."""

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpResponseParser

from gateway.upstream.transport.decompress import InvalidEncoding, Sink, TooLarge, sink
from gateway.upstream.transport.failure_reason import RESET
from gateway.upstream.transport.interface import ProtocolError, TransportError, TransportResponse

#: Limit of bytes outside the body: heads, and the trailers after the last chunk.
HEAD_BYTES = 64 * 1024

_STATUS_LINE_BYTES, _HEADER_LINE_BYTES = 17, 4
_BODILESS = frozenset({204, 304})
_PROTOCOL = b"HTTP/"
_VERSIONS = frozenset({"1.0", "1.1"})


class ResponseParser:
    """
    Parses what a connection's peer sends, one response after the other, to requests other than HEAD; interim responses
    (1xx) are skipped.

    `feed` raises ProtocolError if the bytes are not HTTP/1.0 or 1.1, `end` raises TransportError if they end too soon;
    both raise TooLarge and InvalidEncoding as `sink`. After an error nothing can be parsed any more. The parser is
    llhttp in strict mode, which refuses ambiguous framing (response splitting).
    """

    def __init__(self) -> None:
        #: True if the connection may be used again after the response.
        self.keep_alive = False
        self._fields: list[tuple[bytes, bytes]] = []
        #: The parts of the body that have yet to be given to its sink.
        self._pieces: list[bytes] = []
        #: Called by the parser.
        self.on_body = self._pieces.append
        self._parser = HttpResponseParser(self)

    def begin(self, max_bytes: int) -> None:
        """Expect the next response, with a body of at most so many bytes."""
        self.keep_alive = self._is_http = self._has_head = self._is_complete = self._is_until_close = False
        self._max_bytes = max_bytes
        self._head_bytes = 0
        self._first_bytes = b""
        self._headers: dict[str, str] = {}
        self._sink: Sink | None = None
        self._fields.clear()

    def feed(self, piece: bytes) -> TransportResponse | None:
        """Parse a piece: the response once it is complete, otherwise None."""
        if not self._is_http:
            if self._first_bytes or not piece.startswith(_PROTOCOL):
                self._check_protocol(piece)
            else:
                self._is_http = True
        try:
            self._parser.feed_data(piece)
        except HttpParserUpgrade as exc:
            raise ProtocolError from exc
        except HttpParserError as exc:
            if not self._is_complete:
                raise _own_error(exc) from exc
            # bytes followed the response
            self.keep_alive = False
        if self._is_complete:
            return self._response()
        if not self._pieces:
            self._head_bytes += len(piece)
            if self._head_bytes > HEAD_BYTES:
                raise ProtocolError
        if self._has_head:
            self._fill_sink()
        return None

    def end(self) -> TransportResponse:
        """The response at the end of the connection, if its body ends that way."""
        if not self._is_until_close:
            raise TransportError(sent=True, reason=RESET)
        return self._response()

    def drop(self) -> None:
        """Break the reference cycle with llhttp's parser, so that both are freed without a garbage collection."""
        del self._parser

    def on_message_begin(self) -> None:
        """Called by the parser."""
        if self._is_complete:
            raise ProtocolError

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser, for trailers as well."""
        self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._status = status = self._parser.get_status_code()
        if self._parser.get_http_version() not in _VERSIONS:
            raise ProtocolError
        headers, size = self._headers, _STATUS_LINE_BYTES
        for name, value in self._fields:
            size += len(name) + len(value) + _HEADER_LINE_BYTES
            key, text = name.decode("latin-1").lower(), value.decode("latin-1").strip(" \t")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        self._fields.clear()
        self._head_bytes += size
        if self._head_bytes > HEAD_BYTES:
            raise ProtocolError
        if status < 200:
            headers.clear()
            return
        coding = headers.get("transfer-encoding")
        if coding is not None and coding.lower() != "chunked":
            raise ProtocolError
        self._has_head = True
        self._is_until_close = coding is None and "content-length" not in headers and status not in _BODILESS

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self._has_head:
            self._is_complete, self.keep_alive = True, self._parser.should_keep_alive()

    def _check_protocol(self, piece: bytes) -> None:
        """Raise ProtocolError unless the first bytes are HTTP's: the parser knows protocols beside it."""
        self._first_bytes += piece[: len(_PROTOCOL)]
        first = self._first_bytes[: len(_PROTOCOL)]
        if not _PROTOCOL.startswith(first):
            raise ProtocolError
        self._is_http = first == _PROTOCOL

    def _fill_sink(self) -> Sink:
        """The body's sink, with all that has arrived. Raises TooLarge or InvalidEncoding."""
        if self._sink is None:
            self._sink = sink(self._headers, self._max_bytes)
        for piece in self._pieces:
            self._sink.feed(piece)
        self._pieces.clear()
        return self._sink

    def _response(self) -> TransportResponse:
        if self._sink is None and "content-encoding" not in self._headers:
            # most bodies are short, arrive with their head, and need no sink
            body = b"".join(self._pieces)
            self._pieces.clear()
            if len(body) > self._max_bytes:
                raise TooLarge
        else:
            body = self._fill_sink().finish()
        return TransportResponse(status=self._status, headers=self._headers, body=body)


def _own_error(exc: HttpParserError) -> Exception:
    """The error that a callback raised within the parser; otherwise a ProtocolError."""
    error = exc.__context__ if isinstance(exc, HttpParserCallbackError) else None
    return error if isinstance(error, TransportError | TooLarge | InvalidEncoding) else ProtocolError()
