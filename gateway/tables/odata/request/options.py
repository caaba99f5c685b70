"""The options of an address as a query of ours."""

from collections.abc import Mapping
from dataclasses import replace

from odatapy.server.uri import query_options as option
from odatapy.server.uri.expression import Member
from odatapy.server.uri.resource import UriInfo

from gateway.connector.description.ids import excerpt
from gateway.tables.odata.model import EntityModel, EntitySet
from gateway.tables.odata.query import (
    EntityQuery,
    Expansion,
    Expression,
    Grouping,
    OutputName,
    PropertyPath,
    Sort,
)
from gateway.tables.odata.refusal import bad_request, not_implemented
from gateway.tables.odata.request.apply import search_expression, transformations
from gateway.tables.odata.request.expressions import ExpressionTranslator
from gateway.tables.odata.request.target import resolve_target

_MOST_ROWS = 2**31
#: Beside `$apply`; what else decides about rows or columns belongs inside of it.
_BESIDE_APPLY = frozenset(("$apply", "$orderby", "$top", "$skip", "$count", "$skiptoken", "$format"))
_OF_ONE_ENTITY = frozenset(("$select", "$expand", "$format"))


def entity_query(model: EntityModel, address: UriInfo, options: Mapping[str, str]) -> EntityQuery:
    """The query of an address that names a set. Raises ODataRefusal."""
    target = resolve_target(model, address)
    system = {name for name in options if name.startswith("$")}
    if target.key is not None and (unfit := sorted(system - _OF_ONE_ENTITY)):
        raise bad_request(f"`{unfit[0]}` is for sets, not for one entity.")
    answered = model.sets[target.link.target] if target.link else target.set
    columns, is_written = _selected(address.select, answered)
    query = EntityQuery(
        set=target.set,
        key=target.key,
        link=target.link,
        only_count=target.only_count,
        columns=columns,
        written_select=is_written,
        expansions=_expansions(address.expand, answered, model),
        top=_rows(address.top.value, "$top") if address.top else None,
        skip=_rows(address.skip.value, "$skip") if address.skip else 0,
        with_count=address.count is not None and address.count.value,
        token=address.skiptoken,
        options=options,
    )
    return query if target.key is not None else _with_rows(query, model, address, system)


def _with_rows(query: EntityQuery, model: EntityModel, address: UriInfo, system: set[str]) -> EntityQuery:
    """The query with its conditions, order and grouping."""
    if address.apply is not None and (beside := sorted(system - _BESIDE_APPLY)):
        raise not_implemented(f"`{beside[0]}` beside `$apply` is not served: write it into `filter()`.")
    translator = ExpressionTranslator(model=model, set=query.set)
    conditions: list[Expression] = []
    grouping = None
    if address.filter is not None:
        conditions.append(translator.translate(address.filter.expression))
    if address.search is not None and address.search.expression is not None:
        conditions.append(search_expression(address.search.expression))
    if address.apply is not None:
        inner, grouping = transformations(address.apply.transformations, translator)
        conditions += inner
    items = address.orderby.items if address.orderby else []
    sorts = tuple(_sort(item, translator, grouping) for item in items)
    return replace(query, conditions=tuple(conditions), grouping=grouping, sorts=sorts)


def _sort(item: option.OrderByItem, translator: ExpressionTranslator, grouping: Grouping | None) -> Sort:
    if grouping is None:
        return Sort(by=translator.translate(item.expression), descending=item.descending)
    node = item.expression
    written = "/".join(node.path) if isinstance(node, Member) else ""
    if any(entry.alias == written for entry in grouping.aggregates):
        return Sort(by=OutputName(name=written), descending=item.descending)
    path = translator.path(node.path) if isinstance(node, Member) and node.path else None
    if not isinstance(path, PropertyPath) or path not in grouping.paths:
        raise bad_request("Beside `$apply`, `$orderby` takes columns of its answer.")
    return Sort(by=path, descending=item.descending)


def _selected(select: option.SelectOption | None, entity_set: EntitySet) -> tuple[tuple[str, ...], bool]:
    """The columns to answer, and whether the caller chose them."""
    names = tuple(entity_set.columns)
    if select is None or any(item.star for item in select.items):
        return names, False
    chosen: set[str] = set()
    for item in select.items:
        written = item.path_str
        if item.operation or item.all_operations_in_schema or item.type_cast or len(item.path) != 1:
            raise not_implemented(f"{excerpt(written)} in `$select` is not served.")
        if written in entity_set.columns:
            chosen.add(written)
        elif written not in entity_set.links:
            raise bad_request(f"{entity_set.name} has no property {excerpt(written)}.")
    # Links alone would leave nothing: the key stands for the row then.
    return tuple(name for name in names if name in (chosen or entity_set.key)), True


def _expansions(
    expand: option.ExpandOption | None, entity_set: EntitySet, model: EntityModel
) -> tuple[Expansion, ...]:
    expansions: dict[str, Expansion] = {}
    for item in expand.items if expand else ():
        if (
            item.is_ref
            or item.is_count
            or item.type_cast
            or item.expand
            or item.compute
            or item.levels is not None
        ):
            raise not_implemented("`$expand` goes over single links, one level, with `$select`.")
        links = list(entity_set.links.values())
        if not item.star:
            links = [link for link in links if link.name == item.path_str]
            if not links:
                raise bad_request(f"{entity_set.name} has no link {excerpt(item.path_str)}.")
        for link in links:
            columns, is_written = _selected(item.select, model.sets[link.target])
            expansions[link.name] = Expansion(link=link, columns=columns, written_select=is_written)
    return tuple(expansions.values())


def _rows(number: int, name: str) -> int:
    if number > _MOST_ROWS:
        raise bad_request(f"`{name}` is a whole number from 0 to {_MOST_ROWS}.")
    return number
