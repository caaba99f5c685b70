"""`/tables`: which tables there are, their columns, and how their kept versions stand. Asks no vendor."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.edge.middleware.paths import full_address, prefix_of, root_of
from gateway.edge.tables import downloads
from gateway.edge.tables.page import CONTENT_SECURITY_POLICY, tables_page
from gateway.tables.caller.table_view import TableView, TableViews
from gateway.tables.columns import FlatTable
from gateway.tables.costs import costs_calls
from gateway.tables.formats import FORMATS
from gateway.tables.manifest import SourcePart, TableSnapshot
from gateway.tables.service import TableService


class TableIndex:
    """Describes the tables."""

    def __init__(self, service: TableService, views: TableViews, *, public_url: str | None = None) -> None:
        self._service = service
        self._public_url = public_url
        self._views = views

    def routes(self) -> list[BaseRoute]:
        """The index and the files that connect other tools."""
        return [
            Route("/tables", self.index),
            Route("/tables/asset-gateway.pbids", self.power_bi),
            Route("/tables/datapackage.json", self.data_package),
            Route("/tables/sources.yml", self.dbt_sources),
        ]

    async def index(self, request: Request) -> Response:
        """The tables: a page if a browser asks, else JSON."""
        is_page = "text/html" in request.headers.get("accept", "")
        root = root_of(request.scope).rstrip("/") if is_page else self._public_url or prefix_of(request.scope)
        view = self._views.of(request.scope)
        described = [self._described(view, table, root) for table in view.tables.values()]
        headers = {"cache-control": "private, no-cache", "vary": "accept"}
        if is_page:
            progress = self._service.progress_if_any()
            is_waiting = any(table["filledAt"] is None for table in described) and self._service.is_filling()
            page = tables_page(
                described, self._base(request), root=root, progress=progress, reloads=is_waiting
            )
            headers["content-security-policy"] = CONTENT_SECURITY_POLICY
            return Response(page, headers=headers, media_type="text/html")
        body = msgspec.json.encode({"tables": described})
        return Response(body, headers={**headers, "content-type": "application/json"})

    async def power_bi(self, request: Request) -> Response:
        """A connection for Power BI Desktop."""
        return _download(downloads.power_bi(self._base(request)), "asset-gateway.pbids", "application/json")

    async def data_package(self, request: Request) -> Response:
        """The tables as a Frictionless data package."""
        content = downloads.data_package(self._views.of(request.scope).tables.values(), self._base(request))
        return _download(content, "datapackage.json", "application/json")

    async def dbt_sources(self, request: Request) -> Response:
        """The tables as sources for dbt-duckdb."""
        content = downloads.dbt_sources(self._views.of(request.scope).tables.values(), self._base(request))
        return _download(content, "sources.yml", "application/yaml")

    def _base(self, request: Request) -> str:
        """The gateway's full address, for files and examples that are used elsewhere."""
        return self._public_url or full_address(request)

    def _described(self, view: TableView, table: FlatTable, base: str) -> Mapping[str, Any]:
        snapshot = self._service.current_if_any(self._service.tables[table.name])
        return {
            "name": table.name,
            "description": table.description,
            **({"historyOf": table.history_of} if table.history_of else {}),
            "links": {ending: f"{base}/tables/{table.name}.{ending}" for ending in FORMATS},
            **self._version(view, table, snapshot),
            "columns": [
                {
                    "name": column.name,
                    "type": column.kind.value,
                    "nullable": not column.required,
                    "description": column.description,
                    "references": column.references,
                    "unasked": True,
                    "callForEachRecordOf": self._cost(view, table, column.name),
                    "notReadFrom": _not_read_from(view, snapshot, column.name),
                }
                for column in table.columns
            ],
        }

    def _version(
        self, view: TableView, table: FlatTable, snapshot: TableSnapshot | None
    ) -> Mapping[str, Any]:
        if snapshot is None:
            return {"rows": None, "bytes": None, "filledAt": None, "ageSeconds": None, "sources": []}
        now = self._service.store.clock()
        return {
            "rows": (rows := view.rows(table, snapshot)),
            "bytes": snapshot.bytes if view.is_whole else None,
            "filledAt": snapshot.filled_at,
            "ageSeconds": max(0, int((now - snapshot.oldest(view.sources)).total_seconds())),
            "sources": [
                self._part(name, part, counted=rows is not None)
                for name, part in snapshot.sources.items()
                if name in view.sources
            ],
        }

    def _part(self, name: str, part: SourcePart, *, counted: bool) -> Mapping[str, Any]:
        state = "missing" if part.is_missing else "stale" if part.is_stale else "whole"
        if state == "whole" and self._service.is_outdated(name, part):
            state = "outdated"
        return {
            "source": name,
            "rows": part.rows if counted else None,
            "readAt": part.read_at,
            "state": state,
            "code": part.fault.code if part.fault is not None else None,
            "unfit": part.unfit if counted else {},
        }

    def _cost(self, view: TableView, table: FlatTable, name: str) -> list[str]:
        column = table.column(name)
        assert column is not None
        return [source.name for source in view.sources.values() if costs_calls(table, column, source)]


def _not_read_from(view: TableView, snapshot: TableSnapshot | None, column: str) -> list[str]:
    parts = snapshot.sources if snapshot is not None else {}
    return [name for name, part in parts.items() if name in view.sources and column in part.not_read]


def _download(content: bytes, name: str, media_type: str) -> Response:
    headers = {
        "cache-control": "private, no-cache",
        "content-disposition": f'attachment; filename="{name}"',
        "content-type": media_type,
    }
    return Response(content, headers=headers)
