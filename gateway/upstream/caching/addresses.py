"""Where a source's requests go: what a path and its parameters come to, worked out once."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from gateway.upstream.caching.cache import CacheKey
from gateway.upstream.http.exchange import Exchange
from gateway.upstream.http.target import Target
from gateway.upstream.telemetry.events import PathTemplates

_REMEMBERED = 512


class Address(NamedTuple):
    """What is asked: by what an answer is kept, the address, and the path as it is told of."""

    key: CacheKey
    url: str
    path: str


class AddressBuilder:
    """The aims at one source."""

    def __init__(self, target: Target, exchange: Exchange) -> None:
        self._target = target
        self._exchange = exchange
        self._paths = PathTemplates.of(target.paths)
        self._at = lru_cache(_REMEMBERED)(self._build)

    def build(self, path: str, params: Mapping[str, str]) -> Address:
        """A path with these parameters, and with those that the source always wants."""
        return self._at(path, tuple(params.items()))

    def _build(self, path: str, params: tuple[tuple[str, str], ...]) -> Address:
        asked = dict(sorted({**self._target.params, **dict(params)}.items()))
        key = CacheKey(self._target.source, self._target.account, path, tuple(asked.items()))
        return Address(key, self._exchange.url(path, asked), self._paths.template(path))
