"""Guard of arguments: a hidden field can be neither filtered nor ordered nor grouped by."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import GraphQLError, GraphQLInputObjectType, get_named_type, is_enum_type, located_error

from gateway.connector.description.name_cases import camel_case
from gateway.connector.description.vocabulary import FILTERS, GROUPS, ORDERS, FilterKind, FilterTerm
from gateway.connector.fetching.restricted_source import SCHEMA_TYPES, schema_names
from gateway.engine.execution.argument_values import ArgumentValues
from gateway.engine.execution.guard import Guard
from gateway.engine.execution.plan import PlannedField, Selection, fields_with_paths
from gateway.engine.execution.refused_field import PartlyHiddenResolver
from gateway.errors import Forbidden
from resolvers.children import ChildConnection, ChildList
from resolvers.resolver_map import RESOLVERS

_LOGIC = frozenset({"and", "or", "not"})
_ENUMS = ("OrderField", "Group")


def forbidden_arguments(plan: Selection, guard: Guard, arguments: ArgumentValues) -> list[GraphQLError]:
    """An error for each field whose arguments name something hidden, with the field's path."""
    errors: list[GraphQLError] = []
    for path, field in fields_with_paths(plan):
        if field.refusal is not None or field.definition is None or not field.definition.args:
            continue
        for name, value in arguments.valid_of(field).items():
            refused = next(_refused(guard, field.definition.args[name].type, value), None)
            if refused is not None:
                error = Forbidden(f"You may not filter or order by {refused}.")
                errors.append(located_error(error, list(field.nodes), path))
    return errors


def refused_fields(
    plan: Selection, *, partly: bool = False
) -> Iterator[tuple[list[str | int], PlannedField]]:
    """The refused fields of a plan, each once, with its path; with `partly` also those that some sources hide."""
    seen: set[tuple[str | int, ...]] = set()
    for path, field in fields_with_paths(plan):
        is_refused = field.refusal is not None or (
            partly and field.binding is not None and isinstance(field.binding.level, PartlyHiddenResolver)
        )
        if is_refused and tuple(path) not in seen:
            seen.add(tuple(path))
            yield path, field


def _refused(guard: Guard, type_: Any, value: Any) -> Iterator[str]:
    """Words of an argument that are refused."""
    if value is None:
        return
    if isinstance(value, list | tuple):
        for item in value:
            yield from _refused(guard, type_, item)
        return
    inner = get_named_type(type_)
    if is_enum_type(inner):
        yield from _refused_enum(guard, inner.name, str(value))
    elif isinstance(inner, GraphQLInputObjectType) and isinstance(value, Mapping):
        filtered = inner.name.removesuffix("Filter")
        for key, operand in value.items():
            if filtered in FILTERS and key not in _LOGIC and operand is not None:
                if _is_term_refused(guard, filtered, key):
                    yield f"`{key}`"
            elif key in inner.fields:
                yield from _refused(guard, inner.fields[key].type, operand)


def _refused_enum(guard: Guard, enum: str, value: str) -> Iterator[str]:
    suffix = next((suffix for suffix in _ENUMS if enum.endswith(suffix)), None)
    if suffix is None:
        return
    type_name = enum.removesuffix(suffix).removeprefix("Unified")
    shown = SCHEMA_TYPES.get(type_name)
    if shown is None:
        return
    term = ORDERS.get(type_name, {}).get(value) if suffix != "Group" else GROUPS.get(type_name, {}).get(value)
    if term is not None and term.type and not guard.rights.may_read(term.type):
        yield value
        return
    names = schema_names(shown, value.lower() if term is None else term.name)
    if guard.is_hidden(names, (shown,)) or guard.refuses(shown, camel_case(value.lower())):
        yield value


def _is_term_refused(guard: Guard, type_name: str, name: str) -> bool:
    """True if a filter of a type is by something hidden."""
    shown = SCHEMA_TYPES[type_name]
    term = FILTERS[type_name].get(name)
    if term is None or term.kind is FilterKind.SEARCH:
        return False
    if term.kind is FilterKind.PARAMETERS:
        # The vendor compares whatever fields it likes.
        rights = (guard.rights.of_type(source, shown) for source in guard.rights.sources)
        return any(type_rights is not None and type_rights.hidden for type_rights in rights)
    if term.kind is FilterKind.LINK and not guard.rights.may_read(term.type):
        return True
    return guard.is_hidden(_names(shown, type_name, name, term), (shown,))


def _names(shown: str, type_name: str, name: str, term: FilterTerm) -> Iterator[str]:
    """The names of fields that tell the same as a filter: of the field, and of the relations that it narrows."""
    if term.name:
        yield from schema_names(shown, term.name)
    for path, resolver in RESOLVERS.items():
        relation = resolver.pages if isinstance(resolver, ChildList) else resolver
        if isinstance(relation, ChildConnection) and (relation.type, relation.by) == (type_name, name):
            yield path
