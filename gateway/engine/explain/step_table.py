"""Steps of an explanation, by path, source and resource type, in the order of the operation's fields."""

from collections.abc import Sequence

from gateway.engine.explain.groups import RecordGroup
from gateway.engine.explain.steps import ExplainedStep, PlannedCall

_Key = tuple[str, str, str]


class StepTable:
    """The steps so far. A step is created when it is first looked up."""

    def __init__(self) -> None:
        self._steps: dict[_Key, ExplainedStep] = {}

    def all(self) -> tuple[ExplainedStep, ...]:
        """The steps that are not empty."""
        return tuple(step for step in self._steps.values() if step.asks or step.notes)

    def step(self, path: Sequence[str], group: RecordGroup) -> ExplainedStep:
        """The step of a path for a group's source and resource."""
        return self._step((".".join(path), group.source.name, group.resource.type))

    def add(self, path: Sequence[str], group: RecordGroup, calls: Sequence[PlannedCall]) -> None:
        """Add calls for a group's records."""
        if calls:
            self.step(path, group).asks += calls

    def add_source_call(self, path: Sequence[str], source: str, call: PlannedCall) -> None:
        """Add a call that is about no record."""
        self._step((".".join(path), source, "")).asks.append(call)

    def _step(self, key: _Key) -> ExplainedStep:
        return self._steps.setdefault(key, ExplainedStep(*key))
