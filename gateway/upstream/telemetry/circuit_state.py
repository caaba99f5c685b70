"""States of a circuit breaker, as metrics and `Source.health` report them."""

from enum import Enum


class CircuitState(Enum):
    """State of a circuit: all calls are sent, one call probes the source, or none is sent."""

    CLOSED = 0
    PROBING = 1
    OPEN = 2
