"""Parts of an explanation: steps, planned calls of the sources, and bounds of their number."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CallBounds:
    """
    Bounds of a number of calls; `most` is None if it depends on the vendors' answers.

    >>> print(CallBounds(1, 1) + CallBounds(0, 50)), print(CallBounds(2, 2))
    1 to 51
    2
    (None, None)
    >>> print(CallBounds(1, None)), print(CallBounds(0, 3))
    1 or more
    at most 3
    (None, None)
    """

    least: int
    most: int | None

    def __add__(self, other: "CallBounds") -> "CallBounds":
        unknown = self.most is None or other.most is None
        return CallBounds(self.least + other.least, None if unknown else (self.most or 0) + (other.most or 0))

    def __str__(self) -> str:
        if self.most is None:
            return f"{self.least} or more" if self.least else "any number"
        if self.least == self.most:
            return str(self.most)
        return f"{self.least} to {self.most}" if self.least else f"at most {self.most}"

    def times(self, most: int | None) -> "CallBounds":
        """The bounds for each of at most `most` things."""
        return CallBounds(0, None if most is None or self.most is None else most * self.most)

    def perhaps(self) -> "CallBounds":
        """The same bounds for calls that may not be needed."""
        return CallBounds(0, self.most)


NO_CALLS = CallBounds(0, 0)
ONE_CALL = CallBounds(1, 1)


@dataclass(frozen=True)
class PlannedCall:
    """
    One kind of call to a source: `path` and `params` as the vendor gets them, with `{...}` for values of rows. It is
    `deferred` if it is made after the first part of an answer in parts.
    """

    path: str
    params: Mapping[str, str]
    how: str
    calls: CallBounds
    deferred: bool = False


@dataclass
class ExplainedStep:
    """The calls of one source for one path of the operation, and its conditions: pushed down, or checked here."""

    path: str
    source: str
    type: str
    asks: list[PlannedCall] = field(default_factory=list)
    pushed: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def calls(self) -> CallBounds:
        """The bounds of all of its calls."""
        return total(call.calls for call in self.asks)


@dataclass(frozen=True)
class ExplainedProjection:
    """The generated code for the fields of a resource's records at one path, and the fields that it does not set."""

    path: str
    source: str
    type: str
    code: str
    missing_fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """An explained operation: its steps in the order of its fields, the calls by source, and the limit of all calls."""

    steps: tuple[ExplainedStep, ...]
    projections: tuple[ExplainedProjection, ...]
    sources: Mapping[str, CallBounds]
    calls: CallBounds
    limit: int

    @property
    def verdict(self) -> str:
        """The comparison of the calls with the limit, as text."""
        if self.calls.least > self.limit:
            return f"more than the {self.limit} that an operation may make: it gets part of its answer"
        if self.calls.most is None or self.calls.most > self.limit:
            return (
                f"it may pass the {self.limit} that an operation may make, and then gets part of its answer"
            )
        return f"within the {self.limit} that an operation may make"


def total(calls: Iterable[CallBounds]) -> CallBounds:
    """The sum of bounds."""
    return sum(calls, NO_CALLS)
