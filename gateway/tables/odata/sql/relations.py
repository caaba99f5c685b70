"""The rows of a set and of the entities behind its links, as relations of a statement."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.tables.duck import named, quoted
from gateway.tables.history.rows import HistoryRows
from gateway.tables.odata.model import EntitySet, NavigationLink
from gateway.tables.odata.query import Expression, paths_in
from gateway.tables.odata.sql.expressions import ROOT, link_alias

#: A row's number in its file.
ROW_NUMBER = f"{ROOT}.file_row_number"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """SQL, and the values that are bound to it. With `rows_of` it gives the numbers of the rows to read by that."""

    sql: str
    values: list[Any]
    rows_of: "Callable[[Sequence[int]], Statement] | None" = None


@dataclass(frozen=True, kw_only=True)
class Relations:
    """The files of a set and of its links' targets, by the set's name."""

    set: EntitySet
    files: Mapping[str, Path | HistoryRows]

    @property
    def is_history(self) -> bool:
        """True if the set's rows are of several files, and their numbers grow by more than one."""
        return isinstance(self.files[self.set.name], HistoryRows)

    def rows(self) -> str:
        """The set's rows."""
        rows = self.files[self.set.name]
        if isinstance(rows, HistoryRows):
            return f"({rows.sql}) {ROOT}"
        return f"read_parquet({quoted(rows)}, file_row_number = true) {ROOT}"

    def joins(self, links: Iterable[NavigationLink]) -> str:
        """The entities behind these links, or nulls."""
        return "".join(
            f" LEFT JOIN read_parquet({quoted(self.files[link.target])}) {link_alias(link.name)} "
            f"ON {link_alias(link.name)}.id = {ROOT}.{named(link.column)}"
            for link in links
        )


def links_of(expressions: Iterable[Expression]) -> list[NavigationLink]:
    """The links that expressions go over, each once."""
    links = {
        path.link.name: path.link
        for expression in expressions
        for path in paths_in(expression)
        if path.link is not None
    }
    return list(links.values())
