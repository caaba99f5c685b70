"""Decoded upstream answers, and the values derived from them: derived once, and cached as long as the answer is."""

from collections.abc import Callable, Hashable, Sequence
from operator import is_not
from typing import Any, TypeVar

from gateway.concurrency.slices import run_in_slices
from gateway.upstream.caching.cache import CacheKey
from gateway.upstream.caching.freshness import CachedResponse
from gateway.upstream.http.decode import Decode, NarrowDecoder, read_json
from gateway.upstream.http.sliced_decoding import decode_list

T = TypeVar("T")

#: Values that are memoized on one answer; beyond it a value is derived every time.
_MAX_DERIVED = 32
#: Decoders of which one body's result is held.
_MAX_DECODINGS = 3


class UpstreamAnswer:
    """
    Decoded body of a GET, under its cache key. Operations that read the same response share one answer. `stored_at` is
    the time of the response, or of the last revalidation that confirmed it, in seconds since 1970; it is fresh until
    `expires_at`.
    """

    __slots__ = ("__weakref__", "_derived", "decoded", "expires_at", "key", "link", "stored_at")

    def __init__(
        self, key: CacheKey, answer: Any, *, stored_at: float = 0.0, link: str | None = None
    ) -> None:
        self.expires_at = stored_at
        self.key = key
        self.decoded = answer
        self.stored_at = stored_at
        self.link = link
        self._derived: dict[Hashable, Any] = {}

    def memoize(self, key: Hashable, derive: Callable[[], T]) -> T:
        """The value of `derive`, which depends on this answer alone. `key` identifies the derivation."""
        if key in self._derived:
            memoized: T = self._derived[key]
            return memoized
        value = derive()
        if len(self._derived) < _MAX_DERIVED:
            self._derived[key] = value
        return value


def decode_cached(
    key: CacheKey,
    cached: CachedResponse,
    decode: Decode | None,
    decode_body: Callable[[bytes, Decode | None], Any],
) -> UpstreamAnswer:
    """
    The answer that a cached response decodes to, decoded once for each decoder. Raises as `decode_body` does.

    If several narrow decoders read parts of one response, it is decoded in full, once for all of them.
    """
    if cached.decodings:
        decode = _shared_decoder(cached, decode)
    answer: UpstreamAnswer | None = cached.decodings.get(decode)
    if answer is None:
        answer = _keep(key, cached, decode, decode_body(cached.body, decode))
    answer.stored_at = cached.stored_at
    answer.expires_at = cached.stored_at + cached.ttl_seconds
    return answer


async def decode_in_slices(key: CacheKey, cached: CachedResponse, decode: Decode | None) -> None:
    """Decode a long list so that others run meanwhile; `decode_cached` then has its answer at once."""
    decode = _shared_decoder(cached, decode)
    if decode in cached.decodings or not (decode is None or isinstance(decode, NarrowDecoder)):
        return
    rows = await run_in_slices(decode_list(cached.body, decode or read_json))
    if rows is not None and decode not in cached.decodings:
        _keep(key, cached, decode, rows)


def _shared_decoder(cached: CachedResponse, decode: Decode | None) -> Decode | None:
    """The decoder itself, or that of all, if the response is read by several narrow ones."""
    decodings = cached.decodings
    is_new = isinstance(decode, NarrowDecoder) and decode not in decodings
    return None if is_new and (None in decodings or len(decodings) >= _MAX_DECODINGS) else decode


def _keep(key: CacheKey, cached: CachedResponse, decode: Decode | None, decoded: Any) -> UpstreamAnswer:
    if len(cached.decodings) >= _MAX_DECODINGS:
        cached.decodings.clear()
    answer = UpstreamAnswer(key, decoded, stored_at=cached.stored_at, link=cached.link)
    cached.decodings[decode] = answer
    return answer


def memoize_on(answers: Sequence[UpstreamAnswer], key: Hashable, derive: Callable[[], T]) -> T:
    """A value derived from several answers: derived once, and cached as long as all of them are."""
    first = answers[0]
    if len(answers) == 1:
        return first.memoize(key, derive)
    bodies = [answer.decoded for answer in answers]
    # The bodies that the value was derived from, and the value; empty until it is derived.
    memo: list[Any] = first.memoize(key, list)
    if not memo or len(memo[0]) != len(bodies) or any(map(is_not, memo[0], bodies)):
        memo[:] = bodies, derive()
    value: T = memo[1]
    return value
