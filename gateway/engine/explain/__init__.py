"""What an operation would ask of the sources, told without asking: from the plan and the descriptions it runs by."""

from gateway.engine.explain.request import explain
from gateway.engine.explain.steps import (
    CallBounds,
    ExplainedProjection,
    ExplainedStep,
    Explanation,
    PlannedCall,
)
from gateway.engine.explain.text import as_text

__all__ = [
    "CallBounds",
    "ExplainedProjection",
    "ExplainedStep",
    "Explanation",
    "PlannedCall",
    "as_text",
    "explain",
]
