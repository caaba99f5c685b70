"""Presence filter: things by the sources that know them, by their number of records, conflicts and possible matches."""

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.errors import BadInput, GatewayError
from gateway.identity.fields import UNIFIED_FIELDS
from resolvers.context import RequestContext

_COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "isNull": lambda _, is_null: not is_null,
}


@dataclass(frozen=True)
class Presence:
    """
    A presence filter, checked. `conflicts` are fields of which one must be in conflict; `possible` says if there must
    be, or must not be, a possible match. None: either.
    """

    present: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    records: Mapping[str, int | None] | None = None
    conflicts: tuple[str, ...] | None = None
    possible: bool | None = None

    @classmethod
    def parse(cls, ctx: RequestContext, presence: Mapping[str, Any] | None) -> "Presence":
        """The filter that was given. Raises BadInput if it names a source or a field that there is not."""
        presence = presence or {}
        fields = presence.get("conflicts")
        for field in fields or ():
            check_field(field)
        return cls(
            present=frozenset(ctx.source(name).name for name in presence.get("in") or ()),
            absent=frozenset(ctx.source(name).name for name in presence.get("notIn") or ()),
            records=presence.get("records"),
            conflicts=None if fields is None else tuple(fields),
            possible=presence.get("possibleMatches"),
        )

    @property
    def fits_all(self) -> bool:
        """True if every thing fits, whatever is in conflict."""
        return not (self.present or self.absent or self.records) and self.possible is None

    def unanswerable(self, incomplete: Mapping[str, GatewayError]) -> bool:
        """True if a source did not answer in full of which the filter wants things that it does not know."""
        return not self.absent.isdisjoint(incomplete)

    def fits_sources(self, sources: Sequence[str]) -> bool:
        """True if the sources of a thing's records, one for each record, fit."""
        known: Collection[str] = set(sources)
        if not self.present.issubset(known) or not self.absent.isdisjoint(known):
            return False
        return all(
            operand is None or _COMPARISONS[name](len(sources), operand)
            for name, operand in (self.records or {}).items()
        )


def check_field(field: str) -> None:
    """Raise BadInput if there is no such unified field."""
    if field not in UNIFIED_FIELDS:
        raise BadInput(
            f"There is no field {field[:40]!r} to be in conflict: there are {', '.join(UNIFIED_FIELDS)}."
        )
