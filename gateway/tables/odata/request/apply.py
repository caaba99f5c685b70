"""`$apply` and `$search`: any number of `filter()`, then at most one `groupby()` or `aggregate()`."""

from collections.abc import Sequence

from odatapy.server.uri import query_options as option
from odatapy.server.uri.expression import Member

from gateway.connector.description.ids import excerpt
from gateway.tables.odata.query import (
    Aggregate,
    Expression,
    Grouping,
    Operation,
    PropertyPath,
    SearchText,
    ValueKind,
)
from gateway.tables.odata.refusal import bad_request, not_implemented
from gateway.tables.odata.request.expressions import OPERANDS, ExpressionTranslator

_METHODS = frozenset(("sum", "min", "max", "average", "countdistinct"))
_OF_NUMBERS = frozenset(("sum", "average"))
_SERVED = "`$apply` is served as `filter()`, then one `groupby((…),aggregate(…))` or `aggregate(…)`."


def transformations(
    steps: Sequence[option.Transformation], translator: ExpressionTranslator
) -> tuple[list[Expression], Grouping | None]:
    """The conditions of the filters, and the grouping. Raises ODataRefusal."""
    conditions: list[Expression] = []
    for number, step in enumerate(steps):
        match step:
            case option.Filter(expression=expression) if expression is not None:
                conditions.append(translator.translate(expression))
            case option.Identity():
                pass
            case option.GroupBy() | option.Aggregate() if number == len(steps) - 1:
                return conditions, _grouping(step, translator)
            case _:
                raise not_implemented(_SERVED)
    return conditions, None


def search_expression(node: option.SearchExpression) -> Expression:
    """A search as a condition."""
    match node:
        case option.SearchTerm(text=text):
            return SearchText(text=text)
        case option.SearchUnary(operand=operand):
            operands: tuple[Expression, ...] = (search_expression(operand),)
        case option.SearchBinary():
            operands = tuple(map(search_expression, OPERANDS(node)))
        case _:
            raise not_implemented("This search is not served.")
    return Operation(name=node.operator.lower(), operands=operands, kind=ValueKind.BOOLEAN)


def _grouping(step: option.GroupBy | option.Aggregate, translator: ExpressionTranslator) -> Grouping:
    if isinstance(step, option.Aggregate):
        return Grouping(aggregates=_aggregates(step, translator, set()))
    paths = tuple(dict.fromkeys(translator.path(path) for path in step.properties))
    names = {path.link.name if path.link else path.column for path in paths}
    match step.transformations:
        case []:
            return Grouping(paths=paths)
        case [option.Aggregate() as inner]:
            return Grouping(paths=paths, aggregates=_aggregates(inner, translator, names))
        case _:
            raise not_implemented(_SERVED)


def _aggregates(
    step: option.Aggregate, translator: ExpressionTranslator, names: set[str]
) -> tuple[Aggregate, ...]:
    """The aggregates, none of which has one of the names."""
    aggregates: list[Aggregate] = []
    for entry in step.expressions:
        alias = entry.alias or ""
        if alias in names or alias in {other.alias for other in aggregates}:
            raise bad_request(f"The name {excerpt(alias)} stands twice.")
        aggregates.append(_aggregate(entry, alias, translator))
    return tuple(aggregates)


def _aggregate(entry: option.AggregateExpression, alias: str, translator: ExpressionTranslator) -> Aggregate:
    if entry.is_count:
        return Aggregate(alias=alias, method="count")
    if entry.from_ or entry.inline or entry.custom_aggregate or entry.method not in _METHODS:
        raise not_implemented("Aggregates are sum, min, max, average, countdistinct and `$count as`.")
    if not isinstance(entry.expression, Member):
        raise not_implemented("Aggregates are over one column.")
    operand = translator.translate(entry.expression)
    assert isinstance(operand, PropertyPath)
    if entry.method in _OF_NUMBERS and not operand.kind.is_number:
        raise bad_request(f"`{entry.method}` is of numbers, and {operand.column} is none.")
    return Aggregate(alias=alias, method=entry.method, operand=operand)
