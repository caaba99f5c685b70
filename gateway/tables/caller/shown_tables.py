"""Shown tables: the tables and columns that a caller sees, and at which sources a column is hidden from it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gateway.access.rights import Rights
from gateway.connector.description.vocabulary import TYPES
from gateway.connector.fetching.restricted_source import schema_names
from gateway.connector.fetching.source import Source
from gateway.tables.columns import IS_STUB, KEYS, MOMENTS, FlatColumn, FlatTable
from gateway.tables.history.declarations import history_table
from gateway.tables.relations import (
    ASSET_LICENCES,
    ASSET_TICKETS,
    CHECKLIST_ITEMS,
    CHECKOUT_EVENTS,
    CUSTOM_FIELD_VALUES,
)
from gateway.tables.side_tables import DELETED_ROWS, SOURCES

_ALWAYS = frozenset({*KEYS, IS_STUB.name, *(column.name for column in MOMENTS)})
#: The fields that tell the same as a relation table, and the types of which all have to be seen.
RELATION_FIELDS: Mapping[str, tuple[frozenset[str], tuple[str, ...]]] = {
    ASSET_TICKETS.name: (frozenset({"Asset.tickets", "Ticket.assets"}), ("Ticket", "Asset")),
    ASSET_LICENCES.name: (frozenset({"Asset.licences", "Licence.assets"}), ("Licence", "Asset")),
    CHECKLIST_ITEMS.name: (frozenset({"Checklist.items"}), ("Checklist",)),
    CHECKOUT_EVENTS.name: (frozenset({"Asset.checkoutHistory"}), ("Asset",)),
    CUSTOM_FIELD_VALUES.name: (frozenset(), ()),
}
#: A count of the rows of all tables, be they seen or not.
_ROWS = "rows"


@dataclass(frozen=True, kw_only=True)
class ShownTables:
    """
    The tables for one caller: `tables` are all, `sources` all that are configured, and `visible` those that the
    caller sees, as it sees them.
    """

    tables: Mapping[str, FlatTable]
    rights: Rights
    sources: Mapping[str, Source]
    visible: Mapping[str, Source]

    def shown(self) -> Mapping[str, FlatTable]:
        """The tables that are seen, with their seen columns."""
        shown = {
            name: replace(table, columns=tuple(self._columns(table)))
            for name, table in self.tables.items()
            if self._is_shown(table)
        }
        histories = {
            name: history_table(shown[table.history_of])
            for name, table in self.tables.items()
            if table.history_of in shown
        }
        return {**shown, **histories}

    def sources_of(self, table: FlatTable) -> list[str]:
        """The sources whose rows of a table may be seen, some or all."""
        if table.name in RELATION_FIELDS:
            names, types = RELATION_FIELDS[table.name]
            return [
                source
                for source in self.visible
                if all(self.rights.of_type(source, name) is not None for name in types)
                and not (names and self.rights.is_hidden(names, types, source))
            ]
        return [source for source in self.visible if self.rights.of_type(source, table.type) is not None]

    def hidden_at(self, table: FlatTable, column: FlatColumn) -> list[str]:
        """The sources, of those whose rows are seen, in whose rows the column is hidden."""
        if column.name in _ALWAYS or table.name in RELATION_FIELDS or table.type not in TYPES:
            return []
        return [source for source in self.sources_of(table) if self._is_hidden(table, column, source)]

    def shows_custom_fields(self, source: str, type_name: str) -> bool:
        """True if the custom fields of a source's records of a type are seen."""
        resource = self.visible[source].resources.get(type_name)
        return resource is not None and "custom_fields" in resource.fields

    def _is_shown(self, table: FlatTable) -> bool:
        if table.history_of is not None:
            return False
        if table.is_matched:
            # They are made of all assets, be they seen or not.
            return False
        if table.name in RELATION_FIELDS:
            return bool(self.sources_of(table))
        return table.name in {DELETED_ROWS.name, SOURCES.name} or self.rights.may_read(table.type)

    def _columns(self, table: FlatTable) -> Iterator[FlatColumn]:
        sources = self.sources_of(table)
        for column in table.columns:
            if table.name == SOURCES.name and column.name == _ROWS:
                continue
            hidden = self.hidden_at(table, column)
            if not hidden:
                yield column
            elif len(hidden) < len(sources):
                yield replace(column, required=False)

    def _is_hidden(self, table: FlatTable, column: FlatColumn, source: str) -> bool:
        name = column.needs or column.name
        if self.rights.is_hidden(frozenset(schema_names(table.type, name)), (table.type,), source):
            return True
        for id_type in TYPES[table.type]:
            resource = self.sources[source].resources.get(id_type)
            visible = self.visible[source].resources.get(id_type)
            is_declared = resource is not None and resource.declared(name) is not None
            if is_declared and (visible is None or visible.declared(name) is None):
                return True
        return False
