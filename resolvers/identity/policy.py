"""Policy of an operation: the operator's preferences over the order that vendors declare for each field."""

from gateway.identity import ReconcilePolicy
from gateway.identity.fields import UNIFIED_FIELDS
from resolvers.context import RequestContext


def policy_of(ctx: RequestContext) -> ReconcilePolicy:
    """The order of the operation's sources for each field. Made once an operation."""
    policy: ReconcilePolicy | None = ctx.shared.get("policy")
    if policy is None:
        order = {
            field: tuple(name for name, source in ctx.sources.items() if field in source.best_for)
            for field in UNIFIED_FIELDS
        }
        policy = ctx.shared["policy"] = ReconcilePolicy(ctx.catalog.decisions().prefer, order)
    return policy
