"""Kept assets: rows of the snapshot of `assets` as identity compares them, and as values of things."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.identity import IdentityRecord, PersonValue, PlaceValue, RecordValues
from gateway.tables.duck import named, quoted
from resolvers.identity.asset_values import PLAIN, TERM_FIELDS, TERMS, make_term
from resolvers.identity.rows import IDENTITY_FIELDS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BATCH = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEYS = ("id", "source", "vendor", "native_id")
_LINKED = ("location_id", "assigned_to_id")


@dataclass(frozen=True, kw_only=True)
class KeptAsset:
    """An asset: its keys, its values as they are reconciled, and the ids of its place and person."""

    keys: Mapping[str, str]
    values: RecordValues
    links: Mapping[str, str | None]


@dataclass(frozen=True, kw_only=True)
class KeptAssets:
    """
    The rows of one version of `assets`, with the versions of `locations` and `people` if there are any. `by_record`
    are the columns by source that no list tells: identity does not compare them, as it does not elsewhere.
    """

    connection: "DuckDBPyConnection"
    assets: Path
    locations: Path | None
    people: Path | None
    by_record: Mapping[str, Collection[str]]

    def identity_records(self) -> Iterator[IdentityRecord]:
        """All rows as identity compares them."""
        cells = [self._compared(name.replace(".", "_")) for name in IDENTITY_FIELDS]
        query = f"SELECT id, source, {', '.join(cells)} FROM {quoted(self.assets)}"  # noqa: S608
        return (IdentityRecord(*row) for row in self._rows(query))

    def by_thing(self, things: Path) -> Iterator[tuple[str, list[KeptAsset]]]:
        """
        The assets of each thing, in the order of the things' ids. The file `things` has pairs of `asset_id` and
        `thing` as NDJSON. Nothing else may run on the connection meanwhile.
        """
        plain = list(PLAIN.values())
        terms = [f"{name}_{part}" for _, name in TERMS.values() for part in TERM_FIELDS]
        present = {
            row[0] for row in self.connection.execute(f"DESCRIBE FROM {quoted(self.assets)}").fetchall()
        }
        cells = [f"a.{named(name)}" if name in present else "NULL" for name in (*plain, *terms)]
        location, join_places = _linked(self.locations, "location_id", "l", ("name", "country"))
        person, join_people = _linked(self.people, "assigned_to_id", "p", ("name", "email"))
        columns = [
            "t.thing",
            *(f"a.{name}" for name in (*_KEYS, *_LINKED)),
            *location,
            *person,
            "epoch_us(a.updated_at)",
            *cells,
        ]
        types = "{asset_id: 'VARCHAR', thing: 'VARCHAR'}"
        pairs = f"read_json({quoted(things)}, format = 'newline_delimited', columns = {types})"
        query = (
            f"SELECT {', '.join(columns)} FROM {pairs} t JOIN {quoted(self.assets)} a ON a.id = t.asset_id "  # noqa: S608
            f"{join_places} {join_people} ORDER BY t.thing, a.id"
        )
        for thing, rows in groupby(self._rows(query), key=lambda row: row[0]):
            yield thing, [_asset(row[1:], plain) for row in rows]

    def _compared(self, column: str) -> str:
        sources = [quoted(name) for name, columns in self.by_record.items() if column in columns]
        if not sources:
            return named(column)
        return f"CASE WHEN source NOT IN ({', '.join(sources)}) THEN {named(column)} END"

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        cursor = self.connection.execute(query)
        while batch := cursor.fetchmany(_BATCH):
            yield from batch


def _linked(path: Path | None, column: str, alias: str, names: tuple[str, str]) -> tuple[list[str], str]:
    """The cells of a linked record, and the join that they need; nulls if its table is not kept."""
    if path is None:
        return ["NULL"] * len(names), ""
    join = f"LEFT JOIN {quoted(path)} {alias} ON {alias}.id = a.{column}"
    return [f"{alias}.{named(name)}" for name in names], join


def _asset(row: tuple[Any, ...], plain: list[str]) -> KeptAsset:
    cells = iter(row)
    keys = {name: next(cells) for name in _KEYS}
    links = {name: next(cells) for name in _LINKED}
    location, person = PlaceValue(next(cells), next(cells)), PersonValue(next(cells), next(cells))
    changed = next(cells)
    by_column = dict(zip(plain, cells, strict=False))
    values: dict[str, Any] = {field: by_column[column] for field, column in PLAIN.items()}
    values["location"] = location if links["location_id"] else None
    values["assignedTo"] = person if links["assigned_to_id"] else None
    for field, (word, _) in TERMS.items():
        values[field] = make_term(word, {part: next(cells) for part in TERM_FIELDS})
    moment = None if changed is None else _EPOCH + timedelta(microseconds=changed)
    return KeptAsset(keys=keys, links=links, values=RecordValues(keys["id"], keys["source"], values, moment))
