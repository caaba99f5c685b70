"""
Views of the sources by callers' rights: the sources as a caller sees them, and the matching of what it sees. Callers
with equal rights share a view; those who may do all have the sources themselves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cachetools import LRUCache

from gateway.access import Caller
from gateway.access.rights import Rights
from gateway.connector.fetching.restricted_source import restrict
from gateway.connector.fetching.source import Source
from gateway.identity.catalog import MatchingCatalog

#: Different rights whose views are kept, and those of them whose matchings are: they hold all assets.
_VIEWS, _MATCHINGS = 256, 8


@dataclass(frozen=True)
class CallerView:
    """The sources as a caller sees them. `rights` are None if it may do all."""

    rights: Rights | None
    sources: Mapping[str, Source]

    @property
    def visible(self) -> tuple[Rights | None, Mapping[str, Source]]:
        """The rights, and the sources that they show."""
        return self.rights, self.sources

    @property
    def may_explore(self) -> bool:
        """True if the caller may look at the schema."""
        return self.rights is None or self.rights.explore

    @property
    def sees_metrics(self) -> bool:
        """True if the caller may read the metrics."""
        return self.rights is None or self.rights.sees_metrics


class CallerViews:
    """The views of one set of sources. `rights_of` gives a caller's rights, None for all."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        catalog: MatchingCatalog,
        rights_of: Callable[[Caller], Rights | None],
    ) -> None:
        self._rights_of = rights_of
        self._whole = CallerView(None, sources)
        self._catalog = catalog
        self._views: LRUCache[str, CallerView] = LRUCache(_VIEWS)
        self._catalogs: LRUCache[str, MatchingCatalog] = LRUCache(_MATCHINGS)

    def of(self, caller: Caller) -> CallerView:
        """The view of a caller."""
        rights = self._rights_of(caller)
        if rights is None:
            return self._whole
        view = self._views.get(rights.digest)
        if view is None:
            view = self._views[rights.digest] = self._make(rights)
        return view

    def catalog(self, view: CallerView, own_accounts: str = "") -> MatchingCatalog:
        """
        The matching of the assets that a view shows, by the caller's `own_accounts` if there are any: nothing else
        decides what is joined.
        """
        if not own_accounts and (view.rights is None or self._shows_all_assets(view)):
            return self._catalog
        digest = own_accounts if view.rights is None else view.rights.digest + own_accounts
        catalog = self._catalogs.get(digest)
        if catalog is None:
            catalog = self._catalogs[digest] = self._catalog.without_rows()
        return catalog

    async def close(self) -> None:
        """End the updates of matchings that are under way."""
        for catalog in self._catalogs.values():
            await catalog.close()

    def _make(self, rights: Rights) -> CallerView:
        sources = self._whole.sources
        return CallerView(rights, {name: restrict(sources[name], rights) for name in rights.sources})

    def _shows_all_assets(self, view: CallerView) -> bool:
        def assets(sources: Mapping[str, Source]) -> list[tuple[str, int]]:
            return [(name, id(source.resources.get("Asset"))) for name, source in sources.items()]

        return assets(view.sources) == assets(self._whole.sources)
