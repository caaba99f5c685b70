"""The columns that a query reads, by set: a source that lacks others than these does not matter to it."""

from collections.abc import Collection, Mapping

from gateway.tables.odata.query import EntityQuery, Expression, Operation, SearchText, paths_in


def columns_read(query: EntityQuery) -> Mapping[str, Collection[str] | None]:
    """The columns of the query's set and of its links' targets; None for all of them."""
    answered = query.set.name if query.link is None else query.link.target
    read: dict[str, set[str]] = {query.set.name: set(), answered: set()}
    if query.link is not None:
        read[query.set.name].add(query.link.column)
    if not query.only_count and query.grouping is None:
        read[answered] |= set(query.columns)
    for expansion in query.expansions:
        read[answered].add(expansion.link.column)
        read.setdefault(expansion.link.target, set()).update(expansion.columns)
    for expression in query.expressions():
        for path in paths_in(expression):
            owner = query.set.name
            if path.link is not None:
                read[owner].add(path.link.column)
                owner = path.link.target
            read.setdefault(owner, set()).add(path.column)
    if any(map(_searches, query.conditions)):
        return {**read, query.set.name: None}
    return read


def _searches(expression: Expression) -> bool:
    if isinstance(expression, Operation):
        return any(map(_searches, expression.operands))
    return isinstance(expression, SearchText)
