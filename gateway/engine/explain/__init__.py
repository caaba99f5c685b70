"""What an operation would ask of the sources, told without asking: from the plan and the descriptions it runs by."""

from gateway.engine.explain.steps import Ask, Calls, Explanation, Projected, Step
from gateway.engine.explain.text import as_text
from gateway.engine.explain.walk import explained

__all__ = ["Ask", "Calls", "Explanation", "Projected", "Step", "as_text", "explained"]
