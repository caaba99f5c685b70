"""Partial answers: a field's value together with the errors of what is missing in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.errors import GatewayError


@dataclass(frozen=True, eq=False)
class PartialAnswer:
    """A value, and the errors that are reported beside it, at its path."""

    value: Any
    errors: Sequence[GatewayError]


@dataclass(frozen=True, eq=False)
class PartialItems:
    """The items of a list, and the errors that are reported beside them, each at the path of its item."""

    items: Sequence[Any]
    errors: Mapping[int, Sequence[GatewayError]]
