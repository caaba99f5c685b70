"""Records of GraphQL's lists in the columns of tables, by introspection: the two are derived apart from each other."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.clients.served_gateway import ServedGateway
from tests.clients.typed_rows import Rows, Table

_TYPE = "name kind ofType { name kind ofType { name kind ofType { name kind ofType { name kind } } } }"
_INTROSPECTION = f"{{ __schema {{ types {{ name fields {{ name type {{ {_TYPE} }} }} }} }} }}"


@dataclass(frozen=True)
class GraphQLRows:
    """The records of a gateway's lists."""

    gateway: ServedGateway

    @cached_property
    def _fields(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        """The named type of each field, by type."""
        described = self.gateway.graphql(_INTROSPECTION)["__schema"]["types"]
        return {
            type_["name"]: {field["name"]: _named(field["type"]) for field in type_["fields"] or ()}
            for type_ in described
        }

    def has_list_of(self, table: Table) -> bool:
        """Whether a list of GraphQL has the rows of a table."""
        return {"id", "source"} <= set(self._paths(table))

    def rows_of(self, table: Table) -> Rows:
        """All records of a table's list. A column that GraphQL has no field for is left out."""
        paths = self._paths(table)
        nodes = self._nodes(_camel(table.name), _selection(paths.values()))
        return table.parsed({column: _at(node, path) for column, path in paths.items()} for node in nodes)

    def _nodes(self, name: str, fields: str) -> Iterator[dict[str, Any]]:
        if not self._is_paged(name):
            yield from self.gateway.graphql(f"{{ {name} {{ {fields} }} }}")[name]
            return
        query = (
            f"query ($after: String) {{ {name}(first: 500, after: $after) {{ "
            f"nodes {{ {fields} }} complete pageInfo {{ hasNextPage endCursor }} }} }}"
        )
        after = None
        while True:
            page = self.gateway.graphql(query, after=after)[name]
            assert page["complete"]
            yield from page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def _is_paged(self, name: str) -> bool:
        """Whether a field of the query gives a connection, not a list."""
        return "nodes" in self._fields[self._fields["Query"][name]["name"]]

    def _paths(self, table: Table) -> dict[str, tuple[str, ...]]:
        """The fields that lead to a column's value, for each column that has one."""
        list_type = self._fields["Query"].get(_camel(table.name))
        if list_type is None:
            return {}
        node = self._fields[list_type["name"]]["nodes"] if self._is_paged(_camel(table.name)) else list_type
        paths = {column: self._path(node["name"], column) for column in table.types}
        return {column: path for column, path in paths.items() if path is not None}

    def _path(self, type_name: str, column: str) -> tuple[str, ...] | None:
        fields = self._fields[type_name]
        if column in ("source", "vendor"):
            return ("source", "name" if column == "source" else "vendor") if "source" in fields else None
        if fields.get(_camel(column), {}).get("kind") in ("SCALAR", "ENUM"):
            return (_camel(column),)
        for split in re.finditer("_", column):
            outer, inner = _camel(column[: split.start()]), _camel(column[split.end() :])
            if inner in self._fields.get(fields.get(outer, {}).get("name") or "", {}):
                return outer, inner
        return None


def _selection(paths: Iterable[tuple[str, ...]]) -> str:
    within: dict[str, list[str]] = {}
    for outer, *inner in paths:
        within.setdefault(outer, []).extend(inner)
    return " ".join(f"{outer} {{ {' '.join(inner)} }}" if inner else outer for outer, inner in within.items())


def _named(type_: Mapping[str, Any]) -> Mapping[str, Any]:
    while type_["ofType"] is not None:
        type_ = type_["ofType"]
    return type_


def _camel(name: str) -> str:
    return re.sub("_(.)", lambda match: match[1].upper(), name)


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = None if value is None else value[name]
    return value
