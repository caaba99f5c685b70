"""Explanation of an operation: the calls that it would make, from its plan and the vendors' descriptions."""

from gateway.engine.explain.document import as_document
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
    "as_document",
    "as_text",
    "explain",
]
