"""
Restricted source: a source as a caller with some rights sees it. What the caller may not see is not in it, as if the
vendor did not have it; so nothing that reads it can tell, filter, order, search or count by what is hidden.

It sends its requests through the same upstream, and shares all answers with the source that it is made of.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from gateway.access.rights import Rights, Rule
from gateway.connector.description.name_cases import camel_case, snake_case
from gateway.connector.description.resource import Field, Filter, Link, Nested, Resource
from gateway.connector.description.vocabulary import FILTERS, SEARCH_FIELDS, TYPES, FilterKind
from gateway.connector.fetching.source import Source
from gateway.connector.records.narrow_decoding import ListDecoders

T = TypeVar("T")

#: The schema's type by the type in global ids.
SCHEMA_TYPES: Mapping[str, str] = {id_type: name for name, types in TYPES.items() for id_type in types}
#: Names of fields that rules are read by, beside those that may be seen.
_RULE = "rule."
#: Fields of our own making, and those of the schema that they are made of.
_MADE_OF = {"serials": ("chassis_serial_number", "assembly_serial_number")}
#: What the sources' further reads are of, by the beginning of their names.
_CALLS = {"asset": "Asset", "software": "SoftwareInstallation", "checklist": "Checklist"}
#: Reads that tell of one record; all others tell of all rows.
_OF_ONE_RECORD = frozenset({"asset.history", "asset.qr", "checklist.testResults"})


def restrict(source: Source, rights: Rights) -> Source:
    """The source as these rights show it."""
    resources = {
        name: restricted
        for name, resource in source.resources.items()
        if (restricted := _restricted(source, resource, rights)) is not None
    }
    calls = {
        name: call
        for name, call in source.calls.items()
        if (type_rights := rights.of_type(source.name, _CALLS.get(name.split(".", 1)[0], ""))) is not None
        and (type_rights.rules is None or name in _OF_ONE_RECORD)
    }
    return replace(
        source,
        resources=resources,
        internal=source.internal or source.resources,
        calls=calls,
        may_write=lambda operation: rights.may_write(operation, source.name),
        decoders=ListDecoders(source.internal or source.resources),
        tables={},
    )


def _restricted(source: Source, resource: Resource, rights: Rights) -> Resource | None:
    """The resource as the rights show it: itself if all of it, None if nothing."""
    type_name = SCHEMA_TYPES.get(resource.type)
    type_rights = None if type_name is None else rights.of_type(source.name, type_name)
    if type_name is None or type_rights is None:
        return None
    is_shown = _Shown(type_name, type_rights.hidden)
    leading: dict[str, Link | Nested] = {**resource.links, **resource.nested}
    linked = {
        name
        for name, link in leading.items()
        if rights.of_type(source.name, SCHEMA_TYPES.get(link.type, "")) is not None
    }
    fields = _kept(resource.fields, is_shown)
    links = {name: link for name, link in _kept(resource.links, is_shown).items() if name in linked}
    nested = {name: part for name, part in _kept(resource.nested, is_shown).items() if name in linked}
    if "custom_fields" in fields and _shares_keys(fields["custom_fields"], resource, fields, links):
        del fields["custom_fields"]
    filters = dict(_shown_filters(source, resource, rights, fields, links))
    is_same = (fields.keys(), links.keys(), nested.keys(), filters.keys()) == (
        resource.fields.keys(),
        resource.links.keys(),
        resource.nested.keys(),
        resource.filters.keys(),
    )
    if is_same and type_rights.rules is None:
        return resource
    return replace(
        resource,
        fields=fields | _rule_fields(resource, type_rights.rules or ()),
        links=links,
        nested=nested,
        filters=filters,
        row_rules=None if type_rights.rules is None else tuple(_rules(resource, type_rights.rules)),
    )


def with_rules(resource: Resource, rules: Iterable[Rule]) -> Resource:
    """A resource of the rows that fulfil one of these rules."""
    rules = tuple(rules)
    return replace(
        resource,
        fields={**resource.fields, **_rule_fields(resource, rules)},
        row_rules=tuple(_rules(resource, rules)),
    )


class _Shown:
    """Predicate on the names of a type's fields, as its resource declares them: true if none of its names is hidden."""

    def __init__(self, type_name: str, hidden: Collection[str]) -> None:
        self.type = type_name
        self.hidden = hidden

    def __call__(self, name: str) -> bool:
        names = (part for made_of in _MADE_OF.get(name, (name,)) for part in schema_names(self.type, made_of))
        return not any(part in self.hidden for part in names)


def schema_names(type_name: str, name: str) -> Iterator[str]:
    """
    The names under which a role may hide a field.

    >>> list(schema_names("Asset", "purchase_cost")), list(schema_names("Asset", "warranty.end_date"))
    (['Asset.purchaseCost'], ['Asset.warranty', 'Warranty.endDate'])
    """
    outer, _, inner = name.partition(".")
    yield f"{type_name}.{camel_case(outer)}"
    if inner and inner != "id":
        facet = camel_case(outer)
        yield f"{facet[:1].upper()}{facet[1:]}.{camel_case(inner)}"


def _kept(declared: Mapping[str, T], is_shown: _Shown) -> dict[str, T]:
    return {name: declaration for name, declaration in declared.items() if is_shown(name)}


def _shares_keys(
    custom: Field, resource: Resource, fields: Mapping[str, Field], links: Mapping[str, Link]
) -> bool:
    """True if custom fields are read from the same keys of a row as something hidden: they could tell it."""
    hidden: list[Field | Link | Nested] = [
        *(declared for name, declared in resource.fields.items() if name not in fields),
        *(declared for name, declared in resource.links.items() if name not in links),
    ]
    keys = set(custom.reads or ())
    return any(declared.reads is None or not keys.isdisjoint(declared.reads) for declared in hidden)


def _shown_filters(
    source: Source, resource: Resource, rights: Rights, fields: Mapping[str, Field], links: Mapping[str, Link]
) -> Iterator[tuple[str, Filter]]:
    """The filters that the vendor applies, without those that could tell something hidden."""
    is_whole = fields.keys() == resource.fields.keys() and links.keys() == resource.links.keys()
    for name, rule in resource.filters.items():
        term = FILTERS[resource.type][name]
        if term.kind is FilterKind.PARAMETERS:
            is_kept = is_whole
        elif term.kind is FilterKind.SEARCH:
            searched = SEARCH_FIELDS.get(resource.type, ())
            is_kept = all((field in fields) == (field in resource.fields) for field in searched)
        elif term.kind is FilterKind.LINK:
            is_kept = rights.of_type(source.name, term.type) is not None and (
                term.name in links or term.name not in resource.links
            )
        else:
            is_kept = term.name in fields or term.name not in resource.fields
        if is_kept:
            yield name, rule


def _rules(resource: Resource, rules: Iterable[Rule]) -> Iterator[Mapping[str, frozenset[str]]]:
    """The rules by the names that their fields have in the restricted resource; not those on fields that it lacks."""
    for rule in rules:
        if all(snake_case(name) in resource.fields for name in rule):
            yield {f"{_RULE}{snake_case(name)}": frozenset(values) for name, values in rule.items()}


def _rule_fields(resource: Resource, rules: Iterable[Rule]) -> dict[str, Field]:
    names = {snake_case(name) for rule in rules for name in rule}
    return {f"{_RULE}{name}": resource.fields[name] for name in names if name in resource.fields}
