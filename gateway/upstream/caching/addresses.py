"""Addresses of a source's GETs: the cache key and the request of a path with its parameters, memoized."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from gateway.upstream.caching.cache import CacheKey
from gateway.upstream.dispatch.attempt import UpstreamRequest
from gateway.upstream.http.exchange import Exchange
from gateway.upstream.http.target import Target
from gateway.upstream.telemetry.events import PathTemplates

_MAX_MEMOIZED = 512
#: Characters of the longest parameter that is memoized by: callers choose some of them.
_LONGEST = 500


class Address(NamedTuple):
    """Address of a GET: the cache key of its response, and its request."""

    key: CacheKey
    request: UpstreamRequest


class AddressBuilder:
    """Builds the addresses of one source's GETs, and memoizes the 512 that were used last."""

    def __init__(self, target: Target, exchange: Exchange) -> None:
        self._target = target
        self._exchange = exchange
        self._paths = PathTemplates.of(target.paths)
        self._memoized = lru_cache(_MAX_MEMOIZED)(self._build)

    def build(self, path: str, params: Mapping[str, str], *, is_cached: bool = False) -> Address:
        """Address of a path with these query parameters, and with those that the source sends with every request."""
        longest = len(max(params.values(), key=len, default=""))
        build = self._memoized if longest <= _LONGEST else self._build
        return build(path, tuple(params.items()), is_cached)

    def _build(self, path: str, params: tuple[tuple[str, str], ...], is_cached: bool) -> Address:  # noqa: FBT001
        query = dict(sorted({**self._target.params, **dict(params)}.items()))
        key = CacheKey(self._target.source, self._target.account, path, tuple(query.items()))
        request = UpstreamRequest(
            method="GET",
            url=self._exchange.url(path, query),
            path=self._paths.template(path),
            cache="miss" if is_cached else "off",
        )
        return Address(key, request)
