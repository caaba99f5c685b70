"""How one field of the schema gets its value: from a resolver for a whole level, or off the object at hand."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from graphql import GraphQLEnumType, GraphQLField, GraphQLList, GraphQLNonNull, GraphQLObjectType

from gateway.connector.lists.merge import MergedPage
from gateway.connector.records.column_reader import RecordColumns
from gateway.connector.records.record import NestedObject, Record
from gateway.errors import GatewayError
from resolvers.context import LevelResolver, RequestContext
from resolvers.payloads import MutationPayload

_KEY = "binding"
_DECLARED = "strawberry-definition"
#: Declares a field that may be another at any moment, whatever the vendors have told: it is never kept.
LIVE: Mapping[Any, Any] = MappingProxyType({"live": True})
#: What every record has, whatever its vendor tells.
OWN = frozenset({"id", "source", "native_id"})


@dataclass(frozen=True)
class Binding:
    """
    A field's name on the objects at hand, its resolver if it has one, and what stands for a missing value.

    `rescue` gives that where the schema allows no null, and a null would take the whole record with it. `live` says
    that the value is not made of what the vendors told: it may be another at any moment.
    """

    name: str
    level: LevelResolver | None
    rescue: Callable[[], Any] | None
    is_list: bool
    required: bool
    live: bool

    @classmethod
    def of(cls, field: GraphQLField) -> "Binding":
        """The binding that was made for a field."""
        found: Binding = field.extensions[_KEY]
        return found

    @staticmethod
    def bound(type_: GraphQLObjectType | None) -> bool:
        """Whether every field of a type has been bound."""
        return type_ is not None and all(_KEY in field.extensions for field in type_.fields.values())

    @classmethod
    def make(cls, graphql_name: str, field: GraphQLField, level: LevelResolver | None) -> "Binding":
        """Bind a field, and keep that with it."""
        required = isinstance(field.type, GraphQLNonNull)
        inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        rescue: Callable[[], Any] | None = None
        if required and isinstance(inner, GraphQLList):
            rescue = list
        elif required and isinstance(inner, GraphQLEnumType) and "UNKNOWN" in inner.values:
            rescue = _unknown
        declared = field.extensions[_DECLARED].metadata
        made = cls(
            _snake(graphql_name),
            level,
            rescue,
            is_list=isinstance(inner, GraphQLList),
            required=required,
            live=declared.get("live", False),
        )
        field.extensions = {**field.extensions, _KEY: made}
        return made

    def record_of(self, parent: Any) -> tuple[Record, str] | None:
        """The record that the value is read from, and the record's name for it."""
        if isinstance(parent, Record):
            return parent, self.name
        if isinstance(parent, NestedObject):
            return parent.record, parent.field(self.name)
        return None

    def plain(self, parent: Any) -> Any:
        """The value off an object that is no record. May be awaitable."""
        if isinstance(parent, Mapping):
            return parent.get(self.name)
        found = getattr(parent, self.name)
        return found() if callable(found) else found

    def read(self, record: Record, name: str) -> Any:
        """The value of a record's field that is ready; or the failure that kept it from being loaded."""
        if name in OWN:
            return getattr(record, name)
        try:
            found = record.get(name)
        except GatewayError as exc:
            return exc
        return record.native_id if found is None and self.required and self.rescue is None else found

    def read_all(self, columns: RecordColumns, name: str) -> Sequence[Any]:
        """The same for many records."""
        if name in OWN:
            return [getattr(record, name) for record in columns.records]
        found = columns.get(name)
        if not self.required or self.rescue is not None:
            return found
        both = zip(columns.records, found, strict=True)
        return [record.native_id if one is None else one for record, one in both]

    def complete_value(self, value: Any, ctx: RequestContext, path: Callable[[], list[str | int]]) -> Any:
        """What goes into the answer for what was found. Raises the failure that null stands for."""
        if isinstance(value, Exception):
            if self.rescue is None or not isinstance(value, GatewayError):
                raise value
            ctx.report(value, path())
            return self.rescue()
        if isinstance(value, MergedPage):
            for fault in value.errors:
                ctx.report(fault, path())
            return value.nodes if self.is_list else value
        if isinstance(value, MutationPayload):
            for fault in value.errors:
                ctx.report(fault, path())
            return value.answer
        return self.rescue() if value is None and self.rescue is not None else value


def _unknown() -> str:
    return "UNKNOWN"


def _snake(name: str) -> str:
    """
    A field's name as Python writes it.

    >>> _snake("qrCodeUrl"), _snake("totalIsExact")
    ('qr_code_url', 'total_is_exact')
    """
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
