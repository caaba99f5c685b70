"""`/odata`: a request for entity sets, answered out of the kept tables."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.access.fair_shares import Charge
from gateway.edge.graphql.disconnect import CancelOnDisconnect, ClientDisconnected
from gateway.edge.middleware.paths import full_address
from gateway.edge.tables.odata.envelope import entity_json, rows_json
from gateway.edge.tables.odata.preferences import Preferences, accepts_json, wants_no_metadata
from gateway.edge.tables.odata.responses import (
    compress,
    error_response,
    is_worth_compressing,
    json_response,
    no_content,
    text_response,
    xml_response,
)
from gateway.edge.tables.odata.snapshot_headers import snapshot_headers
from gateway.edge.tables.problems import status_of
from gateway.tables.caller.table_view import TableView, TableViews
from gateway.tables.fillers import reason
from gateway.tables.not_filled import NotFilledYet
from gateway.tables.odata.database import SnapshotDatabase
from gateway.tables.odata.metadata import metadata_document, service_document
from gateway.tables.odata.model import EntityModel
from gateway.tables.odata.query import EntityQuery, MetadataDocument, ODataRequest, ServiceDocument
from gateway.tables.odata.reader import ODataReader, ODataRows, TablesIncomplete
from gateway.tables.odata.refusal import ODataRefusal
from gateway.tables.service import TableService

if TYPE_CHECKING:
    from gateway.tables.odata.request.parse import RequestParser

#: Power Query's own limit is 2,048.
_URL_BYTES = 8192
#: For the log: nobody is there to read it.
_GONE = 499
#: Of the deadline, for the first fill: its answer has to come in time, too.
_FILL_SHARE = 0.9
#: Callers with different rights whose models are kept.
_CALLERS = 32


class ODataEndpoint:
    """
    The ASGI application of `/odata`. `seconds` is what an answer may take; `public_url` is the gateway's own address,
    if it is known; `charging` charges callers with limits for rows. The parser and its library are loaded at the first
    request.
    """

    def __init__(
        self,
        service: TableService,
        views: TableViews,
        *,
        charging: Callable[[Request], Charge | None],
        seconds: float,
        public_url: str | None = None,
    ) -> None:
        self._service = service
        self._views = views
        self._services: LRUCache[str, _CallerService] = LRUCache(_CALLERS)
        self._charging = charging
        self._seconds = seconds
        self._public_url = public_url

    async def close(self) -> None:
        """Close the database."""
        if "_database" in self.__dict__:
            await self._database.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        response = await self._response(request)
        if request.method == "HEAD":
            length = response.headers.get("content-length")
            response.body = b""
            if length is not None:
                response.headers["content-length"] = length
        await response(scope, receive, send)

    @cached_property
    def _database(self) -> SnapshotDatabase:
        return SnapshotDatabase(self._service.store.folder)

    async def _caller_service(self, request: Request) -> "_CallerService":
        view = self._views.of(request.scope)
        service = self._services.get(view.digest)
        if service is None:
            # The parser's library takes long to load.
            new_service = await asyncio.to_thread(
                _CallerService.make, self._service, view, lambda: self._database
            )
            service = self._services.setdefault(view.digest, new_service)
        return service

    async def _response(self, request: Request) -> Response:
        try:
            _check(request)
            service = await self._caller_service(request)
            addressed = service.parser.parse(request.path_params.get("path", ""), request.url.query)
            async with CancelOnDisconnect(request.receive), asyncio.timeout(self._seconds):
                return await self._answer(request, service, addressed)
        except ODataRefusal as exc:
            allow = {"allow": "GET, HEAD"} if exc.status == 405 else {}
            return error_response(exc.status, exc.code, exc.message, headers=allow)
        except NotFilledYet as exc:
            return error_response(503, "NotReady", str(exc), headers={"retry-after": str(exc.retry_after)})
        except TablesIncomplete as exc:
            return _incomplete(exc)
        except TimeoutError:  # before OSError, which it is, too
            message = f"The query was not done within {self._seconds:g} s: ask for less at once."
            return error_response(504, "Timeout", message)
        except OSError as exc:
            return error_response(503, "NotReady", f"Tables cannot be kept: {reason(exc)}.")
        except ClientDisconnected:
            return Response(status_code=_GONE)

    async def _answer(self, request: Request, service: "_CallerService", addressed: ODataRequest) -> Response:
        accept = request.headers.get("accept", "")
        if isinstance(addressed, MetadataDocument):
            return xml_response(service.metadata)
        is_count = isinstance(addressed, EntityQuery) and addressed.only_count
        if not is_count and not accepts_json(accept):
            raise ODataRefusal(406, "NotAcceptable", "Answers are `application/json`.")
        base = f"{self._public_url or full_address(request)}/odata"
        if isinstance(addressed, ServiceDocument):
            return json_response(service_document(service.model, f"{base}/$metadata"), {})
        return await self._read(request, service, addressed, base)

    async def _read(
        self, request: Request, service: "_CallerService", query: EntityQuery, base: str
    ) -> Response:
        preferences = Preferences.parse(request.headers.get("prefer", ""))
        no_metadata = wants_no_metadata(request.headers.get("accept", ""), query.options)
        seconds = self._seconds * _FILL_SHARE
        if query.only_count:
            counted = await service.reader.count(query, seconds)
            return text_response(str(counted.total), self._headers(service, query, counted))
        if query.key is not None:
            answer = await service.reader.entity(query, seconds, omit_nulls=preferences.omit_nulls)
            await self._charge(request, answer)
            headers = self._headers(service, query, answer, preferences)
            if not answer.rows:
                return no_content(headers)
            body = entity_json(query, answer.rows[0], base, no_metadata=no_metadata)
            return json_response(body, headers, no_metadata=no_metadata)
        answer = await service.reader.rows(
            query, seconds, page_rows=preferences.page_rows, omit_nulls=preferences.omit_nulls
        )
        await self._charge(request, answer)
        headers = self._headers(service, query, answer, preferences)
        body = await asyncio.to_thread(rows_json, query, answer, base, no_metadata=no_metadata)
        if is_worth_compressing(body, request.headers.get("accept-encoding", "")):
            body = await asyncio.to_thread(compress, body)
            headers["content-encoding"] = "gzip"
        return json_response(body, headers, no_metadata=no_metadata)

    async def _charge(self, request: Request, answer: ODataRows) -> None:
        charge = self._charging(request)
        if charge is not None and request.method == "GET":
            await charge(calls=0, records=len(answer.rows))

    def _headers(
        self,
        service: "_CallerService",
        query: EntityQuery,
        answer: ODataRows,
        preferences: Preferences | None = None,
    ) -> dict[str, str]:
        now = self._service.store.clock()
        headers = snapshot_headers(query, answer.snapshots, service.view.sources, now)
        if preferences is not None and preferences.applied:
            headers["preference-applied"] = preferences.applied
        return headers


@dataclass(frozen=True)
class _CallerService:
    """The service as one caller sees it: its model, and what is made of that."""

    view: TableView
    model: EntityModel
    parser: "RequestParser"
    reader: ODataReader

    @classmethod
    def make(
        cls, service: TableService, view: TableView, database: Callable[[], SnapshotDatabase]
    ) -> "_CallerService":
        """The service for a view of the tables."""
        from gateway.tables.odata.request.parse import RequestParser  # noqa: PLC0415

        model = EntityModel(view.tables.values())
        return cls(view, model, RequestParser(model), ODataReader(model, service, view, database))

    @cached_property
    def metadata(self) -> bytes:
        """`$metadata`."""
        return metadata_document(self.model)


def _check(request: Request) -> None:
    """Raises ODataRefusal for what is refused unread."""
    if request.method not in {"GET", "HEAD"} and request.path_params.get("path", "") != "$batch":
        raise ODataRefusal(405, "MethodNotAllowed", "The tables are read only: GET and HEAD.")
    if len(request.scope.get("raw_path") or b"") + len(request.scope["query_string"]) > _URL_BYTES:
        raise ODataRefusal(414, "UriTooLong", f"An address has at most {_URL_BYTES} bytes.")
    version = request.headers.get("odata-maxversion", "4.0").strip()
    if version.partition(".")[0] in {"1", "2", "3"}:
        raise ODataRefusal(400, "BadRequest", "The service speaks OData 4.0.")


def _incomplete(exc: TablesIncomplete) -> Response:
    """The refusal of a table that is not whole, or too old."""
    names = ", ".join(sorted(exc.faults))
    details = tuple(
        {"code": fault.code, "target": name, "message": fault.message}
        for name, fault in sorted(exc.faults.items())
    )
    if not exc.faults:
        message = f"{exc.table} is older than GATEWAY_TABLES__MAX_AGE_MINUTES."
        return error_response(503, "NotReady", message)
    message = (
        f"{exc.table}: rows or values of {names} could not be had. `partial=true` gives what there is, and names what "
        "is missing in a header."
    )
    return error_response(status_of(exc.faults), "Incomplete", message, details=details)
