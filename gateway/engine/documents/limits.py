"""Limits of a document's cost. Counts with fragments expanded, in time linear in the document's size."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from gateway.errors import TooComplex
from gateway.settings import LimitSettings

_INTROSPECTION = frozenset({"__schema", "__type"})
# Routers merge their fetches under aliases of this field; the number of its representations is limited instead.
_ENTITIES = "_entities"
# Doubling fragments make numbers of any length; above this only "too many" matters.
_MANY = 1_000_000
# Expanded fields for each token allowed: real documents stay below 1, hostile ones explode.
_FIELDS_PER_TOKEN = 2
# Introspection of the whole schema takes 50 ms; a tool may ask for a part of it once more.
_SCHEMAS = 2


@dataclass(frozen=True)
class DocumentCost:
    """
    Cost of a definition, each fragment counted wherever it is spread.

    `depth` is the number of nested fields, where an introspection field counts as one: its own nesting is
    bounded by a validation rule. `roots` are the fields of the first level, `schemas` the fields `__schema`;
    `_entities` counts neither as a root nor as an alias. `introspects` is true for any introspection.
    """

    depth: int = 0
    roots: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    schemas: int = 0
    introspects: bool = False


@dataclass(frozen=True)
class _Spread:
    name: str
    depth: int
    introspection: bool


def check(document: DocumentNode, limits: LimitSettings) -> list[DocumentCost]:
    """The cost of each operation. Raises TooComplex if an operation exceeds a limit."""
    operation_costs = costs(document)
    for cost in operation_costs:
        for subject, count, limit in (
            ("levels of nested fields", cost.depth, limits.depth),
            ("aliases", cost.aliases, limits.aliases),
            ("fields at the first level", cost.roots, limits.root_fields),
            ("directives", cost.directives, limits.directives),
            ("fields", cost.fields, limits.tokens * _FIELDS_PER_TOKEN),
            ("fields __schema", cost.schemas, _SCHEMAS),
        ):
            if count > limit:
                raise TooComplex(f"The operation has more than {limit} {subject}: ask for less at once")
    return operation_costs


def costs(document: DocumentNode) -> list[DocumentCost]:
    """
    The cost of each operation.

    >>> from graphql import parse
    >>> costs(parse("{ ...A b: x { ...A } } fragment A on Q { y z }"))
    [DocumentCost(depth=2, roots=3, fields=5, aliases=1, directives=0, schemas=0, introspects=False)]
    """
    fragments = {
        definition.name.value: _own(definition)
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    known: dict[str, DocumentCost] = {}
    for name in _innermost_first(fragments):
        known[name] = _total(*fragments[name], known)
    operations = (
        definition for definition in document.definitions if isinstance(definition, OperationDefinitionNode)
    )
    return [_total(*_own(operation), known) for operation in operations]


def _own(definition: ExecutableDefinitionNode) -> tuple[DocumentCost, list[_Spread]]:
    """The cost of the definition itself, and the fragments that it spreads."""
    depth = roots = fields = aliases = schemas = 0
    introspects = False
    directives = len(definition.directives or ())
    directives += sum(len(variable.directives or ()) for variable in definition.variable_definitions or ())
    spreads: list[_Spread] = []
    to_see: list[tuple[SelectionSetNode, int, bool]] = [(definition.selection_set, 0, False)]
    while to_see:
        selection_set, level, introspection = to_see.pop()
        for node in selection_set.selections:
            directives += len(node.directives or ())
            if isinstance(node, FragmentSpreadNode):
                spreads.append(_Spread(node.name.value, level, introspection))
            elif isinstance(node, InlineFragmentNode):
                to_see.append((node.selection_set, level, introspection))
            elif isinstance(node, FieldNode):
                fields += 1
                if node.name.value != _ENTITIES:
                    roots += level == 0
                    aliases += node.alias is not None
                schemas += node.name.value == "__schema"
                introspects = introspects or node.name.value in _INTROSPECTION
                below = level if introspection else level + 1
                depth = max(depth, below)
                if node.selection_set:
                    hidden = introspection or node.name.value in _INTROSPECTION
                    to_see.append((node.selection_set, below, hidden))
    return DocumentCost(depth, roots, fields, aliases, directives, schemas, introspects), spreads


def _total(own: DocumentCost, spreads: Iterable[_Spread], known: Mapping[str, DocumentCost]) -> DocumentCost:
    total = own
    for spread in spreads:
        # unknown names and the closing of a cycle add nothing: validation refuses both
        cost = known.get(spread.name, DocumentCost())
        total = DocumentCost(
            depth=max(total.depth, spread.depth + (0 if spread.introspection else cost.depth)),
            roots=min(_MANY, total.roots + (cost.roots if spread.depth == 0 else 0)),
            fields=min(_MANY, total.fields + cost.fields),
            aliases=min(_MANY, total.aliases + cost.aliases),
            directives=min(_MANY, total.directives + cost.directives),
            schemas=min(_MANY, total.schemas + cost.schemas),
            introspects=total.introspects or cost.introspects,
        )
    return total


def _innermost_first(fragments: Mapping[str, tuple[DocumentCost, list[_Spread]]]) -> Iterator[str]:
    """Fragments in topological order, each after those it spreads. Not recursive: a chain may be of any length."""
    seen: set[str] = set()
    for first in fragments:
        if first in seen:
            continue
        seen.add(first)
        path = [(first, iter(fragments[first][1]))]
        while path:
            _, spreads = path[-1]
            for spread in spreads:
                if spread.name in fragments and spread.name not in seen:
                    seen.add(spread.name)
                    path.append((spread.name, iter(fragments[spread.name][1])))
                    break
            else:
                yield path.pop()[0]
