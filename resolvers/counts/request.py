"""Requests of counts: the arguments of `assetCounts` and `ticketCounts`, checked before any call."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.connector.description.vocabulary import GROUPS, GroupTerm
from gateway.errors import BadInput
from resolvers.context import RequestContext
from resolvers.lists import conditions_of

_MOST_GROUPS = 4
_DEFAULT_BUCKETS = 100


@dataclass(frozen=True, kw_only=True)
class CountRequest:
    """Request of counts: a type's records that fit a filter, the terms to count by, and the most buckets to show."""

    type: str
    terms: tuple[GroupTerm, ...]
    filter_input: Mapping[str, Any]
    first: int
    is_kept: bool

    @classmethod
    def parse(cls, ctx: RequestContext, type_name: str, args: Mapping[str, Any]) -> "CountRequest":
        """The request of these arguments. Raises BadInput."""
        names = [str(name) for name in args["by"]]
        if not 1 <= len(names) <= _MOST_GROUPS:
            raise BadInput(f"`by` takes 1 to {_MOST_GROUPS} groups, not {len(names)}.")
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise BadInput(f"`by` names {twice} twice: give each group once.")
        first = _DEFAULT_BUCKETS if args.get("first") is None else args["first"]
        if not 0 <= first <= ctx.max_page_size:
            raise BadInput(f"`first` must be from 0 to {ctx.max_page_size}, not {first}.")
        filter_input = args.get("filter") or {}
        conditions_of(ctx, type_name, filter_input)
        return cls(
            type=type_name,
            terms=tuple(GROUPS[type_name][name] for name in names),
            filter_input=filter_input,
            first=first,
            is_kept=str(args["from"]) == "KEPT",
        )
