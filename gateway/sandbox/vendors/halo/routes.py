"""Routes of the sandbox's Halo: a resource's list, one row, what is posted, and what is deleted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.sandbox.answers import read_body
from gateway.sandbox.vendors.halo.door import answer
from gateway.sandbox.vendors.halo.lists import Page, Query, Refused, ordered, page
from gateway.sandbox.vendors.halo.tenant import Table
from gateway.sandbox.vendors.halo.values import Row

Wrap = Callable[[list[Row], Page, Query], object]


def bare(rows: list[Row], _page: Page, _query: Query) -> object:
    """A list without anything around it."""
    return rows


def keyed(key: str) -> Wrap:
    """A list under this key, beside its count."""
    return lambda rows, part, _query: {"record_count": part.record_count, key: rows}


def _as_it_is(row: Row, _query: Query) -> Row:
    return row


@dataclass(frozen=True, kw_only=True)
class Resource:
    """What can be done at one path. `paged` False: all rows in one answer, whatever is asked."""

    path: str
    rows: Callable[[Query], Sequence[Row]]
    wrap: Wrap
    show: Callable[[Row, Query], Row] = _as_it_is
    paged: bool = True
    fixed_size: int | None = None
    table: Callable[[], Table] | None = None
    alone: Callable[[Row, Query], Row] = _as_it_is
    write: Callable[[Sequence[Row]], Row] | None = None
    delete: Callable[[int], bool] | None = None


def routes(resource: Resource) -> list[Route]:
    """The routes of a resource; methods it does not have are answered with 405 by Starlette."""
    methods = ["GET", "POST"] if resource.write else ["GET"]
    found = [Route(f"/api/{resource.path}", _many(resource), methods=methods)]
    if resource.table:
        one_methods = ["GET", "DELETE"] if resource.delete else ["GET"]
        found.append(
            Route(f"/api/{resource.path}/{{id:int}}", _one(resource, resource.table), methods=one_methods)
        )
    return found


def _many(resource: Resource) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        if request.method == "POST" and resource.write:
            return answer(resource.write(await _posted(request)), 201)
        query = Query.of(request)
        rows = ordered(resource.rows(query), query)
        if resource.paged:
            part = page(rows, query, fixed_size=resource.fixed_size)
        else:
            part = Page(rows=rows, record_count=len(rows), page_no=1, page_size=len(rows))
        if resource.paged and query.flag("idonly"):
            shown = [{"id": row["id"]} for row in part.rows]
        else:
            shown = [resource.show(row, query) for row in part.rows]
        return answer(resource.wrap(shown, part, query))

    return endpoint


def _one(resource: Resource, table: Callable[[], Table]) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        key = request.path_params["id"]
        if request.method == "DELETE" and resource.delete:
            return Response(status_code=200 if resource.delete(key) else 404)
        row = table().get(key)
        return Response(status_code=404) if row is None else answer(resource.alone(row, Query.of(request)))

    return endpoint


async def _posted(request: Request) -> list[Row]:
    """What is posted: always an array of objects."""
    if "json" not in request.headers.get("content-type", ""):
        raise Refused(
            {"Message": "The request entity's media type is not supported for this resource."}, status=415
        )
    try:
        body = msgspec.json.decode(await read_body(request))
    except msgspec.DecodeError as exc:
        raise Refused({"Message": "The request is invalid."}) from exc
    if not isinstance(body, list) or not body or not all(isinstance(part, dict) for part in body):
        raise Refused({"Message": "The request is invalid: an array of objects is expected."})
    return body
