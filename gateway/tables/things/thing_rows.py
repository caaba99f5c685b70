"""
Rows of the tables of unified assets. Assets are matched in memory, about a kilobyte each; their values are read and
reconciled a thing at a time.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from gateway.connector.description import ids
from gateway.connector.description.ids import GlobalId
from gateway.identity import (
    UNIFIED_SOURCE,
    Decisions,
    PossibleMatches,
    ReconcilePolicy,
    conflicts,
    match,
    reconcile,
    run,
    unified_id,
)
from gateway.identity.matching_view import MatchingView
from gateway.identity.reconcile import ChosenValue
from gateway.tables.columns import ColumnKind, FlatColumn, FlatTable
from gateway.tables.spool import Spool
from gateway.tables.things.declarations import (
    ASSET_CONFLICTS,
    ASSET_POSSIBLE_MATCHES,
    UNIFIED_ASSET_RECORDS,
    UNIFIED_ASSETS,
)
from gateway.tables.things.kept_assets import KeptAsset, KeptAssets
from resolvers.identity.asset_values import LINKS, PLAIN, TERMS, shown

_CHUNK = 500
_PAIR_COLUMNS = tuple(
    FlatColumn(name=name, kind=ColumnKind.TEXT, description="") for name in ("asset_id", "thing")
)

Row = dict[str, Any]
T = TypeVar("T")


class ThingRows:
    """
    The rows of the tables, of assets that are matched by the operator's decisions. `counts` are by table the rows that
    each source has, or, of `unified_assets`, the things that it knows.
    """

    def __init__(
        self,
        assets: KeptAssets,
        decisions: Decisions,
        policy: ReconcilePolicy,
        vendors: Mapping[str, str],
    ) -> None:
        self.counts: Mapping[str, Counter[str]] = {
            UNIFIED_ASSETS: Counter(),
            UNIFIED_ASSET_RECORDS: Counter(),
            ASSET_CONFLICTS: Counter(),
            ASSET_POSSIBLE_MATCHES: Counter(),
        }
        self._assets = assets
        self._policy = policy
        self._vendors = vendors
        self._matching = match(assets.identity_records(), decisions)
        self._view = MatchingView(self._matching, PossibleMatches(self._matching), {}, {})

    def write(self, folder: Path, tables: Mapping[str, FlatTable]) -> Mapping[str, Path]:
        """The rows as spools in `folder`, by table."""
        pairs = folder / "things.spool"
        with Spool(pairs, _PAIR_COLUMNS) as spool:
            for chunk in _chunks(self._pairs()):
                spool.write_rows(chunk)
        paths = {name: folder / f"{name}.spool" for name in tables}
        with Spool(paths[ASSET_POSSIBLE_MATCHES], tables[ASSET_POSSIBLE_MATCHES].stored) as spool:
            for chunk in _chunks(self._possible_matches()):
                spool.write_rows(chunk)
        names = (UNIFIED_ASSETS, UNIFIED_ASSET_RECORDS, ASSET_CONFLICTS)
        things, records, conflicting = (Spool(paths[name], tables[name].stored) for name in names)
        with things, records, conflicting:
            for block in _chunks(self._assets.by_thing(pairs)):
                things.write_rows([self._thing(*thing) for thing in block])
                records.write_rows(
                    [self._record(thing, asset) for thing, assets in block for asset in assets]
                )
                conflicting.write_rows([row for thing in block for row in self._conflicts(*thing)])
        pairs.unlink()
        return paths

    def _pairs(self) -> Iterator[Row]:
        for group in self._matching.groups():
            thing = unified_id(self._matching, group)
            for index in group.members:
                yield {"asset_id": self._matching.compared[index].id, "thing": thing}

    def _thing(self, thing: str, assets: Sequence[KeptAsset]) -> Row:
        matched = self._view.thing_of(assets[0].keys["id"])
        assert matched is not None, thing
        sources = sorted({asset.keys["source"] for asset in assets})
        self.counts[UNIFIED_ASSETS].update(sources)
        return {
            "id": thing,
            "source": UNIFIED_SOURCE,
            "vendor": UNIFIED_SOURCE,
            "native_id": thing.split(":", 2)[2],
            "records": len(assets),
            "sources": ",".join(sources),
            "matched_by": ",".join(matched.matched_by) or None,
            "serial_numbers": ",".join(matched.serial_numbers) or None,
            "status": "UNKNOWN",
            **_chosen_columns(reconcile([asset.values for asset in assets], self._policy), assets),
        }

    def _record(self, thing: str, asset: KeptAsset) -> Row:
        return self._keyed(
            UNIFIED_ASSET_RECORDS,
            "UnifiedAssetRecord",
            asset.keys["source"],
            asset.keys["native_id"],
            unified_asset_id=thing,
            asset_id=asset.keys["id"],
        )

    def _conflicts(self, thing: str, assets: Sequence[KeptAsset]) -> list[Row]:
        values = [asset.values for asset in assets]
        native_ids = {asset.keys["id"]: asset.keys["native_id"] for asset in assets}
        rows: list[Row] = []
        for conflict in conflicts(values, self._policy):
            chosen = reconcile(values, self._policy, (conflict.field,))[conflict.field]
            rows += [
                self._keyed(
                    ASSET_CONFLICTS,
                    "AssetConflictValue",
                    value.source,
                    f"{native_ids[value.record_id]}-{conflict.field}",
                    unified_asset_id=thing,
                    field=conflict.field,
                    asset_id=value.record_id,
                    value=_text(conflict.field, value.value),
                    is_shown=value.record_id == chosen.record_id,
                )
                for value in conflict.values
            ]
        return rows

    def _possible_matches(self) -> Iterator[Row]:
        run(self._view.possible.prepare())
        compared = self._matching.compared
        for pair in self._view.possible_pairs():
            if pair is None:
                continue
            lhs, rhs = sorted((compared[pair.lhs].id, compared[pair.rhs].id))
            first = ids.parse(lhs)
            yield self._keyed(
                ASSET_POSSIBLE_MATCHES,
                "AssetPossibleMatch",
                first.source,
                f"{first.native_id}-{rhs}",
                left_id=lhs,
                right_id=rhs,
                reasons="; ".join(pair.reasons),
                against="; ".join(pair.against) or None,
            )

    def _keyed(self, table: str, type_name: str, source: str, native_id: str, **columns: Any) -> Row:
        self.counts[table][source] += 1
        return {
            "id": str(GlobalId(source, type_name, native_id)),
            "source": source,
            "vendor": self._vendors[source],
            "native_id": native_id,
            **columns,
        }


def _chosen_columns(chosen: Mapping[str, ChosenValue], assets: Sequence[KeptAsset]) -> Row:
    """The columns of a thing's values. Warranty and support come whole from one record."""
    links = {asset.keys["id"]: asset.links for asset in assets}
    row: Row = {}
    for field, value in chosen.items():
        if field in PLAIN:
            row[PLAIN[field]] = value.value
        elif field in LINKS:
            column = f"{LINKS[field]}_id"
            row[column] = links[value.record_id][column]
        else:
            _, name = TERMS[field]
            row |= {f"{name}_{part}": cell for part, cell in value.value.whole.items()}  # type: ignore[attr-defined]
    return row


def _text(field: str, value: object) -> str:
    text = shown(field, value)
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(text)


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
