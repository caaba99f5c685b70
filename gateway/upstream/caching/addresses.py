"""Where a source's requests go: what a path and its parameters come to, worked out once."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from gateway.upstream.caching.cache import Key
from gateway.upstream.http.exchange import Exchange
from gateway.upstream.http.target import Target
from gateway.upstream.telemetry.events import Paths

_REMEMBERED = 512


class Aim(NamedTuple):
    """What is asked: by what an answer is kept, the address, and the path as it is told of."""

    key: Key
    url: str
    path: str


class Aims:
    """The aims at one source."""

    def __init__(self, target: Target, exchange: Exchange) -> None:
        self._target = target
        self._exchange = exchange
        self._paths = Paths.of(target.paths)
        self._at = lru_cache(_REMEMBERED)(self._made)

    def at(self, path: str, params: Mapping[str, str]) -> Aim:
        """A path with these parameters, and with those that the source always wants."""
        return self._at(path, tuple(params.items()))

    def _made(self, path: str, params: tuple[tuple[str, str], ...]) -> Aim:
        asked = dict(sorted({**self._target.params, **dict(params)}.items()))
        key = Key(self._target.source, self._target.account, path, tuple(asked.items()))
        return Aim(key, self._exchange.url(path, asked), self._paths.template(path))
