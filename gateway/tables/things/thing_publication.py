"""The next version of the tables of unified assets, which goes with that of `assets`."""

import time
from collections.abc import Mapping

import msgspec

from gateway.connector.fetching.source import Source
from gateway.identity import Decisions
from gateway.tables.columns import FlatTable
from gateway.tables.costs import costs_calls
from gateway.tables.manifest import SourcePart
from gateway.tables.publication import NewRows, Publication
from gateway.tables.things.declarations import ASSETS, LOCATIONS, PEOPLE, UNIFIED_ASSETS, thing_columns
from gateway.tables.things.kept_assets import KeptAssets
from gateway.tables.things.thing_rows import ThingRows
from resolvers.identity.policy import make_policy


def add_things(publication: Publication, decisions: Decisions) -> None:
    """Add the tables, made of the version of `assets` that is current or about to be. Raises as `Publication` does."""
    began = time.monotonic()
    assets = publication.path(ASSETS)
    assert assets is not None
    tables = {name: table for name, table in publication.tables.items() if table.is_matched}
    rows = ThingRows(
        KeptAssets(
            connection=publication.connection,
            assets=assets,
            locations=publication.path(LOCATIONS),
            people=publication.path(PEOPLE),
            by_record=_by_record(publication.tables[ASSETS], publication.sources),
        ),
        decisions,
        make_policy(publication.sources, decisions),
        {source.name: source.vendor for source in publication.sources.values()},
    )
    spools = rows.write(publication.folder, tables)
    parts = publication.parts(ASSETS)
    columns = frozenset(column.name for column in thing_columns(publication.tables[ASSETS]))
    took = time.monotonic() - began
    for name, spool in spools.items():
        own = {
            source: _part(part, rows.counts[name][source], columns if name == UNIFIED_ASSETS else frozenset())
            for source, part in parts.items()
        }
        new = NewRows(spools=[spool] if spool.stat().st_size else [])
        publication.add(tables[name], new, own, seconds=took)
        spool.unlink()


def _part(assets: SourcePart, rows: int, columns: frozenset[str]) -> SourcePart:
    """A source's part: as old and as whole as that of `assets`."""
    return msgspec.structs.replace(
        assets,
        rows=rows,
        not_read=tuple(name for name in assets.not_read if name in columns),
        lacking=(),
        unfit={},
        scales={},
        relations={},
        unread=(),
    )


def _by_record(assets: FlatTable, sources: Mapping[str, Source]) -> Mapping[str, frozenset[str]]:
    return {
        source.name: frozenset(
            column.name for column in assets.columns if costs_calls(assets, column, source)
        )
        for source in sources.values()
        if "Asset" in source.resources
    }
