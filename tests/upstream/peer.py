"""Answers of a vendor as bytes, valid and invalid: status lines, framing, codings, ends and leftovers."""

import gzip
import itertools
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import strategies as st

STATUS_LINES = ("HTTP/1.1 200 OK", "HTTP/1.0 200 OK", "HTTP/1.1 200", "HTTP/1.1 200 Fine: all of it")
INVALID_STATUS_LINES = (
    "HTTP/2.0 200 OK",
    "HTTP/0.9 200 OK",
    "HTTP/1.2 200 OK",
    "HTTP/11 200 OK",
    "ICY 200 OK",
    "RTSP/1.0 200 OK",
    "ICE/1.0 200 OK",
    "HTTP/1.1 OK",
    " HTTP/1.1 200 OK",
    "SSH-2.0-OpenSSH_9.2",
    "GET / HTTP/1.1",
)
INVALID_FRAMING: Mapping[str, tuple[str, ...]] = {
    "two lengths": ("Content-Length: {size}", "Content-Length: {less}"),
    "length and chunks": ("Content-Length: {size}", "Transfer-Encoding: chunked"),
    "a list of lengths": ("Content-Length: {size}, {less}",),
    "a negative length": ("Content-Length: -{size}",),
    "a length with a sign": ("Content-Length: +{size}",),
    "a length with a blank before the colon": ("Content-Length : {size}",),
    "a folded line": ("X-Folded: a", " b", "Content-Length: {size}"),
    "another transfer coding": ("Transfer-Encoding: gzip, chunked",),
    "no colon": ("Content-Length {size}", "Content-Length: {size}"),
    "a line break in a value": ("X-Broken: a\rb", "Content-Length: {size}"),
    "a NUL in a value": ("X-Broken: a\0b", "Content-Length: {size}"),
}
INVALID_CHUNK_SIZES = ("zz", "-1", "0x5", "5 5", "", "f" * 20)


@dataclass(frozen=True)
class Script:
    """
    Bytes of an answer in packets. `body` is what a client returns, None if it must fail; `closes` is whether the
    connection ends behind it. `is_cut` answers end too soon, the other failures violate the protocol or the coding.
    """

    packets: tuple[bytes, ...]
    body: bytes | None
    closes: bool
    is_cut: bool = False
    is_encoding: bool = False


def simple(tag: bytes) -> Script:
    """A valid answer that keeps the connection open."""
    return Script((b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(tag) + tag,), tag, closes=False)


def raw_deflate(content: bytes) -> bytes:
    """Deflate without zlib's head."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


@st.composite
def scripts(draw: st.DrawFn, tag: bytes) -> Script:
    """An answer with `tag` in its body and in all that follows it."""
    content = tag * draw(st.integers(1, 40))
    coding, encoded = draw(st.sampled_from(_codings(content)))
    is_valid_coding = coding in {"", "identity", "gzip", "deflate", "x-gzip"} and encoded is not None
    payload = encoded if encoded is not None else content
    lines = [f"Content-Encoding: {coding}"] if coding else []
    kind = draw(
        st.sampled_from(["length", "chunked", "close", "invalid status", "invalid framing", "chunk size"])
    )
    status = draw(st.sampled_from(INVALID_STATUS_LINES if kind == "invalid status" else STATUS_LINES))
    framed = payload
    if kind in {"length", "invalid status"}:
        lines.append(f"Content-Length: {len(payload)}")
    elif kind == "invalid framing":
        name = draw(st.sampled_from(sorted(INVALID_FRAMING)))
        sizes = {"size": len(payload), "less": len(payload) - 1}
        lines += [line.format(**sizes) for line in INVALID_FRAMING[name]]
    elif kind in {"chunked", "chunk size"}:
        lines.append("Transfer-Encoding: chunked")
        framed = _chunked(draw, payload, is_valid=kind == "chunked")
    head = "\r\n".join([status, *lines])
    answer = head.encode("latin-1") + b"\r\n\r\n" + framed
    is_valid = kind in {"length", "chunked", "close"}
    cut = draw(st.none() | st.integers(0, len(answer) - 1)) if kind in {"length", "chunked"} else None
    if cut is not None:
        answer = answer[:cut]
    has_rest = cut is None and kind in {"length", "chunked"} and draw(st.booleans())
    leftover = (
        draw(st.sampled_from([simple(b"left over " + tag).packets[0], b"\r\n", tag])) if has_rest else b""
    )
    return Script(
        _packets(draw, answer + leftover),
        content if is_valid and is_valid_coding and cut is None else None,
        closes=cut is not None or kind == "close" or draw(st.booleans()),
        is_cut=cut is not None,
        is_encoding=is_valid and not is_valid_coding and cut is None,
    )


def _codings(content: bytes) -> list[tuple[str, bytes | None]]:
    """Codings by name with the encoded content; None for a coding that the content does not have."""
    return [
        ("", content),
        ("", content),
        ("identity", content),
        ("gzip", gzip.compress(content)),
        ("x-gzip", gzip.compress(content)),
        ("deflate", zlib.compress(content)),
        ("deflate", raw_deflate(content)),
        ("gzip", None),
        ("deflate", None),
        ("br", content),
        ("gzip, gzip", gzip.compress(content)),
    ]


def _chunked(draw: st.DrawFn, payload: bytes, *, is_valid: bool) -> bytes:
    body, start = b"", 0
    while start < len(payload):
        size = draw(st.integers(1, len(payload)))
        chunk = payload[start : start + size]
        extension = draw(st.sampled_from([b"", b"", b";a=b", b';a="b"']))
        body += b"%x" % len(chunk) + extension + b"\r\n" + chunk + b"\r\n"
        start += size
    if not is_valid:
        size_line = draw(st.sampled_from(INVALID_CHUNK_SIZES)).encode()
        return body + size_line + b"\r\n" + payload + b"\r\n0\r\n\r\n"
    trailer = draw(st.sampled_from([b"", b"", b"X-Trailer: 1\r\n"]))
    return body + b"0\r\n" + trailer + b"\r\n"


def _packets(draw: st.DrawFn, answer: bytes) -> tuple[bytes, ...]:
    cuts = sorted(set(draw(st.lists(st.integers(1, max(1, len(answer) - 1)), max_size=4))))
    bounds = [0, *cuts, len(answer)]
    return tuple(answer[start:end] for start, end in itertools.pairwise(bounds) if start < end)
