"""One HTTP/1.1 answer, as far as it has come."""

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpResponseParser

from gateway.upstream.transport.decompress import InvalidEncoding, Sink, TooLarge, sink
from gateway.upstream.transport.interface import TransportError, TransportResponse

#: So much may come without a piece of a body in it: heads, and what follows the last chunk.
HEAD_BYTES = 64 * 1024

_STATUS_LINE, _LINE = 17, 4
_BODILESS = frozenset({204, 304})


class ResponseParser:
    """
    Takes the bytes that follow a request other than HEAD, and makes one answer of them; what comes before it (1xx) is
    passed over.

    `feed` and `end` raise TransportError where the bytes are no HTTP/1.1 or end too soon, TooLarge and Undecodable as
    `sink`. The parser is llhttp, and strict: it is the one that refuses framing which can be read in two ways.
    """

    def __init__(self, most: int) -> None:
        #: Whether the connection may be used again after it.
        self.keep_alive = False
        self._most = most
        self._status = 0
        self._fields: list[tuple[bytes, bytes]] = []
        self._headers: dict[str, str] = {}
        self._head_bytes = 0
        self._body: Sink | None = None
        self._to_the_end = False
        self._whole = False
        self._grew = False
        self._parser = HttpResponseParser(self)

    def feed(self, piece: bytes) -> TransportResponse | None:
        """Take what came: the answer, once it is whole."""
        self._grew = False
        try:
            self._parser.feed_data(piece)
        except HttpParserUpgrade as exc:
            raise TransportError(sent=True) from exc
        except HttpParserError as exc:
            if not self._whole:
                raise _meant(exc) from exc
            # something came behind the answer
            self.keep_alive = False
        if self._whole:
            return self._response()
        if not self._grew:
            self._count(len(piece))
        return None

    def end(self) -> TransportResponse:
        """The connection has ended: the answer, where that is how its body ends."""
        if not self._to_the_end:
            raise TransportError(sent=True)
        return self._response()

    def drop(self) -> None:
        """Let go of the parser, which holds the answer in its turn: no body waits for the garbage collector."""
        del self._parser

    def on_message_begin(self) -> None:
        """Called by the parser."""
        if self._whole:
            raise TransportError(sent=True)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser, for what follows the last chunk as well."""
        self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._status = self._parser.get_status_code()
        headers, size = self._headers, _STATUS_LINE
        for name, value in self._fields:
            size += len(name) + len(value) + _LINE
            key, told = name.decode("latin-1").lower(), value.decode("latin-1").strip(" \t")
            headers[key] = f"{headers[key]}, {told}" if key in headers else told
        self._fields.clear()
        self._count(size)
        if self._status < 200:
            headers.clear()
            return
        coding = headers.get("transfer-encoding")
        if coding is not None and coding.lower() != "chunked":
            raise TransportError(sent=True)
        self._body = sink(headers, self._most)
        self._to_the_end = (
            coding is None and "content-length" not in headers and self._status not in _BODILESS
        )

    def on_body(self, piece: bytes) -> None:
        """Called by the parser."""
        assert self._body is not None
        self._grew = True
        self._body.feed(piece)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self._body is not None:
            self._whole, self.keep_alive = True, self._parser.should_keep_alive()

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEAD_BYTES:
            raise TransportError(sent=True)

    def _response(self) -> TransportResponse:
        assert self._body is not None
        return TransportResponse(status=self._status, headers=self._headers, body=self._body.whole())


def _meant(exc: HttpParserError) -> Exception:
    """What ended the parser: one of ours, or the answer's form."""
    ours = exc.__context__ if isinstance(exc, HttpParserCallbackError) else None
    return (
        ours if isinstance(ours, TransportError | TooLarge | InvalidEncoding) else TransportError(sent=True)
    )
