"""Callers' own accounts at sources: upstreams that send the credential which a caller has brought."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from cachetools import LRUCache
from starlette.types import Scope

from gateway.connector.fetching.source import Source
from gateway.edge.middleware.auth import caller_of
from gateway.edge.middleware.source_credentials import source_credentials_of
from gateway.settings import Settings
from gateway.upstream.client import Upstream
from gateway.upstream.upstreams import UpstreamFactory
from resolvers.caller_views import CallerViews
from resolvers.context import RequestContext
from resolvers.subgraph import Subgraph

_BYTES = 32 * 1024 * 1024
#: Bytes of an upstream: its addresses above all, some hundred of them. Vendors' answers are in the cache.
_UPSTREAM_BYTES = 100_000


NewContext = Callable[..., RequestContext]


class CallerAccounts:
    """
    The accounts that callers use, by credential: two who bring the same one share it. Each has connections, a rate
    limit, a concurrency, a circuit breaker and cached answers of its own. The least recently used are given up.
    """

    def __init__(self, settings: Settings, sources: Mapping[str, Source], upstreams: UpstreamFactory) -> None:
        self._factory = upstreams
        self._sources = sources
        self._allowed = frozenset(source.name for source in settings.sources if source.caller_credentials)
        self._upstreams: LRUCache[tuple[str, str], Upstream] = LRUCache(
            _BYTES, getsizeof=lambda _: _UPSTREAM_BYTES
        )

    def accepting(self, visible: Collection[str]) -> Collection[str]:
        """The names, among those of sources that a caller sees, of sources that take callers' credentials."""
        return self._allowed.intersection(visible)

    @property
    def is_used(self) -> bool:
        """True if some source takes callers' credentials."""
        return bool(self._allowed)

    def open(self, visible: Mapping[str, Source], credentials: Mapping[str, str]) -> Mapping[str, Source]:
        """The sources that are read with these credentials, of those that a caller sees."""
        return {
            # tables are kept by the cache of answers, which has a bound
            name: replace(visible[name], upstream=self._upstream(name, credential), tables={})
            for name, credential in credentials.items()
            if name in visible
        }

    def _upstream(self, name: str, credential: str) -> Upstream:
        key = (name, hashlib.sha256(credential.encode()).hexdigest())
        upstream = self._upstreams.get(key)
        if upstream is None:
            upstream = self._factory.open_own_account(self._sources[name].upstream, credential)
            self._upstreams[key] = upstream
        return upstream


def with_own_accounts(new_context: NewContext, accounts: CallerAccounts, views: CallerViews) -> NewContext:
    """A function like `new_context` whose contexts read by the accounts of the caller's own that the scope names."""
    if not accounts.is_used:
        return new_context

    def new_own_context(scope: Scope, *subgraph: Subgraph) -> RequestContext:
        context = new_context(scope, *subgraph)
        if credentials := source_credentials_of(scope):
            view = views.of(caller_of(scope))
            own = accounts.open(view.sources, credentials)
            digest = _digest(own)
            context.use_own_accounts(own, digest, views.catalog(view, digest))
        return context

    return new_own_context


def _digest(own: Mapping[str, Source]) -> str:
    """A digest of the accounts, which tells nothing of their credentials."""
    accounts = sorted((name, source.upstream.target.account) for name, source in own.items())
    return hashlib.sha256(json.dumps(accounts).encode()).hexdigest()
