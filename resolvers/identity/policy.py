"""Policy of reconciliation: the operator's preferences over the order that vendors declare for each field."""

from collections.abc import Mapping

from gateway.connector.fetching.source import Source
from gateway.identity import Decisions, ReconcilePolicy
from gateway.identity.fields import UNIFIED_FIELDS
from resolvers.context import RequestContext


def policy_of(ctx: RequestContext) -> ReconcilePolicy:
    """The order of the operation's sources for each field. Made once an operation."""
    policy: ReconcilePolicy | None = ctx.shared.get("policy")
    if policy is None:
        policy = ctx.shared["policy"] = make_policy(ctx.sources, ctx.catalog.decisions())
    return policy


def make_policy(sources: Mapping[str, Source], decisions: Decisions) -> ReconcilePolicy:
    """The order of these sources for each field."""
    order = {
        field: tuple(name for name, source in sources.items() if field in source.best_for)
        for field in UNIFIED_FIELDS
    }
    return ReconcilePolicy(decisions.prefer, order)
