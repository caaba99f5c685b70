"""Decoded upstream answers, and the values derived from them: derived once, and cached as long as the answer is."""

from collections.abc import Callable, Hashable, Sequence
from operator import is_not
from typing import Any, TypeVar

from gateway.upstream.caching.cache import CacheKey
from gateway.upstream.caching.freshness import CachedResponse
from gateway.upstream.http.decode import Decode, NarrowDecoder

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
    decodings = cached.decodings
    is_new = isinstance(decode, NarrowDecoder) and decode not in decodings
    if is_new and (None in decodings or len(decodings) >= _MAX_DECODINGS):
        decode = None
    answer: UpstreamAnswer | None = decodings.get(decode)
    if answer is None:
        answer = UpstreamAnswer(
            key, decode_body(cached.body, decode), stored_at=cached.stored_at, link=cached.link
        )
        if len(decodings) >= _MAX_DECODINGS:
            decodings.clear()
        decodings[decode] = answer
    answer.stored_at = cached.stored_at
    answer.expires_at = cached.stored_at + cached.ttl_seconds
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
