"""Entity model: the tables as OData's entity sets, with keys, and links between them as navigation properties."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from gateway.tables.columns import FlatColumn, FlatTable

#: The namespace of the entity types.
NAMESPACE = "AssetGateway"
_LINK_ENDING = "_id"


@dataclass(frozen=True, kw_only=True)
class NavigationLink:
    """A navigation property to at most one entity: `column` holds the `id` of an entity of the set `target`."""

    name: str
    column: str
    target: str


@dataclass(frozen=True, kw_only=True)
class EntitySet:
    """An entity set: a table, the columns of its key, and its links by name."""

    table: FlatTable
    type: str
    key: tuple[str, ...]
    links: Mapping[str, NavigationLink]

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    @cached_property
    def columns(self) -> Mapping[str, FlatColumn]:
        """The columns by name, in order."""
        return {column.name: column for column in self.table.columns}


class EntityModel:
    """The entity sets by name."""

    def __init__(self, tables: Iterable[FlatTable]) -> None:
        known = {table.name: table for table in tables}
        self.sets: Mapping[str, EntitySet] = {
            name: EntitySet(
                table=table,
                type=table.resource or table.type,
                key=table.key,
                links={link.name: link for link in _links(table, known)},
            )
            for name, table in known.items()
        }


def _links(table: FlatTable, known: Mapping[str, FlatTable]) -> Iterable[NavigationLink]:
    columns = {column.name for column in table.columns}
    for column in table.columns:
        name = column.name.removesuffix(_LINK_ENDING)
        target = known.get(column.references or "")
        if target is not None and target.column("id") and name not in columns:
            yield NavigationLink(name=name, column=column.name, target=target.name)
