"""Long lists are decoded in slices: the same rows as at once, and others run in between."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.upstream.caching.answer import decode_cached, decode_in_slices
from gateway.upstream.caching.cache import CacheKey
from gateway.upstream.caching.freshness import CachedResponse
from gateway.upstream.http.decode import NarrowDecoder, read_json
from gateway.upstream.http.sliced_decoding import LONG_BYTES, decode_list

_TEXTS = st.text(alphabet='ab"\\{}[], \n\u00e9', max_size=8)
_VALUES = st.recursive(
    st.none() | st.integers(-9, 9) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=8,
)
_KEY = CacheKey("tether", "", "/assets", ())


def _decode(body: bytes, *, slice_bytes: int) -> tuple[list[Any] | None, int]:
    """The items, and the number of steps."""
    steps = decode_list(body, read_json, slice_bytes=slice_bytes)
    count = 0
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value, count
        count += 1


@given(
    st.lists(st.dictionaries(_TEXTS, _VALUES, max_size=3) | _VALUES, max_size=12),
    st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", ":")]),
    st.integers(1, 60),
)
def test_slices_hold_the_rows_of_the_whole(
    rows: list[Any], separators: tuple[str, str], slice_bytes: int
) -> None:
    body = json.dumps(rows, separators=separators).encode()
    decoded, _ = _decode(body, slice_bytes=slice_bytes)
    # Odd brackets in texts may look like an end: then there is no answer, and the body is decoded at once.
    assert decoded is None or decoded == rows


def test_rows_are_cut_at_each_slice() -> None:
    rows = [{"id": number, "values": [{"id": 1}, {"id": 2}]} for number in range(10)]
    decoded, steps = _decode(json.dumps(rows).encode(), slice_bytes=1)
    assert decoded == rows
    assert steps == 9


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"data": [{}, {}]}', b"[{}, {}", b"[{}, {}]]", b"[{}, {},]", b"[{} {}]", b"[{}, {}] x"],
)
def test_what_is_no_list_is_left_to_the_usual_decoder(body: bytes) -> None:
    assert _decode(body, slice_bytes=1)[0] is None


async def test_a_long_list_is_decoded_while_others_run() -> None:
    rows = [{"id": number, "name": "x" * 90} for number in range(LONG_BYTES // 100)]
    cached = CachedResponse(body=json.dumps(rows).encode(), stored_at=0.0, ttl_seconds=30.0)
    decoder = NarrowDecoder(msgspec.json.Decoder(list[dict[str, Any]]).decode)
    decoding = asyncio.create_task(decode_in_slices(_KEY, cached, decoder))
    turns = 0
    while not decoding.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 1

    def fail(*_: object) -> Any:
        raise AssertionError

    assert decode_cached(_KEY, cached, decoder, fail).decoded == rows
