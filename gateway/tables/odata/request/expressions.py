"""Expressions of the parsing library as our own, with column names from the model only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

from odatapy.server.uri import expression as tree

from gateway.connector.description.ids import excerpt
from gateway.tables.odata.model import EntityModel, EntitySet
from gateway.tables.odata.query import (
    KIND_OF_COLUMN,
    Expression,
    ListMembership,
    LiteralValue,
    Operation,
    PropertyPath,
    ValueKind,
)
from gateway.tables.odata.refusal import bad_request, not_implemented
from gateway.tables.odata.request.operations import FUNCTION_KINDS, kind_of_arithmetic

#: DECIMAL(38,9), as all decimals of the snapshots.
_WHOLE_DIGITS, _DECIMALS = 29, 9
_LARGEST = 2**63
#: The two operands of a binary node.
OPERANDS = attrgetter("left", "right")
_LITERALS: Mapping[str, ValueKind] = {
    "Edm.String": ValueKind.TEXT,
    "Edm.SByte": ValueKind.INTEGER,
    "Edm.Byte": ValueKind.INTEGER,
    "Edm.Int16": ValueKind.INTEGER,
    "Edm.Int32": ValueKind.INTEGER,
    "Edm.Int64": ValueKind.INTEGER,
    "Edm.Decimal": ValueKind.DECIMAL,
    "Edm.Single": ValueKind.DOUBLE,
    "Edm.Double": ValueKind.DOUBLE,
    "Edm.Boolean": ValueKind.BOOLEAN,
    "Edm.Date": ValueKind.DATE,
    "Edm.DateTimeOffset": ValueKind.TIMESTAMP,
    "Edm.TimeOfDay": ValueKind.TIME,
    "Edm.Duration": ValueKind.DURATION,
    "Edm.Null": ValueKind.NULL,
}


@dataclass(frozen=True, kw_only=True)
class ExpressionTranslator:
    """Translates expressions over one entity set."""

    model: EntityModel
    set: EntitySet

    def translate(self, node: tree.Expression) -> Expression:
        """The expression. Raises ODataRefusal."""
        match node:
            case tree.Literal():
                return literal(node)
            case tree.Member():
                return self._member(node)
            case tree.Alias():
                return self._alias(node)
            case tree.Binary(operator=tree.BinaryOperatorKind.IN):
                return self._membership(node)
            case tree.Binary():
                return self._binary(node)
            case tree.Unary():
                operand = self.translate(node.operand)
                is_not = node.operator is tree.UnaryOperatorKind.NOT
                return Operation(
                    name="not" if is_not else "negate",
                    operands=(operand,),
                    kind=ValueKind.BOOLEAN if is_not else operand.kind,
                )
            case tree.Method():
                return self._function(node)
            case tree.ListExpression():
                raise bad_request("A list stands to the right of `in` only.")
            case _:
                raise not_implemented(f"{type(node).__name__} expressions are not served.")

    def path(self, segments: list[str]) -> PropertyPath:
        """The column that a path names: of the set, or over one link."""
        written = "/".join(segments)
        if len(segments) > 2:
            raise not_implemented(f"{excerpt(written)}: paths go over one link, not over several.")
        link = self.set.links.get(segments[0]) if len(segments) == 2 else None
        if len(segments) == 2 and link is None:
            raise bad_request(f"{self.set.name} has no link {excerpt(segments[0])}.")
        owner = self.set if link is None else self.model.sets[link.target]
        column = owner.columns.get(segments[-1])
        if column is not None:
            return PropertyPath(column=column.name, kind=KIND_OF_COLUMN[column.kind], link=link)
        if segments[-1] in owner.links:
            hint = owner.links[segments[-1]].column
            raise bad_request(f"{excerpt(written)} is a link: compare `{hint}`, or a property behind it.")
        raise bad_request(f"{owner.name} has no property {excerpt(segments[-1])}.")

    def _member(self, node: tree.Member) -> PropertyPath:
        is_plain = not (node.count or node.lambda_expression or node.root_uri_info or node.lambda_variable)
        if not is_plain or not node.path:
            raise not_implemented("`$root`, `$count` and lambdas within an expression are not served.")
        return self.path(node.path)

    def _alias(self, node: tree.Alias) -> Expression:
        # An alias of aliases would grow without bound.
        if not isinstance(node.expression, tree.Literal):
            raise bad_request(f"@{node.name}: an alias is a single value, or after `in` a list as `[1,2]`.")
        return literal(node.expression)

    def _membership(self, node: tree.Binary) -> ListMembership:
        operand, members = OPERANDS(node)
        members = members.expression if isinstance(members, tree.Alias) else members
        if not isinstance(members, tree.ListExpression) or not members.items:
            raise bad_request("`in` takes a list with members: `status in ('X','Y')`.")
        items: list[LiteralValue] = []
        for item in members.items:
            value = self.translate(item)
            if not isinstance(value, LiteralValue):
                raise bad_request("Members of a list are values.")
            items.append(value)
        kinds = {item.kind for item in items if item.kind is not ValueKind.NULL}
        kind = next(
            (kind for kind in (ValueKind.DOUBLE, ValueKind.DECIMAL) if kind in kinds),
            next(iter(kinds), ValueKind.TEXT),
        )
        return ListMembership(
            operand=self.translate(operand),
            values=tuple(item.value for item in items if item.value is not None),
            item_kind=kind,
        )

    def _binary(self, node: tree.Binary) -> Operation:
        first, second = map(self.translate, OPERANDS(node))
        name = node.operator.value
        if node.operator is tree.BinaryOperatorKind.HAS:
            raise bad_request("`has` is for enumerations; there are none here.")
        if not node.operator.is_arithmetic:
            return Operation(name=name, operands=(first, second), kind=ValueKind.BOOLEAN)
        if name in {"div", "divby", "mod"} and isinstance(second, LiteralValue) and second.value == 0:
            raise bad_request("Division by zero.")
        return Operation(
            name=name, operands=(first, second), kind=kind_of_arithmetic(name, first.kind, second.kind)
        )

    def _function(self, node: tree.Method) -> Operation:
        name = node.method.value
        if node.method is tree.MethodKind.MATCHESPATTERN:
            raise bad_request(
                "Regular expressions are not offered: `contains`, `startswith` and `endswith` are."
            )
        if name not in FUNCTION_KINDS:
            raise not_implemented(f"The function `{name}` is not served.")
        operands = tuple(self.translate(parameter) for parameter in node.parameters)
        return Operation(name=name, operands=operands, kind=FUNCTION_KINDS[name] or operands[0].kind)


def literal(node: tree.Literal) -> LiteralValue:
    """A literal's value. Raises ODataRefusal if no column can hold such a one."""
    kind = _LITERALS.get(node.type_name or "")
    if kind is None:
        raise bad_request(f"{excerpt(node.text)}: no column has values of type {node.type_name}.")
    return LiteralValue(value=_value(node, kind), kind=kind)


def _value(node: tree.Literal, kind: ValueKind) -> Any:
    value = node.value
    if kind is ValueKind.DECIMAL:
        return _decimal(node.text, value)
    if kind is ValueKind.INTEGER and not -_LARGEST <= value < _LARGEST:
        raise bad_request(f"{excerpt(node.text)} is too large.")
    if kind is ValueKind.DOUBLE and not abs(value) < float("inf"):
        raise bad_request(f"{excerpt(node.text)}: no column has such a number.")
    if kind is ValueKind.DURATION:
        return value // timedelta(microseconds=1)
    if kind is ValueKind.TIMESTAMP:
        return _moment(node.text, value)
    return value


def _decimal(text: str, value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)  # the grammar of decimals has no NaN
    if value.adjusted() >= _WHOLE_DIGITS or -exponent > _DECIMALS:
        raise bad_request(
            f"{excerpt(text)}: numbers have up to {_WHOLE_DIGITS} digits before and {_DECIMALS} after the point."
        )
    return value


def _moment(text: str, value: datetime) -> datetime:
    """The moment in UTC. Of a seventh digit of the second nothing stays, at either end of a window."""
    try:
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError as exc:
        raise bad_request(f"{excerpt(text)} is beyond the calendar.") from exc
    return datetime(*moment.timetuple()[:6], moment.microsecond, tzinfo=UTC)
