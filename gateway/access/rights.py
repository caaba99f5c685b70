"""
Rights: the union of what some roles allow, by source, type, field and operation. A question is a look-up in a table
that is made once for the roles.

Rows and fields of a type add up source by source. A field is shown if every role that adds rows of its own shows it: a
role never opens the fields of rows that another one brings.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from gateway.settings import RoleSettings

Rule = Mapping[str, tuple[str, ...]]
"""A row rule: the values that each of its fields may have."""

ALL = "*"


@dataclass(frozen=True)
class TypeRights:
    """
    Rights to one type of one source. `rules` are alternatives, of which a row fulfils one; None for all rows.
    `hidden` are fields as the roles name them: `Asset.purchaseCost`.
    """

    rules: tuple[Rule, ...] | None
    hidden: frozenset[str]


@dataclass(frozen=True)
class Rights:
    """
    Rights of a caller in a gateway with the sources `configured`. `digest` is the same for equal rights, and is part of
    every key under which an answer, a plan or an operation is kept.
    """

    roles: tuple[RoleSettings, ...]
    configured: tuple[str, ...]
    _by_type: dict[tuple[str, str], TypeRights | None] = field(
        default_factory=dict, compare=False, repr=False
    )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the roles, in hexadecimal."""
        stated = [
            [
                role.explore,
                *(sorted(words) for words in (role.sources, role.read, role.write, role.hide)),
                {
                    source: {name: sorted(values) for name, values in rule.items()}
                    for source, rule in role.rows.items()
                },
            ]
            for role in self.roles
        ]
        text = json.dumps([sorted(map(json.dumps, stated)), self.configured], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The sources that exist for the caller."""
        return tuple(
            source for source in self.configured if any(_covers(role, source) for role in self.roles)
        )

    @cached_property
    def explore(self) -> bool:
        """True if the caller may look at the schema: introspection, GraphiQL, explain."""
        return any(role.explore for role in self.roles)

    @cached_property
    def reads_all(self) -> bool:
        """True if nothing is kept from the caller: every row and every field of every type, at every source."""
        return any(
            ALL in role.read and ALL in role.sources and not role.hide and not role.rows
            for role in self.roles
        )

    @cached_property
    def has_row_rules(self) -> bool:
        """True if a role chooses rows."""
        return any(role.rows for role in self.roles)

    @cached_property
    def sees_metrics(self) -> bool:
        """True if the caller may read the metrics, which tell of all sources."""
        return self.explore and self.sources == self.configured

    def of_type(self, source: str, type_name: str) -> TypeRights | None:
        """The rights to a type of a source; None if nothing of it may be seen."""
        key = (source, type_name)
        if key not in self._by_type:
            readers = [role for role in self.roles if _covers(role, source) and _names(role.read, type_name)]
            self._by_type[key] = _add_up(readers, source)
        return self._by_type[key]

    def may_read(self, type_name: str) -> bool:
        """True if records of the type may be seen at some source."""
        return any(self.of_type(source, type_name) is not None for source in self.configured)

    def is_hidden(self, names: Collection[str], type_names: Iterable[str], source: str | None = None) -> bool:
        """
        True if one of these names of a field is hidden at every source (or at `source`) for each of these types that
        may be seen there.
        """
        visible = [
            rights
            for type_name in type_names
            for name in (self.configured if source is None else (source,))
            if (rights := self.of_type(name, type_name)) is not None
        ]
        return bool(visible) and all(not rights.hidden.isdisjoint(names) for rights in visible)

    def may_write(self, operation: str, source: str | None = None) -> bool:
        """True for an operation such as `asset.checkout` at a source, or at some source."""
        return bool(self._writers(operation, self.configured if source is None else (source,)))

    def writable_rows(self, operation: str, source: str) -> tuple[Rule, ...] | None:
        """The alternative rules of which a record fulfils one that an operation may change; None for all records."""
        rules = [role.rows.get(source) for role in self._writers(operation, (source,))]
        return None if None in rules else tuple(rule for rule in rules if rule is not None)

    def _writers(self, operation: str, sources: Iterable[str]) -> list[RoleSettings]:
        return [
            role
            for role in self.roles
            if any(fnmatchcase(operation, pattern) for pattern in role.write)
            and any(_covers(role, source) for source in sources)
        ]


def _covers(role: RoleSettings, source: str) -> bool:
    return _names(role.sources, source)


def _names(words: Collection[str], name: str) -> bool:
    return ALL in words or name in words


def _add_up(roles: Iterable[RoleSettings], source: str) -> TypeRights | None:
    """The rights of several roles at a source. A role whose rows and fields another one has too adds nothing."""
    hidden_by_rule: dict[str, tuple[Rule | None, frozenset[str]]] = {}
    for role in roles:
        rule = role.rows.get(source)
        key = json.dumps(rule and {name: sorted(values) for name, values in rule.items()}, sort_keys=True)
        hidden = frozenset(role.hide)
        hidden_by_rule[key] = rule, hidden & hidden_by_rule[key][1] if key in hidden_by_rule else hidden
    if not hidden_by_rule:
        return None
    everything = [hidden for rule, hidden in hidden_by_rule.values() if rule is None]
    if everything:
        return TypeRights(None, everything[0])
    rules = tuple(rule for rule, _ in hidden_by_rule.values() if rule is not None)
    return TypeRights(rules, frozenset().union(*(hidden for _, hidden in hidden_by_rule.values())))
