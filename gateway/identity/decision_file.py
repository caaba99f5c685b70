"""
The operator's file: its `[identity]` table as decisions. All faults are named at once, what contradicts itself
included, also through others.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from gateway.identity.canonical import canonical_number, fold
from gateway.identity.decisions import Decisions, Preference
from gateway.identity.fields import UNIFIED_FIELDS

_KEYS = ("asset_tags", "same", "different", "ignore_serial_numbers", "prefer")
_STRATEGIES = ("newest", "most")


class InvalidDecisions(ValueError):
    """Faults of the operator's decisions, all of them."""

    def __init__(self, faults: Collection[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


def parse_decisions(table: Mapping[str, Any], *, sources: Collection[str] | None = None) -> Decisions:
    """
    Decisions of an `[identity]` table. `sources`: names of the configured sources, if they are to be checked.

    Raises `InvalidDecisions` with all faults.
    """
    faults: list[str] = [
        f"identity.{key}: unknown; there are {', '.join(_KEYS)}" for key in table if key not in _KEYS
    ]
    parser = _DecisionsParser(faults, None if sources is None else frozenset(sources))
    same = merge_overlapping(parser.id_groups(table.get("same", []), "same"))
    different = parser.different(table.get("different", []))
    decisions = Decisions(
        same=same,
        different=different,
        tag_scopes=parser.tag_scopes(table.get("asset_tags", [])),
        ignored_numbers=frozenset(
            map(
                canonical_number,
                parser.texts(table.get("ignore_serial_numbers", []), "ignore_serial_numbers"),
            )
        ),
        prefer=parser.prefer(table.get("prefer", {})),
    )
    faults.extend(contradictions(same, different))
    if faults:
        raise InvalidDecisions(faults)
    return decisions


def contradictions(same: Iterable[tuple[str, ...]], different: Mapping[str, frozenset[str]]) -> list[str]:
    """Pairs that are declared different, and the same: directly or through others."""
    return [
        f"identity: {lhs} and {rhs} are declared different, but also the same"
        + (
            ""
            if len(group) == 2
            else f", through {', '.join(record for record in group if record not in {lhs, rhs})}"
        )
        for group in same
        for lhs in group
        for rhs in sorted(different.get(lhs, frozenset()))
        if lhs < rhs and rhs in group
    ]


def merge_overlapping(groups: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Groups that share an id, as one: sorted, each id in one group only."""
    group_of: dict[str, list[str]] = {}
    for group in groups:
        merged: list[str] = []
        for record in group:
            if record not in group_of:
                group_of[record] = [record]
            members = group_of[record]
            if members is merged:
                continue
            if len(members) > len(merged):
                merged, members = members, merged
            merged.extend(members)
            for member in members:
                group_of[member] = merged
    distinct = {id(members): members for members in group_of.values()}
    return tuple(sorted(tuple(sorted(members)) for members in distinct.values()))


class _DecisionsParser:
    """Reads the parts of the table, and collects what is wrong with them."""

    def __init__(self, faults: list[str], sources: frozenset[str] | None) -> None:
        self._faults = faults
        self._sources = sources

    def texts(self, value: object, path: str) -> list[str]:
        if isinstance(value, list) and all(isinstance(text, str) and text.strip() for text in value):
            return list(value)
        self._faults.append(f"identity.{path}: must be a list of texts")
        return []

    def id_groups(self, value: object, path: str) -> list[tuple[str, ...]]:
        if not isinstance(value, list):
            self._faults.append(f"identity.{path}: must be a list of lists of asset ids")
            return []
        groups = []
        for position, item in enumerate(value):
            group = tuple(dict.fromkeys(self.texts(item, f"{path}[{position}]")))
            if isinstance(item, list) and item and len(group) < 2:
                self._faults.append(f"identity.{path}[{position}]: names fewer than two records")
            valid = [self._check_id(record, f"{path}[{position}]") for record in group]
            if len(group) > 1 and all(valid):
                groups.append(group)
        return groups

    def different(self, value: object) -> dict[str, frozenset[str]]:
        others: dict[str, set[str]] = {}
        for group in self.id_groups(value, "different"):
            for record in group:
                others.setdefault(record, set()).update(group)
        return {record: frozenset(ids - {record}) for record, ids in others.items()}

    def tag_scopes(self, value: object) -> dict[tuple[str, str], int]:
        scopes: dict[tuple[str, str], int] = {}
        if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
            self._faults.append("identity.asset_tags: must be tables, [[identity.asset_tags]]")
            return scopes
        for number, entry in enumerate(value):
            path = f"asset_tags[{number}].shared_by"
            self._faults.extend(
                f"identity.asset_tags[{number}].{key}: unknown; there is shared_by"
                for key in entry
                if key != "shared_by"
            )
            names = self.texts(entry.get("shared_by"), path)
            if len(names) == 1:
                self._faults.append(f"identity.{path}: names fewer than two sources")
            for name in names:
                source, _, organisation = name.partition("/")
                self._check_source(source, path)
                if scopes.setdefault((source, fold(organisation)), number) != number:
                    self._faults.append(f"identity.{path}: {name} shares its tags with another group already")
        self._faults.extend(
            f"identity.asset_tags: {source} is named whole, and by organisation in another group"
            for (source, organisation), number in scopes.items()
            if organisation and scopes.get((source, ""), number) != number
        )
        return scopes

    def prefer(self, value: object) -> dict[str, Preference]:
        if not isinstance(value, Mapping):
            self._faults.append("identity.prefer: must be a table")
            return {}
        preferences: dict[str, Preference] = {}
        for name, choice in value.items():
            path = f"prefer.{name}"
            if name != "default" and name not in UNIFIED_FIELDS:
                self._faults.append(
                    f"identity.{path}: unknown field; there are default, {', '.join(UNIFIED_FIELDS)}"
                )
            if isinstance(choice, str):
                if choice not in _STRATEGIES:
                    self._faults.append(f'identity.{path}: must be a list of sources, "newest" or "most"')
                preferences[name] = choice
                continue
            order = self.texts(choice, path)
            for source in order:
                self._check_source(source, path)
            preferences[name] = tuple(order)
        return preferences

    def _check_source(self, source: str, path: str) -> bool:
        if self._sources is None or source in self._sources:
            return True
        self._faults.append(
            f"identity.{path}: unknown source {source}; there are {', '.join(sorted(self._sources))}"
        )
        return False

    def _check_id(self, record: str, path: str) -> bool:
        source, _, rest = record.partition(":")
        kind, _, native_id = rest.partition(":")
        if not source or kind != "Asset" or not native_id:
            self._faults.append(f"identity.{path}: {record} is no asset's id, which is SOURCE:Asset:NUMBER")
            return False
        return self._check_source(source, path)
