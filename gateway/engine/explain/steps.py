"""The words of an explanation: what is asked of which source, and how many calls that may take."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CallBounds:
    """
    A number of calls between two bounds; without `most` it is known only once the vendors answer.

    >>> print(Calls(1, 1) + Calls(0, 50)), print(Calls(2, 2)), print(Calls(1, None)), print(Calls(0, 3))
    1 to 51
    2
    1 or more
    at most 3
    (None, None, None, None)
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
        """For each of so many things, of which there may be none."""
        return CallBounds(0, None if most is None or self.most is None else most * self.most)

    def perhaps(self) -> "CallBounds":
        """The same where it may not be needed."""
        return CallBounds(0, self.most)


NO_CALLS = CallBounds(0, 0)
ONE_CALL = CallBounds(1, 1)


@dataclass(frozen=True)
class PlannedCall:
    """One kind of call to a source: `path` and `params` as the vendor sees them, with `{...}` for what a row gives."""

    path: str
    params: Mapping[str, str]
    how: str
    calls: CallBounds


@dataclass
class ExplainedStep:
    """What one source is asked for one place of the operation, which filters it applies, and what is checked here."""

    path: str
    source: str
    type: str
    asks: list[PlannedCall] = field(default_factory=list)
    pushed: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def calls(self) -> CallBounds:
        """All of its calls."""
        return total(ask.calls for ask in self.asks)


@dataclass(frozen=True)
class ExplainedProjection:
    """The code that fills in the fields of a resource's records at one place, and the fields that it leaves."""

    path: str
    source: str
    type: str
    code: str
    missing_fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A whole operation: its steps in the order of its fields, the calls of each source, and the limit of all."""

    steps: tuple[ExplainedStep, ...]
    projections: tuple[ExplainedProjection, ...]
    sources: Mapping[str, CallBounds]
    calls: CallBounds
    limit: int

    @property
    def verdict(self) -> str:
        """How the calls stand to the limit."""
        if self.calls.least > self.limit:
            return f"more than the {self.limit} that an operation may make: it gets part of its answer"
        if self.calls.most is None or self.calls.most > self.limit:
            return (
                f"it may pass the {self.limit} that an operation may make, and then gets part of its answer"
            )
        return f"within the {self.limit} that an operation may make"


def total(calls: Iterable[CallBounds]) -> CallBounds:
    """All of them together."""
    return sum(calls, NO_CALLS)
