"""An explanation as text for a terminal."""

from collections.abc import Iterator
from itertools import groupby
from urllib.parse import urlencode

from gateway.engine.explain.steps import ExplainedStep, Explanation, PlannedCall

_INTRO = (
    "On an empty cache; sign-in, and repeats after a fault, are not counted. A vendor that gives fewer\n"
    "rows a page than it says is asked for more pages."
)


def as_text(explanation: Explanation) -> str:
    """What is asked, place by place; the calls of each source; the generated code."""
    return "\n".join([*_steps(explanation), "", *_calls(explanation), *_projections(explanation)]) + "\n"


def _steps(explanation: Explanation) -> Iterator[str]:
    if not explanation.steps:
        yield "Nobody is asked."
    width = max((len(name) for name in explanation.sources), default=0)
    for path, steps in groupby(explanation.steps, key=lambda step: step.path):
        yield path
        for step in steps:
            yield from _step(step, width)


def _step(step: ExplainedStep, width: int) -> Iterator[str]:
    name = f"  {step.source:{width}}  "
    margin = " " * len(name)
    lines = [line for ask in step.asks for line in _ask(ask)]
    lines += [f"pushed down: {one}" for one in step.pushed]
    lines += [f"checked here: {one}" for one in step.checked]
    lines += [f"note: {one}" for one in step.notes]
    for number, line in enumerate(lines):
        yield (margin if number else name) + line


def _ask(ask: PlannedCall) -> Iterator[str]:
    query = urlencode(ask.params, safe="{},:")
    yield f"GET {ask.path}{'?' if query else ''}{query}"
    yield f"  {ask.how}; calls: {ask.calls}"


def _calls(explanation: Explanation) -> Iterator[str]:
    yield "Calls"
    width = max(len("together"), *(len(name) for name in explanation.sources))
    for name, calls in explanation.sources.items():
        yield f"  {name:{width}}  {calls}"
    yield f"  {'together':{width}}  {explanation.calls}: {explanation.verdict}"
    yield from (f"  {line}" for line in _INTRO.splitlines())


def _projections(explanation: Explanation) -> Iterator[str]:
    for one in explanation.projections:
        yield ""
        left = f"; loaded or resolved first: {', '.join(one.missing_fields)}" if one.missing_fields else ""
        yield f"Code for {one.path}, {one.type} at {one.source}{left}"
        yield from (f"  {line}" for line in one.code.splitlines())
