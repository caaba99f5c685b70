"""The JSON around rows: context, count and the link to the next page."""

from urllib.parse import quote, urlencode

import msgspec

from gateway.tables.odata.query import EntityQuery
from gateway.tables.odata.reader import ODataRows

#: Stand unescaped in a link, as people write them.
_PLAIN = "$@,():/'!*~"


def rows_json(query: EntityQuery, page: ODataRows, base: str, *, no_metadata: bool) -> bytes:
    """A page of rows."""
    members = [] if no_metadata else [f'"@odata.context":{_text(f"{base}/$metadata#{_context(query)}")}']
    if page.total is not None:
        members.append(f'"@odata.count":{page.total}')
    members.append(f'"value":[{",".join(page.rows)}]')
    if page.next is not None:
        members.append(f'"@odata.nextLink":{_text(next_link(query, page, base))}')
    return f"{{{','.join(members)}}}".encode()


def entity_json(query: EntityQuery, row: str, base: str, *, no_metadata: bool) -> bytes:
    """One entity."""
    if no_metadata:
        return row.encode()
    context = _text(f"{base}/$metadata#{_context(query)}/$entity")
    separator = "" if row == "{}" else ","
    return f'{{"@odata.context":{context}{separator}{row[1:]}'.encode()


def next_link(query: EntityQuery, page: ODataRows, base: str) -> str:
    """The address of the rows after a page."""
    assert page.next is not None
    options: dict[str, str] = {
        name: value for name, value in query.options.items() if name not in {"$skip", "$top", "$skiptoken"}
    }
    if query.top is not None:
        options["$top"] = str(query.top - len(page.rows))
    options["$skiptoken"] = page.next.token()
    return f"{base}/{query.set.name}?{urlencode(options, quote_via=quote, safe=_PLAIN)}"


def _context(query: EntityQuery) -> str:
    name = query.set.name if query.link is None else query.link.target
    if query.grouping is not None:
        columns = [
            path.column if path.link is None else f"{path.link.name}({path.column})"
            for path in query.grouping.paths
        ]
        columns += [entry.alias for entry in query.grouping.aggregates]
        return f"{name}({','.join(columns)})"
    nested = [
        f"{expansion.link.name}({','.join(expansion.columns)})"
        for expansion in query.expansions
        if expansion.written_select
    ]
    if not query.written_select and not nested:
        return name
    columns = list(query.columns) if query.written_select else ["*"]
    return f"{name}({','.join([*columns, *nested])})"


def _text(text: str) -> str:
    return msgspec.json.encode(text).decode()
