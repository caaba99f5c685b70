"""
Contributions: what the records of a version of a table tell of other tables, as files beside it. Relation tables and
stubs are made of them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.tables.columns import FlatColumn
from gateway.tables.duck import named, quoted
from gateway.tables.parquet import NATIVE_ORDER, REUSED, WRITTEN_AS, read_spools, typed

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """
    Rows of spools, and those of the version `before` that go on standing: of the `carried` sources; of records that
    kept their details (their ids are in the file `details`, and in the column `key`); or, for stubs, those that a
    column of a file in `referring` still refers to.
    """

    columns: Sequence[FlatColumn]
    spools: Sequence[Path]
    before: Path | None
    carried: Collection[str] = ()
    key: str | None = None
    details: Path | None = None
    detail_sources: Collection[str] = ()
    referring: Sequence[tuple[Path, str]] = ()


def write_contribution(connection: "DuckDBPyConnection", target: Path, contribution: Contribution) -> None:
    """The rows at `target`, each id once; no file if there are none."""
    columns = contribution.columns
    queries: list[str] = []
    if contribution.spools:
        cells = ", ".join(map(typed, columns))
        queries.append(f"SELECT {cells}, 0 AS age FROM {read_spools(contribution.spools, columns)}")  # noqa: S608
    if contribution.before is not None and contribution.before.is_file():
        rows = connection.execute(f"DESCRIBE FROM {quoted(contribution.before)}").fetchall()
        if {column.name for column in columns} <= {row[0] for row in rows}:
            queries.append(_standing(contribution))
    if not queries:
        return
    names = ", ".join(named(column.name) for column in columns)
    union = " UNION ALL ".join(f"({query})" for query in queries)
    connection.execute(
        f"COPY (SELECT {names} FROM ({union}) QUALIFY row_number() OVER (PARTITION BY id ORDER BY age) = 1 "  # noqa: S608
        f"ORDER BY source, {NATIVE_ORDER}) TO {quoted(target)} ({WRITTEN_AS})"
    )
    target.chmod(0o600)


def _standing(contribution: Contribution) -> str:
    names = ", ".join(named(column.name) for column in contribution.columns)
    conditions = ["FALSE"]
    if contribution.carried:
        conditions.append(f"source IN ({_listed(contribution.carried)})")
    if contribution.details is not None and contribution.key is not None and contribution.detail_sources:
        reused = f"SELECT id FROM {quoted(contribution.details)} WHERE {REUSED.name}"  # noqa: S608
        sources = _listed(contribution.detail_sources)
        conditions.append(f"(source IN ({sources}) AND {named(contribution.key)} IN ({reused}))")
    for path, column in contribution.referring:
        conditions.append(f"id IN (SELECT {named(column)} FROM {quoted(path)})")  # noqa: S608
    return f"SELECT {names}, 1 AS age FROM {quoted(contribution.before)} WHERE {' OR '.join(conditions)}"  # noqa: S608


def _listed(texts: Collection[str]) -> str:
    return ", ".join(map(quoted, texts))
