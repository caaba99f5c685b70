"""Unpacks a body while it comes in, and stops where it grows too large."""

import io
import zlib
from collections.abc import Callable, Mapping
from typing import NoReturn, Protocol

_GZIP = 16 + zlib.MAX_WBITS
_STEP = 256 * 1024
# JSON packs to a tenth, seldom to a fiftieth; only what was made for it unpacks to more than this
_RATIO = 100
_FROM = 1024 * 1024


class TooLarge(Exception):
    """The body is over the cap."""


class InvalidEncoding(Exception):
    """The body is not packed in the way its header says."""


class Sink(Protocol):
    """Takes a body in pieces."""

    def feed(self, piece: bytes) -> None:
        """Take a piece. Raises TooLarge or Undecodable."""
        ...

    def whole(self) -> bytes:
        """The body, once all of it was fed. Raises Undecodable where its end is missing."""
        ...


class PlainSink:
    """A body as it is."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.size = 0
        self._pieces: list[bytes] = []

    def feed(self, piece: bytes) -> None:
        """Take a piece. Raises TooLarge."""
        self.size += len(piece)
        if self.size > self._most:
            self.drop()
        self._pieces.append(piece)

    def drop(self) -> NoReturn:
        """Let go of what was fed: an exception holds its frames, and they this body, for a while. Raises TooLarge."""
        self._pieces.clear()
        raise TooLarge

    def whole(self) -> bytes:
        """The body."""
        return b"".join(self._pieces)


class FixedLengthSink:
    """
    A large body as it is, of a length that was told before: its pieces come to lie where they stay.

    >>> sink = Measured(3); sink.feed(b"ab"); sink.feed(b"c"); sink.whole()
    b'abc'
    """

    def __init__(self, size: int) -> None:
        # pages of zeros are the system's until they are written to
        self._kept = io.BytesIO(bytes(size))

    def feed(self, piece: bytes) -> None:
        """Take a piece."""
        self._kept.write(piece)

    def whole(self) -> bytes:
        """The body: the very bytes, not a copy."""
        self._kept.truncate()
        return self._kept.getvalue()


class InflatingSink:
    """
    A body packed with gzip or deflate. No more than the cap is ever unpacked, and less of one that is nearly empty.

    >>> import gzip
    >>> sink = Inflated(10); sink.feed(gzip.compress(b"ten bytes.")); sink.whole()
    b'ten bytes.'
    >>> Inflated(10).feed(gzip.compress(bytes(1000)))
    Traceback (most recent call last):
    gateway.upstream.transport.decompress.TooLarge
    """

    def __init__(self, most: int, *, wbits: int = _GZIP) -> None:
        self._plain = PlainSink(most)
        self._wbits = wbits
        self._unpack = zlib.decompressobj(wbits)
        self._packed = 0

    def feed(self, piece: bytes) -> None:
        """Take a piece. Raises TooLarge or Undecodable."""
        self._packed += len(piece)
        try:
            while piece:
                if self._unpack.eof:
                    # gzip allows several members, one after the other
                    self._unpack = zlib.decompressobj(self._wbits)
                self._plain.feed(self._unpack.decompress(piece, _STEP))
                piece = self._unpack.unconsumed_tail or self._unpack.unused_data
                if self._plain.size > max(_FROM, (self._packed - len(piece)) * _RATIO):
                    self._plain.drop()
        except zlib.error as exc:
            raise InvalidEncoding from exc

    def whole(self) -> bytes:
        """The body. Raises Undecodable where its end is missing."""
        if self._packed and not self._unpack.eof:
            raise InvalidEncoding
        return self._plain.whole()


_PACKED: dict[str, Callable[[int], Sink]] = {
    "": PlainSink,
    "identity": PlainSink,
    "gzip": InflatingSink,
    "x-gzip": InflatingSink,
    "deflate": lambda most: InflatingSink(most, wbits=zlib.MAX_WBITS),
}


def sink(headers: Mapping[str, str], most: int) -> Sink:
    """
    What takes the body of an answer with these headers.

    Raises TooLarge where it is told to be, Undecodable where it is packed as was not asked for.
    """
    told = headers.get("content-length", "")
    if told.isdecimal() and (len(told) > 18 or int(told) > most):
        raise TooLarge
    try:
        unpacked = _PACKED[headers.get("content-encoding", "").strip().lower()]
    except KeyError as exc:
        raise InvalidEncoding from exc
    if (
        unpacked is PlainSink
        and told.isdecimal()
        and int(told) > _STEP
        and "transfer-encoding" not in headers
    ):
        return FixedLengthSink(int(told))
    return unpacked(most)
