"""Decompression of a response body as it arrives (gzip, deflate), which stops if the body grows too large."""

import io
import zlib
from collections.abc import Callable, Mapping
from typing import Protocol

_GZIP = 16 + zlib.MAX_WBITS
_STEP = 256 * 1024
# JSON compresses to a tenth, seldom to a fiftieth; only a decompression bomb expands to more than this
_MAX_RATIO = 100
#: Bytes by which a compressed body may exceed the limit of its content: heads, checksums, content that is random.
_OVERHEAD = 64 * 1024
#: Bytes from which on the ratio is checked.
_RATIO_MIN_BYTES = 1024 * 1024


class TooLarge(Exception):
    """The body is over the limit of bytes."""


class InvalidEncoding(Exception):
    """The body is not encoded as its Content-Encoding says."""


class Sink(Protocol):
    """Receiver of a body in pieces."""

    def feed(self, piece: bytes) -> None:
        """Take a piece. Raises TooLarge or InvalidEncoding."""
        ...

    def finish(self) -> bytes:
        """The body, once all of it was fed. Raises InvalidEncoding if its end is missing."""
        ...


class PlainSink:
    """A body that is not compressed."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.size = 0
        self._pieces: list[bytes] = []

    def feed(self, piece: bytes) -> None:
        """Take a piece. Raises TooLarge."""
        self.size += len(piece)
        if self.size > self.max_bytes:
            self.clear()
            raise TooLarge
        self._pieces.append(piece)

    def clear(self) -> None:
        """Release the pieces: an exception holds its frames, and they this body, for a while."""
        self._pieces.clear()

    def finish(self) -> bytes:
        """The body."""
        return b"".join(self._pieces)


class FixedLengthSink:
    """
    A large body that is not compressed, of known Content-Length: its pieces are written into one buffer of that size.

    >>> sink = FixedLengthSink(3); sink.feed(b"ab"); sink.feed(b"c"); sink.finish()
    b'abc'
    """

    def __init__(self, size: int) -> None:
        # the system allocates pages of zeros only when they are written to
        self._buffer = io.BytesIO(bytes(size))

    def feed(self, piece: bytes) -> None:
        """Take a piece."""
        self._buffer.write(piece)

    def finish(self) -> bytes:
        """The body: the buffer itself, not a copy."""
        self._buffer.truncate()
        return self._buffer.getvalue()


class InflatingSink:
    """
    A body compressed with gzip or deflate. At most `max_bytes` are read and decompressed; a decompression bomb is an
    invalid encoding, of which only the first part is decompressed.

    >>> import gzip
    >>> sink = InflatingSink(10); sink.feed(gzip.compress(b"ten bytes.")); sink.finish()
    b'ten bytes.'
    >>> InflatingSink(10).feed(gzip.compress(bytes(1000)))
    Traceback (most recent call last):
    gateway.upstream.transport.decompress.TooLarge
    """

    def __init__(self, max_bytes: int, *, wbits: int = _GZIP) -> None:
        self._plain = PlainSink(max_bytes)
        self._wbits = wbits
        self._decompressor = zlib.decompressobj(wbits)
        self._compressed_bytes = 0

    def feed(self, piece: bytes) -> None:
        """Take a piece. Raises TooLarge or InvalidEncoding."""
        self._compressed_bytes += len(piece)
        if self._compressed_bytes > self._plain.max_bytes + _OVERHEAD:
            self._plain.clear()
            raise TooLarge
        try:
            while piece:
                if self._decompressor.eof:
                    # gzip allows several members, one after the other
                    self._decompressor = zlib.decompressobj(self._wbits)
                self._plain.feed(self._decompressor.decompress(piece, _STEP))
                piece = self._decompressor.unconsumed_tail or self._decompressor.unused_data
                if self._plain.size > max(
                    _RATIO_MIN_BYTES, (self._compressed_bytes - len(piece)) * _MAX_RATIO
                ):
                    self._plain.clear()
                    raise InvalidEncoding
        except zlib.error as exc:
            raise InvalidEncoding from exc

    def finish(self) -> bytes:
        """The body. Raises InvalidEncoding if its end is missing."""
        if self._compressed_bytes and not self._decompressor.eof:
            raise InvalidEncoding
        return self._plain.finish()


class DeflateSink:
    """
    A body of the coding `deflate`: the zlib format by its definition (RFC 9110, 8.4.1.2), the raw deflate format from
    some servers, older IIS among them. A zlib stream begins with a byte that no raw stream begins with.

    >>> packer = zlib.compressobj(wbits=-15)
    >>> sink = DeflateSink(10); sink.feed(packer.compress(b"ten bytes.") + packer.flush()); sink.finish()
    b'ten bytes.'
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._sink: InflatingSink | None = None

    def feed(self, piece: bytes) -> None:
        """Take a piece. Raises TooLarge or InvalidEncoding."""
        if self._sink is None:
            if not piece:
                return
            is_zlib = piece[0] & 0x0F == zlib.DEFLATED
            self._sink = InflatingSink(self._max_bytes, wbits=zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        self._sink.feed(piece)

    def finish(self) -> bytes:
        """The body. Raises InvalidEncoding if its end is missing."""
        return b"" if self._sink is None else self._sink.finish()


_SINKS: dict[str, Callable[[int], Sink]] = {
    "": PlainSink,
    "identity": PlainSink,
    "gzip": InflatingSink,
    "x-gzip": InflatingSink,
    "deflate": DeflateSink,
}


def sink(headers: Mapping[str, str], max_bytes: int) -> Sink:
    """
    Sink for the body of a response with these headers.

    Raises TooLarge if Content-Length is over the limit, InvalidEncoding if Content-Encoding is none that we accept.
    """
    length = headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 18 or int(length) > max_bytes):
        raise TooLarge
    try:
        sink_type = _SINKS[headers.get("content-encoding", "").strip().lower()]
    except KeyError as exc:
        raise InvalidEncoding from exc
    if (
        sink_type is PlainSink
        and length.isdecimal()
        and int(length) > _STEP
        and "transfer-encoding" not in headers
    ):
        return FixedLengthSink(int(length))
    return sink_type(max_bytes)
