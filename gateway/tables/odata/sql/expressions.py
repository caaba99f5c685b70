"""
Expressions as SQL, with nulls as OData has them: `eq` and `ne` compare null as a value, `lt`, `in`, `contains` and the
like are false with null, so that `not` of them is true.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.tables.columns import ColumnKind
from gateway.tables.duck import named
from gateway.tables.odata.model import EntitySet
from gateway.tables.odata.query import (
    Expression,
    ListMembership,
    LiteralValue,
    Operation,
    PropertyPath,
    SearchText,
    ValueKind,
)
from gateway.tables.odata.sql.parameters import Parameters

#: The set's own rows in a statement; a link's have the link's name after this.
ROOT = "t"
_COMPARISONS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_FALSE_WITH_NULL = {"contains": "contains", "startswith": "starts_with", "endswith": "ends_with"}
_MICROSECONDS_A_DAY = 86_400_000_000


def alias_of(path: PropertyPath) -> str:
    """The alias of the rows that a path reads."""
    return ROOT if path.link is None else link_alias(path.link.name)


def link_alias(link: str) -> str:
    """The alias of a link's rows."""
    return named(f"{ROOT}_{link}")


@dataclass(frozen=True, kw_only=True)
class ExpressionWriter:
    """Writes the expressions of one statement over a set, and binds their values."""

    parameters: Parameters
    set: EntitySet
    now: datetime

    def condition(self, expression: Expression) -> str:
        """
        A condition of which null counts as false: comparisons need no more than SQL's own, which the database can use
        to skip groups of rows.
        """
        if isinstance(expression, Operation):
            if expression.name in {"and", "or"}:
                first, second = map(self.condition, expression.operands)
                return f"({first} {expression.name.upper()} {second})"
            if expression.name in {*_COMPARISONS, "eq"} and not _may_be_null_literal(expression):
                first, second = map(self.value, expression.operands)
                return f"({first} {_COMPARISONS.get(expression.name, '=')} {second})"
        return self.value(expression)

    def value(self, expression: Expression) -> str:
        """The expression's value, exactly."""
        match expression:
            case PropertyPath():
                return f"{alias_of(expression)}.{named(expression.column)}"
            case LiteralValue():
                return self.parameters.bind(expression.value, expression.kind)
            case ListMembership():
                members = self.parameters.bind_list(expression.values, expression.item_kind)
                operand = self.value(expression.operand)
                return f"coalesce({operand} IN (SELECT unnest({members})), false)"
            case SearchText():
                return self._search(expression.text)
            case Operation():
                return self._operation(expression)

    def _search(self, text: str) -> str:
        bound = self.parameters.bind(text.lower(), ValueKind.TEXT)
        columns = [column for column in self.set.columns.values() if column.kind is ColumnKind.TEXT]
        tests = [
            f"coalesce(contains(lower({ROOT}.{named(column.name)}), {bound}), false)" for column in columns
        ]
        return f"({' OR '.join(tests)})"

    def _operation(self, operation: Operation) -> str:
        name = operation.name
        if name in _CONSTANTS:
            moment = self.now if name == "now" else _CONSTANTS[name]
            return self.parameters.bind(moment, ValueKind.TIMESTAMP)
        operands = [self.value(operand) for operand in operation.operands]
        kinds = [operand.kind for operand in operation.operands]
        if name in {"and", "or"}:
            return f"({operands[0]} {name.upper()} {operands[1]})"
        if name in {"eq", "ne"}:
            return f"({operands[0]} IS {'NOT ' if name == 'eq' else ''}DISTINCT FROM {operands[1]})"
        if name in _COMPARISONS:
            return f"coalesce({operands[0]} {_COMPARISONS[name]} {operands[1]}, false)"
        if name in _FALSE_WITH_NULL:
            return f"coalesce({_FALSE_WITH_NULL[name]}({operands[0]}, {operands[1]}), false)"
        if name in _ARITHMETIC:
            return _arithmetic(name, operands, kinds, operation.kind)
        # Parts of a moment are those in UTC, whatever the connection's zone.
        read = [
            f"make_timestamp(epoch_us({operand}))" if kind is ValueKind.TIMESTAMP else operand
            for operand, kind in zip(operands, kinds, strict=True)
        ]
        return f"({_FUNCTIONS[name](read)})"


def _may_be_null_literal(operation: Operation) -> bool:
    return any(operand.kind is ValueKind.NULL for operand in operation.operands) or (
        operation.name == "eq"
        and not any(isinstance(operand, LiteralValue) for operand in operation.operands)
    )


def _arithmetic(name: str, operands: list[str], kinds: list[ValueKind], kind: ValueKind) -> str:
    first, second = operands
    sign = {"add": "+", "sub": "-", "mul": "*"}.get(name)
    if kind is ValueKind.DURATION and kinds[0] is ValueKind.TIMESTAMP:
        return f"(epoch_us({first}) - epoch_us({second}))"
    if kind is ValueKind.DURATION and kinds[0] is ValueKind.DATE:
        return f"(({first} - {second})::BIGINT * {_MICROSECONDS_A_DAY})"
    if kind is ValueKind.TIMESTAMP:
        return f"make_timestamptz(epoch_us({first}) {sign} {second})"
    if kind is ValueKind.DATE:
        return f"({first} {sign} to_microseconds({second}))::DATE"
    if kind is ValueKind.DECIMAL and name not in {"add", "sub"}:
        # A product of two such decimals has more digits than there are.
        first, second = f"{first}::DOUBLE", f"{second}::DOUBLE"
    if sign is not None:
        return f"({first} {sign} {second})"
    divisor = f"nullif({second}, 0)"
    if name == "mod":
        return f"({first} % {divisor})"
    return f"({first} {'//' if kind is ValueKind.INTEGER else '/'} {divisor})"


_ARITHMETIC = frozenset(("add", "sub", "mul", "div", "divby", "mod"))
_CONSTANTS: Mapping[str, datetime | None] = {
    "now": None,
    "mindatetime": datetime(1, 1, 1, tzinfo=UTC),
    "maxdatetime": datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
}
_FUNCTIONS: Mapping[str, Callable[[list[str]], str]] = {
    "not": lambda x: f"NOT {x[0]}",
    "negate": lambda x: f"- {x[0]}",
    "length": lambda x: f"length({x[0]})",
    "indexof": lambda x: f"strpos({x[0]}, {x[1]}) - 1",
    "substring": lambda x: (
        f"substring({x[0]}, greatest({x[1]}, 0) + 1{f', greatest({x[2]}, 0)' if len(x) > 2 else ''})"
    ),
    "tolower": lambda x: f"lower({x[0]})",
    "toupper": lambda x: f"upper({x[0]})",
    "trim": lambda x: f"trim({x[0]}, chr(9) || chr(10) || chr(13) || ' ')",
    "concat": lambda x: f"{x[0]} || {x[1]}",
    "year": lambda x: f"year({x[0]})",
    "month": lambda x: f"month({x[0]})",
    "day": lambda x: f"day({x[0]})",
    "hour": lambda x: f"hour({x[0]})",
    "minute": lambda x: f"minute({x[0]})",
    "second": lambda x: f"second({x[0]})",
    "fractionalseconds": lambda x: f"(microsecond({x[0]}) % 1000000)::DECIMAL(38,9) / 1000000",
    "date": lambda x: f"{x[0]}::DATE",
    "time": lambda x: f"{x[0]}::TIME",
    "totaloffsetminutes": lambda x: f"CASE WHEN {x[0]} IS NULL THEN NULL ELSE 0 END",
    "round": lambda x: f"round({x[0]})",
    "floor": lambda x: f"floor({x[0]})",
    "ceiling": lambda x: f"ceil({x[0]})",
}
