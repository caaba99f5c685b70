"""What an operation would ask of the sources, told without asking: from the plan and the descriptions it runs by."""

from gateway.engine.explain.request import explain
from gateway.engine.explain.steps import Ask, Calls, Explanation, Projected, Step
from gateway.engine.explain.text import as_text

__all__ = ["Ask", "Calls", "Explanation", "Projected", "Step", "as_text", "explain"]
