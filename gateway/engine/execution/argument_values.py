"""Argument values: the arguments of a plan's fields for one set of the variables' values, filled in once."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import ref

from graphql import GraphQLError
from graphql.execution.values import VariableValues

from gateway.engine.execution.plan import PlannedField, Selection

if TYPE_CHECKING:
    from gateway.connector.records.narrow_decoding import FieldUsage


class ArgumentValues:
    """
    The arguments of the fields of a plan, which equal operations share. `field_usage` are the fields that the plan
    reads with these arguments, once they are collected. The plan is not held: a known body may outlive its document.
    """

    def __init__(self, plan: Selection, variables: VariableValues) -> None:
        self.variables = variables
        self.field_usage: FieldUsage | None = None
        self._plan = ref(plan)
        self._by_field: dict[int, Mapping[str, Any]] = {}

    def belong_to(self, plan: Selection) -> bool:
        """True if they are of the fields of this very plan."""
        return self._plan() is plan

    def of(self, field: PlannedField) -> Mapping[str, Any]:
        """A field's arguments. Raises GraphQLError if one is not of its type."""
        args = self._by_field.get(id(field))
        if args is None:
            args = self._by_field[id(field)] = field.args(self.variables)
        return args

    def valid_of(self, field: PlannedField) -> Mapping[str, Any]:
        """The same; none if one is not of its type: the field has an error then, and no records."""
        try:
            return self.of(field)
        except GraphQLError:
            return {}
