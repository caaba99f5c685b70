"""
The operator's decisions: which records are the same, which are not, which sources share asset tags, which numbers to
ignore, and whose value is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.identity.canonical import fold

Preference = tuple[str, ...] | str  # sources, first with a value; or a strategy, "newest" or "most"


@dataclass(frozen=True)
class Decisions:
    """
    `same`: groups of ids, overlapping ones already one. `different`: for each id the ids that it is not.
    `tag_scopes`: number of the group of sources that share tags, by (source, folded organisation or nothing).
    """

    same: tuple[tuple[str, ...], ...] = ()
    different: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tag_scopes: Mapping[tuple[str, str], int] = field(default_factory=dict)
    ignored_numbers: frozenset[str] = frozenset()
    prefer: Mapping[str, Preference] = field(default_factory=dict)

    def tag_scope(self, source: str, organisation: str | None) -> int | None:
        """Number of the group of sources within which this source's (or its organisation's) tags are shared."""
        scope = self.tag_scopes.get((source, ""))
        if scope is None and organisation:
            scope = self.tag_scopes.get((source, fold(organisation)))
        return scope
