"""Deferred calls: those that an operation with `@defer` makes after the first part of its answer."""

from dataclasses import replace

from gateway.engine.explain.steps import ExplainedStep, Explanation, PlannedCall


def mark_deferred(whole: Explanation, first: Explanation) -> Explanation:
    """The explanation of the whole operation, with the calls marked that are not among those of its first part."""
    earlier = {_key(step, call) for step in first.steps for call in step.asks}
    steps = tuple(replace(step, asks=_marked(step, earlier)) for step in whole.steps)
    return replace(whole, steps=steps)


_Key = tuple[str, str, str, str, tuple[tuple[str, str], ...]]


def _key(step: ExplainedStep, call: PlannedCall) -> _Key:
    return (step.path, step.source, step.type, call.path, tuple(sorted(call.params.items())))


def _marked(step: ExplainedStep, earlier: set[_Key]) -> list[PlannedCall]:
    return [call if _key(step, call) in earlier else replace(call, deferred=True) for call in step.asks]
