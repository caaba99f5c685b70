"""
Projection: the leaf fields of many records at once, by a function that is generated for each (resource, selection).

The details and tables that the fields need are loaded before. The function reads and converts the fields column by
column, and gives the response's objects, with all of the selection's keys in order; the other fields are set later.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, MappingProxyType
from typing import Any, NamedTuple

import msgspec
from graphql import GraphQLEnumType, GraphQLNonNull

from gateway.concurrency.time_slice import CELLS_OF_A_ROW, ROWS
from gateway.connector.description.ids import quoted
from gateway.connector.description.resource import NUMBER, Field, Resource
from gateway.connector.description.row_types import ReferenceTables, Row
from gateway.connector.fetching.hydrate import hydrate
from gateway.connector.fetching.session import Session, session_of
from gateway.connector.records.record import Record
from gateway.connector.records.rows import LazyRecords, have_stubs
from gateway.engine.execution.plan import PlannedField, Selection
from schema.scalars import serialize_decimals

#: Values of these types are not converted: the JSON encoder writes dates and timestamps.
_UNCONVERTED = frozenset({"ID", "String", "Int", "Boolean", "Date", "DateTime", "JSON"})
#: Values of these types are serialized column by column.
_COLUMN_SERIALIZERS = MappingProxyType({"Decimal": serialize_decimals})
#: Cached projections of one selection: they differ by resource, and by the fields that the rows lack.
_MAX_PROJECTIONS = 32
#: Cached code objects, and cached classes, of all documents.
_MAX_CLASSES = 512
#: Characters of the longest text that is cached by; callers may give aliases of any length.
_LONGEST_CACHED = 8000


CountUnread = Callable[[str, Sequence[Row], Sequence[Any]], None]
Run = Callable[[Sequence[Row], Sequence[str], ReferenceTables, str, CountUnread], list[Any]]


class Projection(NamedTuple):
    """
    The generated function, its source text, the keys that it sets, and the fields that it does not set: `own_missing`
    are those without a resolver.
    """

    run: Run
    text: str
    filled: tuple[str, ...]
    missing_fields: tuple[PlannedField, ...]
    own_missing: tuple[PlannedField, ...]


class Requirements(NamedTuple):
    """
    Requirements of a selection's own fields on a resource: `names` are the fields, `refs` their reference tables, and
    `needs_detail` those of them that a list's row may lack.
    """

    resource: Resource
    names: frozenset[str]
    refs: frozenset[str]
    needs_detail: frozenset[str]


def requirements_of(selection: Selection, resource: Resource) -> Requirements:
    """The requirements of the selection's own fields. Computed once a selection."""
    requirements: Requirements | None = selection.cache.get(id(resource))
    if requirements is None:
        names = {
            field.binding.name
            for field in selection.fields
            if field.binding is not None and field.binding.level is None
        }
        declared = {name: resource.declared(name) for name in names}
        declarations = {
            name: declaration for name, declaration in declared.items() if declaration is not None
        }
        refs = frozenset(
            ref
            for declaration in declarations.values()
            if isinstance(declaration, Field)
            for ref in declaration.refs
        )
        needs_detail = frozenset(
            name for name, declaration in declarations.items() if declaration.detail is not None
        )
        # Holds the resource, so that no other one can get its `id()`.
        requirements = selection.cache[id(resource)] = Requirements(
            resource, frozenset(declarations), refs, needs_detail
        )
    return requirements


async def objects(
    selection: Selection, records: LazyRecords | Sequence[Record]
) -> tuple[list[Any], Sequence[PlannedField]]:
    """
    The objects of records of one source and resource, with their leaf fields; and the fields that are still to be set.

    Fields that the rows have are read before details are loaded: a value does not depend on the other fields of the
    selection.
    """
    first = records.owners[0] if type(records) is LazyRecords else records[0]
    session, requirements = session_of(first.origin), requirements_of(selection, first.resource)
    if not requirements.refs <= session.tables.keys():
        await session.read_tables(requirements.refs)
    cells = len(records) * len(selection.fields) // CELLS_OF_A_ROW
    if cells:
        await session.time_slice.pause(cells)
    # Rows are read after every wait: meanwhile another field may have loaded more of them.
    without = _missing_fields(requirements, records, session)
    projection = projection_of(selection, first.resource, without=without)
    outs = await _run(projection, records, session, first.resource)
    if without:
        await hydrate(session, records, without)
        await session.time_slice.pause(cells)
        loaded = projection_of(
            selection,
            first.resource,
            without=(requirements.names - without) | _missing_fields(requirements, records, session),
        )
        loaded_outs = await _run(loaded, records, session, first.resource)
        if not loaded.missing_fields:
            return loaded_outs, []  # every field needed the details
        for out, loaded_out in zip(outs, loaded_outs, strict=True):
            for key in loaded.filled:
                out[key] = loaded_out[key]
        return outs, [field for field in projection.own_missing if field.key not in loaded.filled]
    return outs, projection.own_missing


async def _run(
    projection: Projection, records: LazyRecords | Sequence[Record], session: Session, resource: Resource
) -> list[Any]:
    if len(records) > ROWS:
        outs: list[Any] = []
        async for chunk in session.time_slice.chunks(records):
            outs += await _run(projection, chunk, session, resource)
        return outs
    if type(records) is LazyRecords:
        rows, native_ids = records.current_rows(), records.native_ids
    else:
        rows, native_ids = [record.row for record in records], [record.native_id for record in records]

    def count_unread(name: str, rows: Sequence[Row], values: Sequence[Any]) -> None:
        if count := resource.fields[name].count_unread(rows, values):
            session.count_unread(resource.type, name, count)

    prefix = f"{session.source.name}:{resource.type}:"
    return projection.run(rows, native_ids, session.tables, prefix, count_unread)


def _missing_fields(
    requirements: Requirements, records: LazyRecords | Sequence[Record], session: Session
) -> frozenset[str]:
    """The fields that at least one record cannot give without loading its detail."""
    are_whole = requirements.refs <= session.tables.keys() and not have_stubs(records)
    names = requirements.needs_detail if are_whole else requirements.names
    return frozenset(
        [name for name in names if not all(record.has_value(name) for record in records)] if names else ()
    )


def projection_of(
    selection: Selection, resource: Resource, *, without: frozenset[str] = frozenset()
) -> Projection:
    """The projection without these fields. Cached."""
    key = (id(resource), without)
    projection: Projection | None = selection.cache.get(key)
    if projection is None:
        projection = _generate(selection, resource, without)
        if len(selection.cache) < _MAX_PROJECTIONS:
            selection.cache[key] = projection
    return projection


@dataclass
class _CodeWriter:
    """
    Code generator of one projection: `columns` are the expressions of columns by name, `names` their globals, `counted`
    the fields, by the names of their columns, whose values are counted if they cannot be read.
    """

    selection: Selection
    resource: Resource
    names: dict[str, Any]
    columns: dict[str, str]
    inside: dict[Any, str]
    counted: dict[str, str]

    def expression(self, planned: PlannedField) -> str | None:
        """The Python expression of the field's value in a row; None if the field is no leaf of the record."""
        if planned.definition is None:
            return repr(self.selection.typename)
        binding = planned.binding
        if (
            binding is None
            or binding.level is not None
            or planned.shape is None
            or planned.shape.serialize is None
        ):
            return None
        if binding.name == "id":
            is_plain = self.resource.id_form is NUMBER
            if not is_plain:
                self.columns["id"] = "quoted(native_ids)"
            return "prefix + native_id" if is_plain else "prefix + id_value"
        if binding.name == "native_id":
            return "native_id"
        field = self.resource.fields.get(binding.name)
        if field is None:
            return _null_expression(planned)
        type_ = planned.definition.type
        type_ = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        name = getattr(type_, "name", "")
        value = self._value(field, binding.name, serializer=name if name in _COLUMN_SERIALIZERS else None)
        null = _null_expression(planned)
        if null != "None":
            value = f"({value} if {value} is not None else {null})"
        if isinstance(type_, GraphQLEnumType) or name in _UNCONVERTED or name in _COLUMN_SERIALIZERS:
            return value
        self.names[f"{type_}_out"] = planned.shape.serialize
        return f"(None if {value} is None else {type_}_out({value}))"

    def _value(self, field: Field, field_name: str, *, serializer: str | None) -> str:
        """The variable of a field's value in each row. The column is serialized as the type `serializer`, if any."""
        rows_name, name = "rows", field_name.replace(".", "_")
        if field.shared_column is not None:
            rows_name = self.inside.setdefault(field.shared_column, f"inside_{len(self.inside)}")
            self.names[f"{rows_name}_of"] = field.shared_column
        self.names[f"{name}_of"] = field.column
        self.columns[name] = f"{name}_of({rows_name}, tables)"
        if field.is_unread is not None:
            self.counted[name] = field_name
        if serializer is not None:
            self.names[f"{serializer}_out"] = _COLUMN_SERIALIZERS[serializer]
            self.columns[name] = f"{serializer}_out({self.columns[name]})"
        return f"{name}_value"


def _generate(selection: Selection, resource: Resource, without: frozenset[str]) -> Projection:
    writer = _CodeWriter(selection, resource, {"quoted": quoted}, {}, {}, {})
    available = [
        field for field in selection.fields if field.binding is None or field.binding.name not in without
    ]
    written = {
        field.key: expression for field in available if (expression := writer.expression(field)) is not None
    }
    missing = tuple(field for field in selection.fields if field.key not in written)
    if missing:
        opening, closing = "{", "}"
        items = [f"            {field.key!r}: {written.get(field.key)}," for field in selection.fields]
    else:
        opening, closing = "Object(", ")"
        items = [f"            {expression},  # {key}" for key, expression in written.items()]
        writer.names["Object"] = _object_class(tuple(field.key for field in selection.fields))
    values = "".join(f" {name}_value," for name in writer.columns)
    columns = "".join(f", {name}_column" for name in writer.columns)
    text = "\n".join(
        [
            "def run(rows, native_ids, tables, prefix, count_unread):",
            *(f"    {name} = {name}_of(rows)" for name in writer.inside.values()),
            *(f"    {name}_column = {read}" for name, read in writer.columns.items()),
            *(
                f"    if None in {name}_column: count_unread({field_name!r}, rows, {name}_column)"
                for name, field_name in writer.counted.items()
            ),
            "    return [",
            f"        {opening}",
            *items,
            f"        {closing}",
            f"        for native_id,{values} in zip(native_ids{columns}, strict=True)",
            "    ]",
        ]
    )
    names = writer.names
    exec(_compiled(text, f"<projection of {resource.type}>"), names)  # noqa: S102 (generated here: names are identifiers)
    # Out of its own globals: it is freed without a garbage collection then.
    run = names.pop("run")
    own_missing = tuple(
        field for field in missing if field.binding is not None and field.binding.level is None
    )
    return Projection(run, text, tuple(written), missing, own_missing)


def _compiled(text: str, name: str) -> CodeType:
    # Half of the cost of a projection; documents that differ by a literal only have the same text.
    return _compile(text, name) if len(text) <= _LONGEST_CACHED else _compile.__wrapped__(text, name)


@lru_cache(_MAX_CLASSES)
def _compile(text: str, name: str) -> CodeType:
    return compile(text, name, "exec")


def _object_class(keys: tuple[str, ...]) -> type[Any]:
    is_cached = sum(map(len, keys)) <= _LONGEST_CACHED
    return _define_object(keys) if is_cached else _define_object.__wrapped__(keys)


@lru_cache(_MAX_CLASSES)
def _define_object(keys: tuple[str, ...]) -> type[Any]:
    """
    Struct class of objects with these keys, for projections that set all fields: an instance takes a fifth of the time
    of a dictionary and a sixth of its memory, and is encoded as a dictionary is.
    """
    names = {f"_{number}": key for number, key in enumerate(keys)}
    # No value refers to its object: there are no cycles for the garbage collector.
    return msgspec.defstruct("Object", list(names), rename=names, gc=False)


def _null_expression(field: PlannedField) -> str:
    """The expression for a value that the row does not have."""
    assert field.binding is not None
    if field.binding.rescue is not None:
        return repr(field.binding.rescue())
    return "native_id" if field.binding.required else "None"
