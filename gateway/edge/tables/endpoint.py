"""`/tables` and `/tables/{name}.{format}`: which tables there are, and each of them."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Send

from gateway.connector.description.ids import excerpt
from gateway.connector.fetching.source import Source
from gateway.edge.graphql.disconnect import CancelOnDisconnect, ClientDisconnected
from gateway.edge.tables import asked, reading
from gateway.edge.tables.asked import Asked
from gateway.edge.tables.columns import Table
from gateway.edge.tables.costs import costs_calls, default_columns
from gateway.edge.tables.format import Format
from gateway.edge.tables.formats import FORMATS
from gateway.edge.tables.problems import incomplete, problem
from gateway.errors import BadInput
from resolvers.context import RequestContext

#: So many tables are made at the same time; others wait, within their deadline.
_AT_ONCE = 4

#: For the log: whoever asked is not there to read it.
_GONE = 499

NewContext = Callable[[Request, Mapping[str, Source]], RequestContext]


class Written(Response):
    """A table's file, sent piece by piece as it was written."""

    def __init__(self, pieces: Sequence[bytes], media_type: str, headers: Mapping[str, str]) -> None:
        self.pieces = pieces
        length = str(sum(map(len, pieces)))
        super().__init__(headers={**headers, "content-type": media_type, "content-length": length})

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:  # noqa: ARG002
        """Sends the file; to HEAD only what would come with it."""
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        await send(start)
        for piece in self.pieces if scope["method"] != "HEAD" else ():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class Tables:
    """
    Answers for tables. `new_context` makes the context of one table over some of the `sources`; `seconds` is what
    each may take.
    """

    def __init__(
        self,
        tables: Mapping[str, Table],
        sources: Mapping[str, Source],
        new_context: NewContext,
        *,
        seconds: float,
    ) -> None:
        self._tables = tables
        self._sources = sources
        self._new_context = new_context
        self._seconds = seconds
        self._turns = asyncio.Semaphore(_AT_ONCE)

    def routes(self) -> list[BaseRoute]:
        """The routes of the index and of the tables."""
        return [Route("/tables", self.index), Route("/tables/{name}.{ending}", self.table)]

    async def index(self, request: Request) -> Response:
        """The tables with their columns, and where each is. Asks no vendor."""
        base = str(request.base_url).rstrip("/")
        told = {"tables": [self._described(table, base) for table in self._tables.values()]}
        headers = {"cache-control": "private, no-cache", "content-type": "application/json"}
        return Response(msgspec.json.encode(told), headers=headers)

    async def table(self, request: Request) -> Response:
        """One table in one format."""
        table = self._tables.get(request.path_params["name"])
        fmt = FORMATS.get(request.path_params["ending"])
        if table is None or fmt is None:
            endings = " and ".join(f".{ending}" for ending in FORMATS)
            asked_for = f"{request.path_params['name']}.{request.path_params['ending']}"
            told = f"There is no {excerpt(asked_for)}: `/tables` lists the tables; they come as {endings}."
            return problem(404, "Not found", told)
        try:
            wanted = asked.read(table, fmt, request.query_params, self._sources)
        except BadInput as exc:
            return problem(400, "Bad request", exc.message)
        try:
            async with CancelOnDisconnect(request.receive), asyncio.timeout(self._seconds), self._turns:
                return await self._made(request, table, fmt, wanted)
        except ClientDisconnected:
            return Response(status_code=_GONE)
        except TimeoutError:
            return problem(
                504,
                "Too late",
                f"{table.name} was not done within {self._seconds:g} s: ask for fewer sources or columns, or raise "
                "GATEWAY_LIMITS__DEADLINE_SECONDS.",
            )

    async def _made(self, request: Request, table: Table, fmt: Format, wanted: Asked) -> Response:
        context = self._new_context(request, wanted.sources)
        try:
            rows = await reading.read(context, table, wanted.columns)
            if rows.faults and not wanted.partial:
                return incomplete(table.name, rows.faults)
            pieces = [piece async for piece in fmt.write(rows.columns, rows.chunks(), wanted.switches)]
        finally:
            await context.close()
        if rows.faults and (not wanted.partial or not rows.records):
            return incomplete(table.name, rows.faults, nothing=wanted.partial)
        return _answer(request, table.name, fmt, rows, pieces)

    def _described(self, table: Table, base: str) -> Mapping[str, Any]:
        unasked = default_columns(table, list(self._sources.values()))
        return {
            "name": table.name,
            "description": table.description,
            "links": {ending: f"{base}/tables/{table.name}.{ending}" for ending in FORMATS},
            "columns": [
                {
                    "name": column.name,
                    "type": column.kind.value,
                    "nullable": not column.required,
                    "description": column.description,
                    "references": column.references,
                    "unasked": column in unasked,
                    "callForEachRecordOf": [
                        name for name, one in self._sources.items() if costs_calls(table, column, one)
                    ],
                }
                for column in table.columns
            ],
        }


def _answer(
    request: Request, name: str, fmt: Format, rows: reading.Rows, pieces: Sequence[bytes]
) -> Response:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    tag = f'"{digest.hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if rows.faults:
        headers["missing-sources"] = ", ".join(
            f"{source};code={fault.code}" for source, fault in sorted(rows.faults.items())
        )
    if rows.stale:
        headers["stale-sources"] = ", ".join(rows.stale)
    if _matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    ending = request.path_params["ending"]
    headers["content-disposition"] = f'attachment; filename="{name}.{ending}"'
    return Written(pieces, fmt.media_type, headers)


def _matches(written: str, tag: str) -> bool:
    told = [one.strip().removeprefix("W/") for one in written.split(",")]
    return tag in told or told == ["*"]
