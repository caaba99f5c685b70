"""An answer as it was decoded, and what was made of it: made once, and kept as long as the answer is."""

from collections.abc import Callable, Hashable, Sequence
from operator import is_not
from typing import Any, TypeVar

from gateway.upstream.caching.cache import CacheKey
from gateway.upstream.caching.freshness import CachedResponse
from gateway.upstream.http.decode import Decode, NarrowDecoder

T = TypeVar("T")

#: How many things are made of one answer: those who make more do so every time.
_MADE = 32
#: In how many ways one body is held decoded.
_WAYS = 3


class UpstreamAnswer:
    """What a source has told. Equal questions of several operations may share one."""

    __slots__ = ("__weakref__", "_made", "answer", "key")

    def __init__(self, key: CacheKey, answer: Any) -> None:
        self.key = key
        self.answer = answer
        self._made: dict[Hashable, Any] = {}

    def memoize(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes of the answer, and of nothing else. `key` tells what that is."""
        if key in self._made:
            found: T = self._made[key]
            return found
        found = make()
        if len(self._made) < _MADE:
            self._made[key] = found
        return found


def decode_cached(
    key: CacheKey,
    cached: CachedResponse,
    decode: Decode | None,
    decode_body: Callable[[bytes, Decode | None], Any],
) -> UpstreamAnswer:
    """
    What an answer tells when it is decoded in this way: decoded once. Raises as `decoded` does.

    Where many look at different parts of it, it is decoded whole for all of them.
    """
    read = cached.decodings
    if isinstance(decode, NarrowDecoder) and decode not in read and (None in read or len(read) >= _WAYS):
        decode = None
    found: UpstreamAnswer | None = read.get(decode)
    if found is None:
        found = UpstreamAnswer(key, decode_body(cached.body, decode))
        if len(read) >= _WAYS:
            read.clear()
        read[decode] = found
    return found


def memoize_on(answers: Sequence[UpstreamAnswer], key: Hashable, make: Callable[[], T]) -> T:
    """A value derived from several answers: made once, and kept as long as all of them are."""
    first = answers[0]
    if len(answers) == 1:
        return first.memoize(key, make)
    bodies = [answer.answer for answer in answers]
    # The bodies that the value was derived from, and the value; empty until it is made.
    memo: list[Any] = first.memoize(key, list)
    if not memo or len(memo[0]) != len(bodies) or any(map(is_not, memo[0], bodies)):
        memo[:] = bodies, make()
    value: T = memo[1]
    return value
