"""
Leaf fields of many records at once, by a function that is generated for each (resource, selection).

Only fields that need nothing loaded are projected: their values are read off the row, converted, and put into the
answer's object, which has all of the selection's keys in order from the start.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from graphql import GraphQLEnumType, GraphQLNonNull

from gateway.connector import convert
from gateway.connector.record import Record
from gateway.connector.spec import Field, Resource
from gateway.engine.plan import PlannedField, Selection

#: Values of these types go into the answer as they are: its writer knows days and moments.
_AS_IT_IS = frozenset({"ID", "String", "Int", "Boolean", "Date", "DateTime"})


class Projection(NamedTuple):
    """The generated function, its text, and the fields that it leaves to be filled in."""

    run: Callable[[Sequence[Record], list[Any]], None]
    text: str
    left: tuple[PlannedField, ...]


def project(selection: Selection, records: Sequence[Record], outs: list[Any]) -> tuple[PlannedField, ...]:
    """Make each record's object in `outs`; gives the fields that are left to be filled in."""
    first = records[0].resource
    if all(record.resource is first for record in records):
        projection = projection_of(selection, first, whole=not any(record.stub for record in records))
        projection.run(records, outs)
        return projection.left
    left: dict[str, PlannedField] = {}
    for resource in {id(record.resource): record.resource for record in records}.values():
        places = [at for at, record in enumerate(records) if record.resource is resource]
        some = [records[at] for at in places]
        made: list[Any] = [None] * len(some)
        left |= {one.key: one for one in project(selection, some, made)}
        for at, out in zip(places, made, strict=True):
            outs[at] = out
    return tuple(left.values())


def projection_of(selection: Selection, resource: Resource, *, whole: bool) -> Projection:
    """The projection, generated once. Of stubs (`whole` is False) only their ids are at hand for certain."""
    key = (id(resource), whole)
    found = selection.projections.get(key)
    if found is None:
        # The resource goes along, so that its id stays its own.
        found = selection.projections[key] = (_generated(selection, resource, whole=whole), resource)
    made: Projection = found[0]
    return made


def _generated(selection: Selection, resource: Resource, *, whole: bool) -> Projection:
    names: dict[str, Any] = {"quote": quote, "text": convert.text}
    parts: list[str] = []
    left: list[PlannedField] = []
    for number, one in enumerate(selection.fields):
        written = _expression(one, selection, resource, names, f"_{number}", whole=whole)
        if written is None:
            left.append(one)
            written = "None"
        parts.append(f"            {one.key!r}: {written},")
    text = "\n".join(
        [
            "def run(records, outs):",
            "    for at, record in enumerate(records):",
            "        row = record.row",
            "        native = record.native_id",
            "        outs[at] = {",
            *parts,
            "        }",
        ]
    )
    exec(compile(text, f"<projection of {resource.type}>", "exec"), names)  # noqa: S102 (our own text: names are checked)
    return Projection(names["run"], text, tuple(left))


def _expression(
    one: PlannedField,
    selection: Selection,
    resource: Resource,
    names: dict[str, Any],
    name: str,
    *,
    whole: bool,
) -> str | None:
    """The Python that gives the field's value, or None where that cannot be said without loading."""
    if one.definition is None:
        return repr(selection.type.name)
    binding = one.binding
    if binding is None or binding.level is not None or one.shape is None or one.shape.serialize is None:
        return None
    if binding.name == "id":
        names["type_name"] = resource.type
        return "f'{record.session.source.name}:{type_name}:{native if native.isalnum() else quote(native, safe=str())}'"
    if binding.name == "native_id":
        return "native"
    field = resource.fields.get(binding.name)
    if field is None:
        return _missing(one)
    if not whole or field.refs or field.part is not None:
        return None
    value = _value(field, names, name)
    instead = _missing(one)
    if instead != "None":
        value = f"({name} if ({name} := {value}) is not None else {instead})"
    kind = (
        one.definition.type.of_type
        if isinstance(one.definition.type, GraphQLNonNull)
        else one.definition.type
    )
    if isinstance(kind, GraphQLEnumType) or getattr(kind, "name", "") in _AS_IT_IS:
        return value
    names[f"{name}_out"] = one.shape.serialize
    return f"(None if ({name} := {value}) is None else {name}_out({name}))"


def _missing(one: PlannedField) -> str:
    """What stands for a value that the row does not have."""
    assert one.binding is not None
    if one.binding.rescue is not None:
        return repr(one.binding.rescue())
    return "native" if one.binding.required else "None"


def _value(field: Field, names: dict[str, Any], name: str) -> str:
    if field.key is None or field.convert is None:
        names[f"{name}_read"] = field.read
        return f"{name}_read(row, None)"
    if field.convert is convert.text:
        return f"({name} if ({name} := row.get({field.key!r})).__class__ is str else text({name}))"
    names[f"{name}_convert"] = field.convert
    return f"{name}_convert(row.get({field.key!r}))"
