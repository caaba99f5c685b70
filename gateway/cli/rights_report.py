"""Report on rights, for `check --as`: sources, types, rows, fields and operations of a role or of a key's holder."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gateway.access.rights import Rights, Rule
from gateway.connector.description.vocabulary import TYPES
from gateway.connector.fetching.restricted_source import restrict
from gateway.connector.fetching.source import Source
from gateway.settings import RoleSettings, Settings


@dataclass(frozen=True)
class TypeReport:
    """Rights to a type at a source: `rows` are alternative rules, None for all rows."""

    type: str
    hidden: Sequence[str]
    rows: Sequence[Rule] | None


@dataclass(frozen=True)
class SourceReport:
    """Rights at a source, as far as it has such records and operations."""

    source: str
    vendor: str
    reads: Sequence[TypeReport]
    writes: Sequence[str]


@dataclass(frozen=True)
class RightsReport:
    """All rights of a caller with these roles."""

    roles: Sequence[str]
    explore: bool
    metrics: bool
    sources: Sequence[SourceReport]

    def as_json(self) -> Mapping[str, Any]:
        """The report as JSON."""
        return asdict(self)

    def as_text(self) -> Iterator[str]:
        """The report for a terminal, line by line."""
        yield f"roles: {', '.join(self.roles) or 'none'}"
        yield f"schema (introspection, GraphiQL): {'yes' if self.explore else 'no'}"
        yield f"metrics: {'yes' if self.metrics else 'no'}"
        if not self.sources:
            yield "sources: none"
        for source in self.sources:
            yield f"{source.source} ({source.vendor})"
            for part in source.reads:
                yield f"  reads {part.type}{_rows(part.rows)}{_hidden(part.hidden)}"
            if not source.reads:
                yield "  reads nothing"
            yield f"  writes {', '.join(source.writes) or 'nothing'}"


def roles_of(settings: Settings, name: str) -> Sequence[RoleSettings]:
    """The roles of a role's name, or else of a key's. Raises LookupError with the nearest name."""
    by_name = {role.name: role for role in settings.roles}
    if name in by_name:
        return [by_name[name]]
    for key in settings.auth.keys:
        if key.name == name:
            names = [role for role in key.roles if role in by_name] or ["default"]
            return [by_name[role] for role in names if role in by_name]
    known = [*by_name, *(key.name for key in settings.auth.keys)]
    near = difflib.get_close_matches(name, known, n=1)
    advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(known) or 'none'}"
    raise LookupError(f"there is no role or key {name}: {advice}")


def rights_report(roles: Sequence[RoleSettings], sources: Mapping[str, Source]) -> RightsReport:
    """The report for a caller with these roles."""
    rights = Rights(tuple(roles), tuple(sources))
    return RightsReport(
        roles=[role.name for role in roles],
        explore=rights.explore,
        metrics=rights.sees_metrics,
        sources=[_of_source(sources[name], rights) for name in rights.sources],
    )


def _of_source(source: Source, rights: Rights) -> SourceReport:
    restricted = restrict(source, rights)
    reads = [
        TypeReport(
            type_name,
            sorted(_that_are_there(part.hidden, type_name)),
            ()
            if all(
                restricted.resources[name].row_rules == ()
                for name in id_types
                if name in restricted.resources
            )
            else part.rules,
        )
        for type_name, id_types in TYPES.items()
        if not restricted.resources.keys().isdisjoint(id_types)
        and (part := rights.of_type(source.name, type_name)) is not None
    ]
    read_operations = {
        operation for operation in restricted.operations if operation.endswith((".get", ".list"))
    } | restricted.calls.keys()
    writes = [operation for operation in restricted.operations if operation not in read_operations]
    return SourceReport(source.name, source.vendor.lower(), reads, writes)


def _that_are_there(hidden: frozenset[str], type_name: str) -> Iterator[str]:
    """The hidden fields, without those of records of another type."""
    for path in hidden:
        owner = path.partition(".")[0]
        if owner == type_name or owner not in TYPES:
            yield path


def _rows(rules: Sequence[Rule] | None) -> str:
    if rules is None:
        return ""
    alternatives = [
        " and ".join(f"{name} {' or '.join(values)}" for name, values in rule.items()) for rule in rules
    ]
    return f", rows with {'; or with '.join(alternatives)}" if rules else ", no rows"


def _hidden(hidden: Sequence[str]) -> str:
    return f", without {', '.join(hidden)}" if hidden else ""
