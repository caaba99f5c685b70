"""
Sliced decoding: a long list of objects is decoded some rows at a time, so that others run in between.

JSON is read from left to right: if the text up to the end of an object is a whole list once its bracket is closed, it
holds exactly the list's first items. So it is cut behind an object where all brackets are closed, and what is decoded
proves that the cut was right.
"""

import re
from collections.abc import Generator, Iterator
from typing import Any

import msgspec

from gateway.upstream.http.decode import Decode

LONG_BYTES = 256 * 1024
"""Bodies of this size and more are decoded in slices."""
_SLICE_BYTES = 128 * 1024
_START = re.compile(rb'(?:\xef\xbb\xbf)?\s*\[(?=\s*(\{\s*"[^"]*"))')
#: Objects behind which a cut is tried. Without one there (an odd bracket in a text), the rest is decoded at once.
_MAX_TRIES = 1000


def decode_list(
    body: bytes, decode: Decode, *, slice_bytes: int = _SLICE_BYTES
) -> Generator[None, None, list[Any] | None]:
    """
    The items of a body that is a list, with a step after each slice; None if it cannot be decoded so.

    >>> from gateway.concurrency.slices import run_in_slices
    >>> import asyncio
    >>> body = b'[{"a": [{"b": "}, {"}, {}]}, {"a": []}, {"a": 2}]'
    >>> asyncio.run(run_in_slices(decode_list(body, msgspec.json.decode, slice_bytes=4)))
    [{'a': [{'b': '}, {'}, {}]}, {'a': []}, {'a': 2}]
    """
    start = _START.match(body)
    if start is None:
        return None
    rows: list[Any] = []
    position = start.end()
    # Objects inside of rows have other keys, as a rule.
    between_rows = re.compile(rb"\}(\s*,\s*)(?=%b)" % re.escape(start[1]))
    try:
        while (
            cut := _next_cut(between_rows.finditer(body, position + slice_bytes), body, position)
        ) is not None:
            rows += decode(b"[%b]" % body[position : cut.start() + 1])
            position = cut.end()
            yield
        rows += decode(b"[%b" % body[position:])
    except (msgspec.DecodeError, ValueError, RecursionError, TypeError):
        return None
    return rows


def _next_cut(cuts: Iterator[re.Match[bytes]], body: bytes, position: int) -> re.Match[bytes] | None:
    """The first of the cuts that is between two items; None if the rest has to be decoded at once."""
    depth, counted = 0, position
    for tries, cut in enumerate(cuts):
        if tries >= _MAX_TRIES:
            return None
        end = cut.start() + 1
        depth += body.count(b"{", counted, end) + body.count(b"[", counted, end)
        depth -= body.count(b"}", counted, end) + body.count(b"]", counted, end)
        if depth == 0:
            return cut
        counted = end
    return None
