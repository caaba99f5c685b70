"""
Guard of an operation: the fields of the schema that a caller's rights refuse, settled when a plan is made. The sources
that the operation reads are restricted, too: the guard says why there is nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, get_named_type

from gateway.access.rights import Rights
from gateway.connector.description.vocabulary import TYPES
from gateway.engine.execution.refused_field import PartlyHiddenResolver, refused
from gateway.identity.fields import UNIFIED_FIELDS
from resolvers.required_rights import OF_NO_TYPE, ROOT_FIELDS, record_type
from schema.binding import Binding

_MERGED = "UnifiedAsset"


class Guard:
    """Guard of one schema for one caller's rights."""

    def __init__(self, schema: GraphQLSchema, rights: Rights) -> None:
        self.rights = rights
        self._schema = schema
        self._refusals: dict[str, str | None] = {}

    @property
    def digest(self) -> str:
        """The digest of the rights."""
        return self.rights.digest

    def guarded(self, type_: GraphQLObjectType, name: str, binding: Binding) -> tuple[Binding, str | None]:
        """A field's binding for this caller, and why the field is refused, if it is."""
        refusal = self.refusal(type_, name)
        if refusal is not None:
            return refused(binding), refusal
        if binding.level is None or not (sources := self.hidden_at(type_.name, name)):
            return binding, None
        inner = get_named_type(type_.fields[name].type)
        is_page = isinstance(inner, GraphQLObjectType) and "pageInfo" in inner.fields
        return replace(binding, level=PartlyHiddenResolver(binding.level, sources, binding, is_page)), None

    def refusal(self, type_: GraphQLObjectType, name: str) -> str | None:
        """The reason why a field is refused, None if it is not."""
        path = f"{type_.name}.{name}"
        if path not in self._refusals:
            self._refusals[path] = self._refusal(type_, name, type_.fields[name])
        return self._refusals[path]

    def refuses(self, type_name: str, name: str) -> bool:
        """True if a type has a field of this name, and it is refused."""
        type_ = self._schema.type_map[type_name]
        return (
            isinstance(type_, GraphQLObjectType)
            and name in type_.fields
            and self.refusal(type_, name) is not None
        )

    def hidden_at(self, type_name: str, name: str) -> frozenset[str]:
        """The sources at whose records of a type a field is hidden."""
        if type_name not in TYPES:
            return frozenset()
        path = f"{type_name}.{name}"
        return frozenset(
            source for source in self.rights.sources if self.is_hidden((path,), (type_name,), source)
        )

    def is_hidden(self, names: Iterable[str], types: Iterable[str], source: str | None = None) -> bool:
        """True if one of these names of a field is hidden wherever records of the types may be seen."""
        return self.rights.is_hidden(frozenset(names), types, source)

    @cached_property
    def _roots(self) -> frozenset[str]:
        roots = (self._schema.query_type, self._schema.mutation_type, self._schema.subscription_type)
        return frozenset(root.name for root in roots if root is not None)

    def _refusal(self, type_: GraphQLObjectType, name: str, field: GraphQLField) -> str | None:
        path = f"{type_.name}.{name}"
        if self._is_hidden_field(type_.name, name):
            return f"You may not read {path}."
        if type_.name not in self._roots:
            leads_to = _records_of(field)
            may_read = leads_to is None or self.rights.may_read(leads_to)
            return None if may_read else f"You may not read {leads_to}."
        operation = getattr(Binding.of(field).level, "operation", "")
        if operation:
            return None if self.rights.may_write(operation) else f"You may not do {operation}."
        if path in OF_NO_TYPE:
            return None
        leads_to = ROOT_FIELDS.get(path) or _records_of(field)
        if leads_to is None:
            return f"You may not read {path}."
        return None if self.rights.may_read(leads_to) else f"You may not read {leads_to}."

    def _is_hidden_field(self, type_name: str, name: str) -> bool:
        path = f"{type_name}.{name}"
        if type_name != _MERGED:
            of_type = record_type(type_name)
            return self.is_hidden((path,), TYPES if of_type is None else (of_type,))
        names = (path, f"Asset.{name}")
        if name in UNIFIED_FIELDS:
            return self.is_hidden(names, ("Asset",))
        # Related records of all records of the thing: those of one source are not told apart.
        return any(self.is_hidden(names, ("Asset",), source) for source in self.rights.sources)


def _records_of(field: GraphQLField) -> str | None:
    """The type of the records that a field leads to, through a connection or an edge; None if it leads to none."""
    inner = get_named_type(field.type)
    for name in ("nodes", "node"):
        if isinstance(inner, GraphQLObjectType) and name in inner.fields:
            inner = get_named_type(inner.fields[name].type)
    return record_type(inner.name)
