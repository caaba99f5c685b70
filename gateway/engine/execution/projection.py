"""
Leaf fields of many records at once, by a function that is generated for each (resource, selection).

What the fields need is loaded before. The function reads and converts them column by column, and makes the answer's
objects of these, which have all of the selection's keys in order; what is left is filled in afterwards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from types import CodeType, MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec
from graphql import GraphQLEnumType, GraphQLNonNull

from gateway.connector.description.resource import NUMBER, Field, Resource
from gateway.connector.description.row_types import ReferenceTables, Row
from gateway.connector.fetching.hydrate import hydrate
from gateway.connector.fetching.session import session_of
from gateway.connector.records.record import Record
from gateway.engine.execution.plan import PlannedField, Selection
from schema.scalars import serialize_decimals

#: Values of these types go into the answer as they are: its writer knows days and moments.
_AS_IT_IS = frozenset({"ID", "String", "Int", "Boolean", "Date", "DateTime", "JSON"})
#: Values of these types are made ready column by column.
_COLUMNS_OUT = MappingProxyType({"Decimal": serialize_decimals})
#: Which fields can be projected depends on the rows where a part of them is missing: so many ways are kept.
_WAYS = 32
#: So many texts and classes are kept, whichever documents need them.
_SHAPES = 512

_STUB = attrgetter("stub")

Run = Callable[[Sequence[Row], Sequence[str], ReferenceTables, str], list[Any]]


class Projection(NamedTuple):
    """The generated function, its text, the keys that it fills in, and the fields that it leaves to be filled in."""

    run: Run
    text: str
    filled: tuple[str, ...]
    missing_fields: tuple[PlannedField, ...]


class Requirements(NamedTuple):
    """
    What the own fields of a selection need of a resource: `names` are the fields, `refs` their reference tables, and
    `parted` those of them that a list's row may lack.
    """

    resource: Resource
    names: frozenset[str]
    refs: frozenset[str]
    needs_detail: frozenset[str]


def requirements_of(selection: Selection, resource: Resource) -> Requirements:
    """What the selection's own fields need, found out once."""
    found: Requirements | None = selection.cache.get(id(resource))
    if found is None:
        names = {
            one.binding.name
            for one in selection.fields
            if one.binding is not None and one.binding.level is None
        }
        declared = {name: resource.declared(name) for name in names}
        own = {name: field for name, field in declared.items() if field is not None}
        refs = frozenset(ref for field in own.values() if isinstance(field, Field) for ref in field.refs)
        parted = frozenset(name for name, field in own.items() if field.detail is not None)
        # The resource goes along, so that its id stays its own.
        found = selection.cache[id(resource)] = Requirements(resource, frozenset(own), refs, parted)
    return found


async def objects(selection: Selection, records: Sequence[Record]) -> tuple[list[Any], list[PlannedField]]:
    """
    The objects of records of one source and resource, with their own leaf fields; and the other fields of their own.

    What the rows tell is read off the rows as they are now: a value does not depend on what else is asked for.
    """
    first = records[0]
    session, needs = session_of(first.origin), requirements_of(selection, first.resource)
    rows, natives = [record.row for record in records], [record.native_id for record in records]
    if not needs.refs <= session.tables.keys():
        await session.read_tables(needs.refs)
        if any(map(_STUB, records)):
            rows = [record.row for record in records]
    without = _missing_fields(needs, records)
    projection = projection_of(selection, first.resource, without=without)
    prefix = f"{first.source.name}:{first.resource.type}:"
    outs = projection.run(rows, natives, session.tables, prefix)
    left = [one for one in projection.missing_fields if one.binding is not None and one.binding.level is None]
    if without:
        await hydrate(session, records, without)
        loaded = projection_of(
            selection, first.resource, without=(needs.names - without) | _missing_fields(needs, records)
        )
        more = loaded.run([record.row for record in records], natives, session.tables, prefix)
        if not loaded.missing_fields:
            return more, []  # nothing was told before
        for out, further in zip(outs, more, strict=True):
            for key in loaded.filled:
                out[key] = further[key]
        left = [one for one in left if one.key not in loaded.filled]
    return outs, left


def _missing_fields(needs: Requirements, records: Sequence[Record]) -> frozenset[str]:
    """The fields that not all of the records tell as they are."""
    readable = needs.refs <= records[0].origin.tables.keys()
    names = needs.needs_detail if readable and not any(map(_STUB, records)) else needs.names
    return frozenset(name for name in names if not all(record.has_value(name) for record in records))


def projection_of(
    selection: Selection, resource: Resource, *, without: frozenset[str] = frozenset()
) -> Projection:
    """The projection but for some fields, generated once."""
    key = (id(resource), without)
    found: Projection | None = selection.cache.get(key)
    if found is None:
        found = _generated(selection, resource, without)
        if len(selection.cache) < _WAYS:
            selection.cache[key] = found
    return found


@dataclass
class _Writer:
    """Writes the text of one projection: `columns` are the lines that read them, by name, `names` what these use."""

    selection: Selection
    resource: Resource
    names: dict[str, Any]
    columns: dict[str, str]
    inside: dict[Any, str]

    def expression(self, one: PlannedField) -> str | None:
        """The Python that gives the field's value in a row, or None for what is no leaf of the record's own."""
        if one.definition is None:
            return repr(self.selection.type.name)
        binding = one.binding
        if binding is None or binding.level is not None or one.shape is None or one.shape.serialize is None:
            return None
        if binding.name == "id":
            is_plain = self.resource.id_form is NUMBER
            return "prefix + native" if is_plain else "prefix + quote(native, safe='')"
        if binding.name == "native_id":
            return "native"
        field = self.resource.fields.get(binding.name)
        if field is None:
            return _missing(one)
        kind = one.definition.type
        kind = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        name = getattr(kind, "name", "")
        value = self._value(field, binding.name.replace(".", "_"), out=name if name in _COLUMNS_OUT else None)
        instead = _missing(one)
        if instead != "None":
            value = f"({value} if {value} is not None else {instead})"
        if isinstance(kind, GraphQLEnumType) or name in _AS_IT_IS or name in _COLUMNS_OUT:
            return value
        self.names[f"{kind}_out"] = one.shape.serialize
        return f"(None if {value} is None else {kind}_out({value}))"

    def _value(self, field: Field, name: str, *, out: str | None) -> str:
        """The name that a field's value has in each row; the column is made ready for `out`, where that is a type."""
        looked_at = "rows"
        if field.shared_column is not None:
            looked_at = self.inside.setdefault(field.shared_column, f"inside_{len(self.inside)}")
            self.names[f"{looked_at}_of"] = field.shared_column
        self.names[f"{name}_of"] = field.column
        self.columns[name] = f"{name}_of({looked_at}, tables)"
        if out is not None:
            self.names[f"{out}_out"] = _COLUMNS_OUT[out]
            self.columns[name] = f"{out}_out({self.columns[name]})"
        return f"{name}_value"


def _generated(selection: Selection, resource: Resource, without: frozenset[str]) -> Projection:
    writer = _Writer(selection, resource, {"quote": quote}, {}, {})
    told = [one for one in selection.fields if one.binding is None or one.binding.name not in without]
    written = {one.key: made for one in told if (made := writer.expression(one)) is not None}
    left = tuple(one for one in selection.fields if one.key not in written)
    if left:
        opening, closing = "{", "}"
        parts = [f"            {one.key!r}: {written.get(one.key)}," for one in selection.fields]
    else:
        opening, closing = "Object(", ")"
        parts = [f"            {made},  # {key}" for key, made in written.items()]
        writer.names["Object"] = _object(tuple(one.key for one in selection.fields))
    values = "".join(f" {name}_value," for name in writer.columns)
    columns = "".join(f", {name}_column" for name in writer.columns)
    text = "\n".join(
        [
            "def run(rows, natives, tables, prefix):",
            *(f"    {name} = {name}_of(rows)" for name in writer.inside.values()),
            *(f"    {name}_column = {read}" for name, read in writer.columns.items()),
            "    return [",
            f"        {opening}",
            *parts,
            f"        {closing}",
            f"        for native,{values} in zip(natives{columns}, strict=True)",
            "    ]",
        ]
    )
    names = writer.names
    exec(_compiled(text, f"<projection of {resource.type}>"), names)  # noqa: S102 (our own text: names are checked)
    return Projection(names["run"], text, tuple(written), left)


@lru_cache(_SHAPES)
def _compiled(text: str, name: str) -> CodeType:
    # Half of what a projection costs; documents that differ by a literal only have the same.
    return compile(text, name, "exec")


@lru_cache(_SHAPES)
def _object(keys: tuple[str, ...]) -> type[Any]:
    """
    The class of objects with these keys, where all of their fields are known at once: an instance is made in a fifth of
    the time of a dictionary, in a sixth of its memory, and is written as one.
    """
    names = {f"_{number}": key for number, key in enumerate(keys)}
    # No value refers to the object that it is in: there are no cycles to be looked for.
    return msgspec.defstruct("Object", list(names), rename=names, gc=False)


def _missing(one: PlannedField) -> str:
    """What stands for a value that the row does not have."""
    assert one.binding is not None
    if one.binding.rescue is not None:
        return repr(one.binding.rescue())
    return "native" if one.binding.required else "None"
