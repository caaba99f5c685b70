"""`/tables/{name}.{format}`: a table as a file, out of its kept version or, with `live=true`, read now."""

import asyncio
import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from gateway.access.fair_shares import Charge
from gateway.connector.description.ids import excerpt
from gateway.connector.fetching.source import Source
from gateway.edge.graphql.disconnect import CancelOnDisconnect, ClientDisconnected
from gateway.edge.tables import parameters
from gateway.edge.tables.codings import choose_coding
from gateway.edge.tables.conditional import Validators
from gateway.edge.tables.file_response import FileResponse, file_response
from gateway.edge.tables.headers import common_headers, version_headers
from gateway.edge.tables.parameters import TableRequest
from gateway.edge.tables.problems import incomplete, problem
from gateway.errors import BadInput
from gateway.tables.caller.table_view import TableViews
from gateway.tables.columns import FlatColumn, FlatTable
from gateway.tables.costs import costs_calls
from gateway.tables.files import SnapshotFile
from gateway.tables.fillers import reason
from gateway.tables.formats import FORMATS, Coding, FileFormat
from gateway.tables.freshness import missing
from gateway.tables.manifest import TableSnapshot, utc_now
from gateway.tables.not_filled import NotFilledYet
from gateway.tables.selection import RowSelection
from gateway.tables.service import TableService
from gateway.tables.store import sha256_of
from resolvers.context import RequestContext

#: Tables that are read live at the same time; others wait, within their deadline.
_AT_ONCE = 4

#: For the log: nobody is there to read it.
_GONE = 499

NewContext = Callable[[Request, Mapping[str, Source]], RequestContext]
#: What charges the caller of a request; None if it has no limits.
Charging = Callable[[Request], Charge | None]


class TableEndpoint:
    """
    Answers for tables. `new_context` makes the context of one live read over some of the caller's sources; `charging`
    charges for rows of kept tables; `seconds` is what each answer may take.
    """

    def __init__(
        self,
        service: TableService,
        views: TableViews,
        new_context: NewContext,
        *,
        charging: Charging,
        seconds: float,
    ) -> None:
        self._service = service
        self._views = views
        self._new_context = new_context
        self._charging = charging
        self._seconds = seconds
        self._live_reads = asyncio.Semaphore(_AT_ONCE)

    async def table(self, request: Request) -> Response:
        """One table in one format."""
        view = self._views.of(request.scope)
        table = view.tables.get(request.path_params["name"])
        fmt = FORMATS.get(request.path_params["ending"])
        if table is None or fmt is None:
            endings = ", ".join(f".{ending}" for ending in FORMATS)
            path = f"{request.path_params['name']}.{request.path_params['ending']}"
            detail = f"There is no {excerpt(path)}: `/tables` lists the tables; they come as {endings}."
            return problem(404, "Not found", detail)
        try:
            query = parameters.read(table, fmt, request.query_params, view.sources)
        except BadInput as exc:
            return problem(400, "Bad request", exc.message)
        answer = self._live if query.live else self._from_version
        try:
            async with CancelOnDisconnect(request.receive), asyncio.timeout(self._seconds):
                return await answer(request, table, fmt, query)
        except ClientDisconnected:
            return Response(status_code=_GONE)
        except TimeoutError:
            advice = "ask for fewer sources or columns, or raise GATEWAY_LIMITS__DEADLINE_SECONDS."
            return problem(504, "Too late", f"{table.name} was not done within {self._seconds:g} s: {advice}")

    async def _from_version(
        self, request: Request, table: FlatTable, fmt: FileFormat, query: TableRequest
    ) -> Response:
        try:
            whole = self._service.tables[table.name]
            snapshot = await self._service.snapshot(whole, query.sources, self._seconds * 0.95)
        except NotFilledYet as exc:
            return _not_ready(exc)
        refused = _refusal(table, snapshot, query) or self._too_old(table, snapshot, query)
        if refused is not None:
            return refused
        snapshot = self._begun_on(request, table, snapshot)
        coding = choose_coding(request.headers.get("accept-encoding", ""))
        if "range" in request.headers and not request.headers.get("if-range", "").rstrip().endswith(
            f'-{coding}"'
        ):
            # A part of a compressed file is of no use to who did not begin with that.
            coding = "identity"
        try:
            file = await self._file(request, table, fmt, query, snapshot=snapshot, coding=coding)
            charge = self._charging(request)
            rows = await self._views.files().count(file) if charge is not None else 0
        except NotFilledYet as exc:
            return _not_ready(exc)
        except Exception as exc:
            if isinstance(exc, OSError) or type(exc).__module__.startswith(("_duckdb", "duckdb")):
                return problem(503, "Tables cannot be kept", f"{table.name}: {reason(exc)}.")
            raise
        headers = version_headers(table, fmt, file, snapshot, query, now=self._service.store.clock())
        validators = Validators(tag=_tag(file), modified=file.modified, size=file.path.stat().st_size)
        response = _sent(request, file.path, validators, fmt, headers)
        if charge is not None and request.method == "GET":
            # A part of a file costs its part of the rows.
            await charge(calls=0, records=math.ceil(rows * response.length / max(1, validators.size)))
        return response

    async def _file(
        self,
        request: Request,
        table: FlatTable,
        fmt: FileFormat,
        query: TableRequest,
        *,
        snapshot: TableSnapshot,
        coding: Coding,
    ) -> SnapshotFile:
        view, files = self._views.of(request.scope), self._views.files()
        selection = _selection(table, query, snapshot)
        modified = snapshot.oldest(query.sources)
        if table.history_of is not None:
            rows = await view.days(table, query.window, self._seconds * 0.95)
            return await files.of_rows(table.name, rows, fmt, selection, coding=coding, modified=modified)
        return await files.file(
            snapshot,
            fmt,
            selection,
            coding=coding,
            modified=modified,
            origin=await view.path(table.name, snapshot, self._seconds * 0.95),
            columns=snapshot.columns if view.is_whole else table.kinds,
        )

    def _begun_on(self, request: Request, table: FlatTable, snapshot: TableSnapshot) -> TableSnapshot:
        """The version that the reader has begun on, by `If-Match`, as long as it is retained."""
        tag = request.headers.get("if-match", "").strip().strip('"')
        return (self._service.store.earlier(table.name, tag) if tag else None) or snapshot

    def _too_old(self, table: FlatTable, snapshot: TableSnapshot, query: TableRequest) -> Response | None:
        names = self._service.policy.is_too_old(snapshot, list(query.sources), self._service.store.clock())
        if not names or query.partial:
            return None
        faults = {name: fault for name in names if (fault := snapshot.sources[name].fault) is not None}
        if faults:
            return incomplete(table.name, faults)
        return problem(
            503,
            "Not ready yet",
            f"{table.name}: {', '.join(names)} older than GATEWAY_TABLES__MAX_AGE_MINUTES.",
        )

    async def _live(
        self, request: Request, table: FlatTable, fmt: FileFormat, query: TableRequest
    ) -> Response:
        from gateway.tables.live import read_live, write_live  # noqa: PLC0415 (most servers never do)

        columns = [column for column in query.columns or self._free_columns(table, query) if column.is_read]
        async with self._live_reads:
            context = self._new_context(request, query.sources)
            with tempfile.TemporaryDirectory(prefix="asset-gateway-live-") as name:
                folder = Path(name)
                try:
                    read = await read_live(folder, context, table, columns)
                finally:
                    await context.close()
                if read.faults and (not query.partial or not read.rows):
                    return incomplete(table.name, read.faults, nothing=query.partial)
                selection = RowSelection(
                    columns={column.name: column.kind for column in columns},
                    limit=query.limit,
                    switches=query.switches,
                    scales=_by_column(read.scales),
                )
                path = await asyncio.to_thread(write_live, folder, read, columns, fmt, selection)
                headers = common_headers(table, fmt, read.faults, read.stale)
                tag = f'"{(await asyncio.to_thread(sha256_of, path))[:32]}"'
                validators = Validators(tag=tag, modified=utc_now(), size=path.stat().st_size)
                return _sent(request, path, validators, fmt, headers)

    def _free_columns(self, table: FlatTable, query: TableRequest) -> list[FlatColumn]:
        """The columns for which none of the sources takes a call for each record."""
        return [
            column
            for column in table.columns
            if not any(costs_calls(table, column, source) for source in query.sources.values())
        ]


def _not_ready(exc: NotFilledYet) -> Response:
    title = "Tables cannot be kept" if exc.failed else "Not ready yet"
    response = problem(503, title, str(exc))
    response.headers["retry-after"] = str(exc.retry_after)
    return response


def _refusal(table: FlatTable, snapshot: TableSnapshot, query: TableRequest) -> Response | None:
    """The refusal of a version in which rows of these sources are missing."""
    parts = missing(snapshot, query.sources, query.names)
    if not parts:
        return None
    faults = {name: part.fault for name, part in parts.items() if part.fault is not None}
    rows = sum(part.rows for name, part in snapshot.sources.items() if name in query.sources)
    if query.partial and rows:
        return None
    return incomplete(table.name, faults, nothing=query.partial)


def _selection(table: FlatTable, query: TableRequest, snapshot: TableSnapshot) -> RowSelection:
    return RowSelection(
        columns={column.name: column.kind for column in query.columns or table.columns},
        sources=None if query.is_all_sources else tuple(query.sources),
        changed_since=query.changed_since,
        limit=query.limit,
        switches=query.switches,
        scales=_by_column({name: part.scales for name, part in snapshot.sources.items()}),
    )


def _by_column(by_source: Mapping[str, Mapping[str, int]]) -> Mapping[str, Mapping[str, int]]:
    scales: dict[str, dict[str, int]] = {}
    for source, columns in by_source.items():
        for column, scale in columns.items():
            scales.setdefault(column, {})[source] = scale
    return scales


def _tag(file: SnapshotFile) -> str:
    return f'"{file.tag}"' if file.coding == "identity" else f'"{file.tag}-{file.coding}"'


def _sent(
    request: Request, path: Path, validators: Validators, fmt: FileFormat, headers: Mapping[str, str]
) -> FileResponse:
    return file_response(
        path,
        (request.method, request.headers),
        validators,
        media_type=fmt.media_type,
        headers=headers,
    )
