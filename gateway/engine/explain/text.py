"""An explanation as text for a terminal."""

from collections.abc import Iterator
from itertools import groupby
from urllib.parse import urlencode

from gateway.engine.explain.steps import ExplainedStep, Explanation, PlannedCall

_INTRO = (
    "On an empty cache; sign-in, and repeats after a fault, are not counted. A vendor that gives fewer\n"
    "rows a page than it says is asked for more pages."
)

_DEFERRED = "; deferred: after the first part of the answer"


def as_text(explanation: Explanation, *, with_code: bool = False) -> str:
    """The steps by path, the calls by source, and with `with_code` the generated code."""
    code = _code_section(explanation) if with_code else ()
    return "\n".join([*_step_section(explanation), "", *_call_section(explanation), *code]) + "\n"


def _step_section(explanation: Explanation) -> Iterator[str]:
    if not explanation.steps:
        yield "Nobody is asked."
    width = max((len(name) for name in explanation.sources), default=0)
    for path, steps in groupby(explanation.steps, key=lambda step: step.path):
        yield path
        for step in steps:
            yield from _step_lines(step, width)


def _step_lines(step: ExplainedStep, width: int) -> Iterator[str]:
    name = f"  {step.source:{width}}  "
    margin = " " * len(name)
    lines = [text for call in step.asks for text in _call_lines(call)]
    lines += [f"pushed down: {text}" for text in step.pushed]
    lines += [f"checked here: {text}" for text in step.checked]
    lines += [f"note: {text}" for text in step.notes]
    for number, text in enumerate(lines):
        yield (margin if number else name) + text


def _call_lines(call: PlannedCall) -> Iterator[str]:
    query = urlencode(call.params, safe="{},:")
    yield f"GET {call.path}{'?' if query else ''}{query}"
    yield f"  {call.how}; calls: {call.calls}{_DEFERRED if call.deferred else ''}"


def _call_section(explanation: Explanation) -> Iterator[str]:
    yield "Calls"
    width = max(len("together"), *(len(name) for name in explanation.sources))
    for name, calls in explanation.sources.items():
        yield f"  {name:{width}}  {calls}"
    yield f"  {'together':{width}}  {explanation.calls}: {explanation.verdict}"
    yield from (f"  {line}" for line in _INTRO.splitlines())


def _code_section(explanation: Explanation) -> Iterator[str]:
    for projection in explanation.projections:
        yield ""
        missing = (
            f"; loaded or resolved first: {', '.join(projection.missing_fields)}"
            if projection.missing_fields
            else ""
        )
        yield f"Code for {projection.path}, {projection.type} at {projection.source}{missing}"
        yield from (f"  {line}" for line in projection.code.splitlines())
