"""The vendor under test: its settings, its example answers, and a row of each list that bad rows are made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from gateway import settings, vendors
from gateway.app import open_sources
from gateway.connector.fetching.source import Source
from gateway.testing.harness import Gateway
from gateway.testing.upstreams import Handler, answered, paths
from gateway.upstream.transport.offline import OfflineTransport

Bodies = Mapping[str, Any]
"""Answers by path below the base URL: JSON, an httpx.Response, or a function of the request."""


@dataclass(frozen=True, kw_only=True)
class ListCase:
    """
    A list of the vendor: its path, its envelope around rows, and an example row with an `id`.

    `details` makes of rows the answers to further requests about them. `relations` is a selection of linked records.
    """

    type: str
    path: str
    row: Mapping[str, Any]
    envelope: Callable[[Sequence[Any]], Any] = list
    details: Callable[[Sequence[Mapping[str, Any]]], Bodies] = lambda _: {}
    relations: str = ""
    #: Fields that need further requests, and are not selected.
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class VendorCase:
    """
    A vendor under test.

    `settings` are those of a source, by the part of their names after `GATEWAY_SOURCES__NAME__`. `answers` makes the
    example answers anew. `lists` are by root field, `assets` among them. `get_path` is the path of a single asset, with
    `{id}`; `asset_id` one that is in the answers. `sign_in` answers also while the vendor is at fault. `missing` is the
    answer to a request for an asset that does not exist.
    """

    name: str
    settings: Mapping[str, str]
    answers: Callable[[], Bodies]
    lists: Mapping[str, ListCase]
    get_path: str
    asset_id: str
    sign_in: Bodies = field(default_factory=dict)
    missing: Callable[[], Any] = lambda: answered({"detail": "Not found."}, status=404)

    def source(self) -> Source:
        """The vendor's source. No request is sent."""
        environ = {
            f"GATEWAY_SOURCES__{self.name.upper()}__{key}": value for key, value in self.settings.items()
        }
        keys = {name: vendor.keys for name, vendor in vendors.load().items()}
        loaded = settings.load(config=None, environ=environ, vendors=keys)
        return open_sources(loaded, OfflineTransport())[self.name]

    def handler(self, replaced: Bodies) -> Handler:
        """Handler with the example answers, and others at the paths in `replaced`."""
        base = urlsplit(self.settings["BASE_URL"]).path
        return paths({**self.sign_in, **self.answers(), **replaced}, base=base)

    def gateway(
        self,
        *,
        replaced: Bodies | None = None,
        source: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Gateway:
        """A gateway over the vendor's example answers; `replaced` as in `handler`, `source` has further settings."""
        return Gateway(
            {self.name: {**self.settings, **(source or {})}},
            {self.name: self.handler(replaced or {})},
            environ=environ,
        )

    def at_fault(self, answer: Any) -> Bodies:
        """The same answer to every request but those to sign in."""
        return {**dict.fromkeys(self.answers(), answer), **self.sign_in}

    def get_paths(self, rows: Sequence[Mapping[str, Any]]) -> Bodies:
        """The rows by the paths of single assets."""
        return {self.get_path.replace("{id}", str(row["id"])): row for row in rows}
