"""Check of roles against what there is: types, fields and mutations. Every fault names the nearest word."""

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.access.rights import ALL
from gateway.settings import RoleSettings


@dataclass(frozen=True, kw_only=True)
class RoleVocabulary:
    """
    The words of roles. `types` can be read, and `parts` are read with one of these; `fields` are by type, `always`
    those that every record has; `operations` are writes, `rule_fields` those that rows can be chosen by.
    """

    types: Collection[str]
    parts: Collection[str]
    fields: Mapping[str, Collection[str]]
    always: Collection[str]
    operations: Collection[str]
    rule_fields: Collection[str]


def role_faults(roles: Sequence[RoleSettings], words: RoleVocabulary) -> list[str]:
    """All that is wrong with the roles."""
    return [f"roles.{role.name}.{fault}" for role in roles for fault in _faults(role, words)]


def _faults(role: RoleSettings, words: RoleVocabulary) -> Iterator[str]:
    yield from _read_faults(role, words)
    kinds = {operation.split(".", 1)[0] for operation in words.operations}
    for pattern in role.write:
        kind, _, verb = pattern.partition(".")
        if pattern != ALL and pattern not in words.operations and not (verb == ALL and kind in kinds):
            known = [*words.operations, *(f"{kind}.*" for kind in sorted(kinds))]
            yield f"write: there is no mutation {pattern}: {_nearest(pattern, known)}"
    for path in role.hide:
        yield from _hide_faults(path, words)
    for source, rule in role.rows.items():
        for name in rule:
            if name not in words.rule_fields:
                yield f"rows.{source}: there is no field {name}: {_nearest(name, words.rule_fields)}"


def _read_faults(role: RoleSettings, words: RoleVocabulary) -> Iterator[str]:
    reads_records = not {ALL, *words.types}.isdisjoint(role.read)
    for name in role.read:
        if name in words.parts:
            if not reads_records:
                yield f"read: {name} is no type by itself: name the type of the records that it is part of"
        elif name not in {ALL, *words.types}:
            yield f"read: there is no type {name}: {_nearest(name, words.types)}"


def _hide_faults(path: str, words: RoleVocabulary) -> Iterator[str]:
    type_name, _, name = path.partition(".")
    if type_name not in words.fields:
        yield f"hide: there is no type {type_name}: {_nearest(type_name, words.fields)}"
    elif name not in words.fields[type_name]:
        known = [f"{type_name}.{field}" for field in words.fields[type_name]]
        yield f"hide: there is no field {path}: {_nearest(path, known)}"
    elif type_name in words.types and name in words.always:
        yield f"hide: {path} cannot be hidden: every record is known by it; leave {type_name} out of `read`"


def _nearest(word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]}?"
    shown = sorted(known)[:20]
    return f"there are {', '.join(shown)}{', ...' if len(known) > len(shown) else ''}"
