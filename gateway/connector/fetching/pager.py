"""Pagination of a vendor's list. Copes with short pages, repeated pages, wrong totals, and no totals at all."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from gateway.connector.description.convert import integer
from gateway.connector.description.fields import get_path
from gateway.connector.description.resource import List, Resource, Ttl
from gateway.connector.description.row_types import Params
from gateway.connector.records.indexed_rows import index_list
from gateway.connector.records.origin import Origin
from gateway.connector.records.rows import RecordRows
from gateway.errors import GatewayError, UpstreamGarbled, UpstreamRejected
from gateway.upstream.caching.answer import UpstreamAnswer, memoize_on
from gateway.upstream.http.decode import Decode

if TYPE_CHECKING:
    from gateway.connector.records.record import Record

_MAX_PAGES = 2000
#: Statuses with which a vendor says that a path does not exist.
_NOT_FOUND = frozenset({404, 406, 410})


class Fetch(Origin, Protocol):
    """Origin that can send requests: the reads of one operation at one source."""

    async def get(
        self, path: str, params: Params, *, ttl: Ttl, decode: Decode | None = None
    ) -> UpstreamAnswer:
        """The answer to a GET. Raises GatewayError."""
        ...

    async def follow(self, address: str, *, ttl: Ttl) -> UpstreamAnswer:
        """The answer at an address that a previous answer contains. Raises GatewayError."""
        ...

    def rows(self, answer: UpstreamAnswer, spec: List) -> list[Any]:
        """The rows of a list's answer. Raises UpstreamGarbled."""
        ...

    def decoder(self, resource: Resource) -> Decode | None:
        """The decoder of the resource's list, or None to decode all keys of each row."""
        ...

    def invalid_response(self, reason: str) -> UpstreamGarbled:
        """The error for an answer of this source that is not as documented."""
        ...


@dataclass
class Page:
    """
    Page of a list: its records, and the answers that they were read from.

    `row_count` counts the rows, those without an id included; `error` says why rows were left out. `pages` is the
    number of pages, if the answer has it.
    """

    records: RecordRows
    row_count: int
    answers: tuple[UpstreamAnswer, ...]
    pages: int | None = None
    error: GatewayError | None = None


@dataclass
class Pager:
    """
    Pager: the pages of one list with one set of parameters, each requested once.

    `size` is the number of rows of the first page. `total` is the vendor's number of rows, None as soon as the pages
    show that it is wrong.
    """

    session: Fetch
    resource: Resource
    params: Params
    loaded: frozenset[str] = frozenset()
    size: int | None = None
    total: int | None = None
    pages: dict[int, Page] = field(default_factory=dict)
    _rows_before: dict[int, int] = field(default_factory=lambda: {1: 0})
    _all_records: tuple[RecordRows, GatewayError | None] | None = None

    @property
    def spec(self) -> List:
        """The list endpoint of the resource."""
        assert self.resource.list is not None
        return self.resource.list

    async def page(self, number: int) -> Page:
        """The page of this number, from 1. Raises UpstreamError."""
        if number not in self.pages:
            self.pages[number] = await self._read(number)
        return self.pages[number]

    async def prefetch(self, numbers: Sequence[int]) -> None:
        """Read pages concurrently, within the source's limit of requests. Raises UpstreamError."""
        await asyncio.gather(*(self.page(number) for number in numbers))

    async def read_all(self) -> tuple[RecordRows, GatewayError | None]:
        """All records in the vendor's order, each once; and the error if any are missing. Raises UpstreamError."""
        if self._all_records is None:
            self._all_records = await self._read_all()
        return self._all_records

    async def _read_all(self) -> tuple[RecordRows, GatewayError | None]:
        paging = self.spec.paging
        await self.page(1)
        if paging is not None and not self.is_last(1) and self.total is not None and self.size:
            await self.prefetch(range(2, min(-(-self.total // self.size), _MAX_PAGES) + 1))
        first = await self.page(1)
        if self.is_last(1) and first.records.has_unique_ids:
            return first.records, first.error
        by_id: dict[str, Record] = {}
        error: GatewayError | None = None
        number = 1
        while True:
            page = await self.page(number)
            count_before = len(by_id)
            for record in page.records:
                by_id.setdefault(record.native_id, record)
            error = error or page.error
            if self.is_last(number):
                return RecordRows.of(self.session, self.resource, list(by_id.values())), error
            if len(by_id) == count_before or number >= _MAX_PAGES:
                error = error or self.repeated_pages(number)
                return RecordRows.of(self.session, self.resource, list(by_id.values())), error
            number += 1

    @property
    def _decode(self) -> Decode | None:
        # The operation's field usage does not cover lists that are read for records' details.
        return self.spec.decode or (None if self.loaded else self.session.decoder(self.resource))

    @property
    def answers(self) -> list[UpstreamAnswer]:
        """The answers that the pages were read from."""
        return [answer for page in self.pages.values() for answer in page.answers]

    def rows_before(self, number: int) -> int:
        """Number of rows before a page: counted if those pages were read, else estimated by the first page's size."""
        if number not in self._rows_before:
            previous = self.pages.get(number - 1)
            if previous is None:
                return (number - 1) * (self.size or 0)
            self._rows_before[number] = self.rows_before(number - 1) + previous.row_count
        return self._rows_before[number]

    def resume(self, number: int, before: int) -> None:
        """Resume at a page of which a cursor says that `before` rows precede it."""
        self._rows_before.setdefault(number, before)

    def is_last(self, number: int) -> bool:
        """
        True if a page, which has been read, is the last one.

        The number of rows received decides, not the page size requested: vendors send fewer. A total that is exceeded
        is wrong, and is dropped; pages are then read until one is short.
        """
        page, paging = self.pages[number], self.spec.paging
        if paging is None:
            return True
        if page.row_count == 0:
            self.total = self.rows_before(number)
            return True
        if page.pages is not None:
            return number >= page.pages
        row_count = self.rows_before(number) + page.row_count
        if self.total is not None and row_count > self.total:
            self.total = None
        if self.total is not None:
            # A total equal to the rows of a full first page is suspect: it may count only that page.
            return row_count == self.total and not (number == 1 and row_count in paging.suspect_totals)
        return page.row_count < paging.full_page

    def repeated_pages(self, number: int) -> UpstreamGarbled | None:
        """
        The error for a page without new records, or None if the list is complete.

        A vendor that ignores the page number may have sent all rows already. It has not if its total says that there
        are more, or if the page has exactly as many rows as were requested.
        """
        paging = self.spec.paging
        if paging is None or (self.total is None and self.pages[number].row_count != paging.page_size):
            return None
        return self.session.invalid_response("its pages repeat: some rows could not be had")

    async def _read(self, number: int) -> Page:
        paging = self.spec.paging
        if paging is None:
            return await self._read_unpaged()
        params = {
            **self.spec.params,
            **self.params,
            paging.page_param: str(number),
            paging.size_param: str(paging.page_size),
        }
        answer = await self._get(self.spec.path, params)
        body = answer.decoded
        rows = self.session.rows(answer, self.spec)
        page = self._page(rows, (answer,))
        total = integer(get_path(body, paging.total_path)) if paging.total_path else None
        if total and total >= len(rows):
            self.total = total
        page.pages = integer(get_path(body, paging.pages_path)) if paging.pages_path else None
        if number == 1:
            self.size = len(rows)
        return page

    async def _read_unpaged(self) -> Page:
        """A list without page numbers: the rows of all its paths, as one page."""
        rows: list[Any] = []
        answers: list[UpstreamAnswer] = []
        error: GatewayError | None = None
        for path in (self.spec.path, *self.spec.extra_paths):
            path_rows, path_answers, path_error = await self._read_path(path)
            rows = rows + path_rows if rows else path_rows
            answers += path_answers
            error = error or path_error
        page = self._page(rows, tuple(answers))
        page.error = page.error or error
        self.total = len(page.records)
        return page

    async def _read_path(self, path: str) -> tuple[list[Any], list[UpstreamAnswer], GatewayError | None]:
        """The rows at a path and at the next addresses in its answers, the answers, and the error that ended it."""
        params: Mapping[str, str] = {**self.spec.params, **self.params}
        answers = [await self._get(path, params, fallback_path=self.spec.fallback_path)]
        body = answers[0].decoded
        rows = self.session.rows(answers[0], self.spec)
        while self.spec.next_path is not None and (address := get_path(body, self.spec.next_path)):
            try:
                if not isinstance(address, str) or len(answers) >= _MAX_PAGES:
                    raise self.session.invalid_response("its next page cannot be followed")
                answers.append(await self.session.follow(address, ttl=self.spec.ttl))
                body = answers[-1].decoded
                rows = rows + self.session.rows(answers[-1], self.spec)
            except GatewayError as exc:
                return rows, answers, exc
        total = integer(get_path(body, self.spec.total_path)) if self.spec.total_path is not None else None
        if total is not None and total > len(rows):
            error = self.session.invalid_response("it names no further page, and has not given all rows")
            return rows, answers, error
        return rows, answers, None

    async def _get(self, path: str, params: Params, *, fallback_path: str | None = None) -> UpstreamAnswer:
        try:
            return await self.session.get(path, params, ttl=self.spec.ttl, decode=self._decode)
        except UpstreamRejected as exc:
            if exc.status not in _NOT_FOUND:
                raise
            if fallback_path is None:
                raise self.session.invalid_response("a list that its API promises is not there") from exc
        return await self._get(fallback_path, params)

    def _page(self, rows: list[Any], answers: tuple[UpstreamAnswer, ...]) -> Page:
        indexed = memoize_on(answers, ("sheet", id(self.resource)), lambda: index_list(self.resource, rows))
        records = RecordRows(self.session, self.resource, indexed, loaded=self.loaded)
        error = (
            self.session.invalid_response(f"{indexed.skipped} rows without an id were left out")
            if indexed.skipped
            else None
        )
        return Page(records, indexed.row_count, answers, error=error)
