"""Field bindings: a field's value comes from a level resolver, or is read off the parent object."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from graphql import GraphQLEnumType, GraphQLField, GraphQLList, GraphQLNonNull, GraphQLObjectType

from gateway.connector.description.name_cases import snake_case
from gateway.connector.lists.merge import MergedPage
from gateway.connector.records.column_reader import RecordColumns
from gateway.connector.records.record import NestedObject, Record
from gateway.errors import GatewayError
from resolvers.field_resolver import FieldResolver
from resolvers.partial import PartialAnswer, PartialItems
from resolvers.payloads import MutationPayload

_KEY = "binding"
_DECLARED = "strawberry-definition"
#: Declares a field whose value may change at any moment, independent of upstream answers: it is never cached.
LIVE: Mapping[Any, Any] = MappingProxyType({"live": True})
#: The fields that every record has, whatever its vendor's rows have.
OWN = frozenset({"id", "source", "native_id"})


class ErrorReporter(Protocol):
    """Reporter of errors beside partial data, each at its path. An operation's context is one."""

    def report(self, error: GatewayError, path: list[str | int]) -> None:
        """Add an error."""
        ...


@dataclass(frozen=True)
class Binding:
    """
    A field's name on its parent objects, its resolver if it has one, and the substitute for a missing value.

    `rescue` makes that substitute, if the schema allows no null and a null would take the whole record with it. `live`
    says that the value does not depend on upstream answers alone: it may change at any moment.
    """

    name: str
    level: FieldResolver | None
    rescue: Callable[[], Any] | None
    is_list: bool
    required: bool
    live: bool

    @classmethod
    def of(cls, field: GraphQLField) -> "Binding":
        """A field's binding."""
        binding: Binding = field.extensions[_KEY]
        return binding

    @staticmethod
    def is_bound(type_: GraphQLObjectType | None) -> bool:
        """True if every field of a type has been bound."""
        return type_ is not None and all(_KEY in field.extensions for field in type_.fields.values())

    @classmethod
    def make(cls, graphql_name: str, field: GraphQLField, level: FieldResolver | None) -> "Binding":
        """Bind a field, and store the binding in its extensions."""
        required = isinstance(field.type, GraphQLNonNull)
        inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        rescue: Callable[[], Any] | None = None
        if required and isinstance(inner, GraphQLList):
            rescue = list
        elif required and isinstance(inner, GraphQLEnumType) and "UNKNOWN" in inner.values:
            rescue = _unknown
        declared = field.extensions[_DECLARED].metadata
        binding = cls(
            snake_case(graphql_name),
            level,
            rescue,
            is_list=isinstance(inner, GraphQLList),
            required=required,
            live=declared.get("live", False),
        )
        field.extensions = {**field.extensions, _KEY: binding}
        return binding

    def record_of(self, parent: Any) -> tuple[Record, str] | None:
        """The record that the value is read from, and the name of its field; None if the parent is no record."""
        if isinstance(parent, Record):
            return parent, self.name
        if isinstance(parent, NestedObject):
            return parent.record, parent.field(self.name)
        return None

    def read_object(self, parent: Any) -> Any:
        """The value off an object that is no record. May be awaitable."""
        if isinstance(parent, Mapping):
            return parent.get(self.name)
        value = getattr(parent, self.name)
        return value() if callable(value) else value

    def read(self, record: Record, name: str) -> Any:
        """The value of a record's loaded field, or the GatewayError that it could not be loaded for."""
        if name in OWN:
            return getattr(record, name)
        try:
            value = record.get(name)
        except GatewayError as exc:
            return exc
        return record.native_id if value is None and self.required and self.rescue is None else value

    def read_all(self, columns: RecordColumns, name: str) -> Sequence[Any]:
        """The same for many records, in their order."""
        if name in OWN:
            return [getattr(record, name) for record in columns.records]
        values = columns.get(name)
        if not self.required or self.rescue is not None:
            return values
        pairs = zip(columns.records, values, strict=True)
        return [record.native_id if value is None else value for record, value in pairs]

    def complete_value(self, value: Any, reporter: ErrorReporter, path: Callable[[], list[str | int]]) -> Any:
        """A resolved value as it goes into the answer. Raises an exception that becomes null with an error."""
        if isinstance(value, Exception):
            if self.rescue is None or not isinstance(value, GatewayError):
                raise value
            reporter.report(value, path())
            return self.rescue()
        if isinstance(value, MergedPage):
            _report(reporter, value.errors, path)
            return value.nodes if self.is_list else value
        if isinstance(value, PartialAnswer):
            _report(reporter, value.errors, path)
            return self.complete_value(value.value, reporter, path)
        if isinstance(value, PartialItems):
            for index, errors in value.errors.items():
                for error in errors:
                    reporter.report(error, [*path(), index])
            return value.items
        if isinstance(value, MutationPayload):
            _report(reporter, value.errors, path)
            return value.answer
        return self.rescue() if value is None and self.rescue is not None else value


def _report(
    reporter: ErrorReporter, errors: Iterable[GatewayError], path: Callable[[], list[str | int]]
) -> None:
    for error in errors:
        reporter.report(error, path())


def _unknown() -> str:
    return "UNKNOWN"
