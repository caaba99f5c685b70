"""States of a circuit breaker, as metrics and `Source.health` report them."""

from enum import Enum


class CircuitState(Enum):
    """Whether calls go out: all, none, or one to see whether it works again."""

    CLOSED = 0
    PROBING = 1
    OPEN = 2
