"""Pagination of a vendor's list: its pages, each requested once, and all of its rows."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from gateway.concurrency.gather import gather
from gateway.connector.description import envelope
from gateway.connector.description.convert import integer
from gateway.connector.description.fields import get_path
from gateway.connector.description.paging import (
    NextAddress,
    NumberedPages,
    OffsetPages,
    SequentialPages,
    StreamedPages,
    UnpromisedPages,
)
from gateway.connector.description.resource import List, Resource
from gateway.connector.description.row_types import Params
from gateway.connector.fetching.list_requests import Fetch, ListRequests
from gateway.connector.fetching.page_walk import MAX_PAGES, PageWalk
from gateway.connector.records.indexed_rows import IndexedRows, index_list
from gateway.connector.records.rows import RecordRows
from gateway.errors import GatewayError, UpstreamGarbled, drop_traceback
from gateway.upstream.caching.answer import UpstreamAnswer, memoize_on


@dataclass
class Page:
    """
    Page of a list: its records, and the answers that they were read from.

    `row_count` counts the different rows, those without an id included; `error` says why rows were left out. `offset`
    is the number of rows that the request skipped, in pagination by offset.
    """

    records: RecordRows
    row_count: int
    answers: tuple[UpstreamAnswer, ...]
    error: GatewayError | None = None
    offset: int = 0


@dataclass
class Pager:
    """
    Pager: the pages of one list with one set of parameters, each requested once. A `PageWalk` says which is the last.

    `size` is the number of rows of the first page. `total` and `page_count` are the largest number of rows and of pages
    that an answer has told; `total` is None as soon as the pages show that it is wrong. `last_total` is the total told
    last.
    """

    session: Fetch
    resource: Resource
    params: Params
    loaded: frozenset[str] = frozenset()
    size: int | None = None
    total: int | None = None
    last_total: int | None = None
    page_count: int | None = None
    pages: dict[int, Page] = field(default_factory=dict)
    _errors: dict[int, GatewayError] = field(default_factory=dict)
    _is_total_wrong: bool = False
    _offsets: dict[int, int] = field(default_factory=dict)
    _next_of: dict[int, str] = field(default_factory=dict)
    _all_records: tuple[RecordRows, GatewayError | None] | None = None

    def __post_init__(self) -> None:
        assert self.resource.list is not None
        self.spec: List = self.resource.list
        self._requests = ListRequests(
            session=self.session,
            resource=self.resource,
            spec=self.spec,
            params=self.params,
            loaded=self.loaded,
        )

    async def page(self, number: int) -> Page:
        """The page of this number, from 1. Raises UpstreamError."""
        if number in self._errors:
            raise self._errors[number]
        paging = self.spec.pages
        if isinstance(paging, SequentialPages):
            async with self._sequence:
                await self._read_up_to(paging, number)
        if number not in self.pages or self._has_gap_before(number):
            page = self._read_unpaged() if paging is None else self._read(paging, number)
            self.pages[number] = await page
        return self.pages[number]

    async def _read_up_to(self, paging: SequentialPages, number: int) -> None:
        """Read pages of which each is known only from the page before it, from the last known one on."""
        known = max((page for page in self._next_of if page < number), default=0)
        for following in range(known + 1, number + 1):
            if following not in self.pages:
                self.pages[following] = await self._read(paging, following)

    def _has_gap_before(self, number: int) -> bool:
        """True if a page, read in advance by its offset, begins after rows that the pages before it do not have."""
        return self.pages[number].offset > self._offset(number)

    def _offset(self, number: int) -> int:
        """Number of rows before a page: counted if those pages were read, else estimated by the first page's size."""
        if number in self._offsets:
            return self._offsets[number]
        previous = self.pages.get(number - 1)
        if previous is None:
            return (number - 1) * (self.size or 0)
        return previous.offset + previous.row_count

    def resume(self, number: int, rows_before: int, *, named: str | None = None) -> None:
        """Resume at a page before which so many rows came, and which the page before it has `named`, if that is so."""
        self._offsets.setdefault(number, rows_before)
        if named is not None:
            self._next_of.setdefault(number - 1, named)

    def next_of(self, number: int) -> str | None:
        """The cursor or the address that a page has named as the next one, in the kinds of pagination with such."""
        return self._next_of.get(number)

    async def prefetch(self, numbers: Sequence[int]) -> None:
        """Read pages concurrently, as far as the pagination and the source's limit allow. Never raises: `page` does."""
        if isinstance(self.spec.pages, SequentialPages):
            return

        async def prefetch_page(number: int) -> None:
            try:
                await self.page(number)
            except GatewayError as exc:
                drop_traceback(exc)
                self._errors[number] = exc

        await gather([prefetch_page(number) for number in numbers])

    def reject_total(self) -> None:
        """Drop the vendor's total, which the rows that came have shown to be wrong."""
        self.total = None
        self._is_total_wrong = True

    async def read_all(self) -> tuple[RecordRows, GatewayError | None]:
        """All records in the vendor's order, each once; and the error if any are missing. Raises UpstreamError."""
        if self._all_records is None:
            first = await self.page(1)
            self._all_records = (
                (first.records, first.error) if self.spec.pages is None else await self._read_after(first)
            )
        return self._all_records

    async def _read_after(self, first: Page) -> tuple[RecordRows, GatewayError | None]:
        walk = PageWalk(self)
        walk.take(first)
        if walk.is_last(1):
            return first.records, first.error or self.check_pages(walk, 1, is_last=True)
        if self.total is not None and self.size:
            await self.prefetch(range(2, min(-(-self.total // self.size), MAX_PAGES) + 1))
        parts: list[tuple[Page, Sequence[int]]] = [(first, range(len(first.records)))]
        error = first.error
        number = 1
        while not walk.is_last(number):
            try:
                page = await self.page(number + 1)
            except GatewayError as exc:
                return self._joined(parts), error or exc
            await self.session.time_slice.pause(len(page.records))
            number += 1
            parts.append((page, walk.take(page)))
            error = error or page.error
        error = error or self.check_pages(walk, number, is_last=True)
        return self._joined(parts), error

    def _joined(self, parts: Sequence[tuple[Page, Sequence[int]]]) -> RecordRows:
        """The rows of pages, at these indices of each: found once for the same answers. No Record is built for it."""
        answers = [answer for page, _ in parts for answer in page.answers]
        # Holds the resource, so that no other one can get its `id()`.
        indexed, _ = memoize_on(answers, ("joined", id(self.resource)), lambda: (_join(parts), self.resource))
        rows = RecordRows(self.session, self.resource, indexed, loaded=self.loaded)
        if not all(page.records.is_pristine for page, _ in parts):
            rows.built = [page.records.built[index] for page, indices in parts for index in indices]
        return rows

    def check_pages(self, walk: PageWalk, number: int, *, is_last: bool) -> UpstreamGarbled | None:
        """The walk's error after a page. The answers that show that rows are missing are not cached any longer."""
        error = walk.error(number, is_last=is_last)
        if error is not None:
            for answer in self.answers:
                self.session.invalidate(answer)
        return error

    def _has_to_compare(self, page: Page) -> bool:
        """True if rows with one id have to be compared, and were decoded in part: decoded in full they may differ."""
        if not page.records.indexed.repeated or self._requests.decode is None or self.spec.decode is not None:
            return False
        self._requests.is_fully_decoded = True
        return True

    @cached_property
    def _sequence(self) -> asyncio.Lock:
        """Held by whoever reads pages of which each is known only from the one before it."""
        return asyncio.Lock()

    @property
    def answers(self) -> list[UpstreamAnswer]:
        """The answers that the pages were read from."""
        return [answer for page in self.pages.values() for answer in page.answers]

    async def _read(self, paging: StreamedPages, number: int) -> Page:
        offset = self._offset(number) if isinstance(paging, OffsetPages) else 0
        named = self._next_of.get(number - 1)
        answer = await self._requests.page(paging, number, offset=offset, following=named)
        if answer is None:
            return Page(RecordRows.of(self.session, self.resource, []), 0, ())
        body = answer.decoded
        rows = self.session.rows(answer, self.spec)
        page = self._page(rows, (answer,))
        page.offset = offset
        if self._has_to_compare(page):
            return await self._read(paging, number)
        self._note_total(get_path(body, paging.total_path) if paging.total_path else None, len(rows))
        if isinstance(paging, NumberedPages) and paging.pages_path:
            page_count = integer(get_path(body, paging.pages_path))
            self.page_count = max(self.page_count or 0, page_count or 0) or None
        if isinstance(paging, SequentialPages):
            self._note_next(page, paging, number)
        if number == 1:
            self.size = len(rows)
        return page

    def _note_next(self, page: Page, paging: SequentialPages, number: int) -> None:
        """Note what a page names as the next one. One that was named before is the page's error."""
        named = self._requests.next_of(paging, page.answers[0])
        if named is not None and named in self._next_of.values():
            page.error = page.error or self.session.invalid_response("its pages lead in a circle")
        elif named is not None:
            self._next_of[number] = named

    def _note_total(self, raw: Any, row_count: int) -> None:
        """Note the number of rows that an answer with `row_count` rows tells. One smaller than that is wrong."""
        total = integer(raw)
        if total and total >= row_count and not self._is_total_wrong:
            self.last_total = total
            self.total = max(self.total or 0, total)

    async def _read_unpaged(self) -> Page:
        """A list without page numbers: the rows of all its paths, as one page."""
        rows: list[Any] = []
        answers: list[UpstreamAnswer] = []
        error: GatewayError | None = None
        params: Params = {**self.spec.params, **self.params}
        for path in (self.spec.path, *self.spec.extra_paths):
            of_path = [await self._requests.get(path, params, fallback_path=self.spec.fallback_path)]
            path_rows = self._rows(of_path[0])
            if self.spec.paging is not None:
                path_rows, path_error = await self._read_following(path, path_rows, of_path)
                error = error or path_error
            rows = rows + path_rows if rows else path_rows
            answers += of_path
        page = self._page(rows, tuple(answers))
        if self._has_to_compare(page):
            return await self._read_unpaged()
        if self.total is not None and self.total > page.row_count:
            error = error or self.session.invalid_response("it counts more rows than came")
        page.error = page.error or error
        self.total = len(page.records)
        return page

    async def _read_following(
        self, path: str, rows: list[Any], answers: list[UpstreamAnswer]
    ) -> tuple[list[Any], GatewayError | None]:
        """
        The rows of a path's first answer and of those that follow it, and the error that ended it. The answers with
        further rows are added to `answers`.
        """
        addresses: set[Any] = set()
        paging = self.spec.paging
        while isinstance(paging, NextAddress) and (
            address := get_path(answers[-1].decoded, paging.next_path)
        ):
            try:
                if not isinstance(address, str) or address in addresses or len(answers) >= MAX_PAGES:
                    raise self.session.invalid_response("its next page cannot be followed")
                addresses.add(address)
                answers.append(await self.session.follow(address, path=path, ttl=self.spec.ttl))
                rows = rows + self._rows(answers[-1])
            except GatewayError as exc:
                return rows, exc
        if isinstance(paging, UnpromisedPages):
            return await self._read_unpromised(paging, path, rows, answers)
        return rows, None

    async def _read_unpromised(
        self, paging: UnpromisedPages, path: str, rows: list[Any], answers: list[UpstreamAnswer]
    ) -> tuple[list[Any], GatewayError | None]:
        """
        The rows, and those of the pages after them if their number looks cut off; the error if that is unclear.

        The answers with further rows are added to `answers`.
        """
        size = len(rows)
        if size not in paging.default_sizes:
            return rows, None
        if paging.may_give_up:
            return rows, self.session.invalid_response("it may be cut off")
        walk, page = PageWalk(self), self._page(rows, tuple(answers))
        walk.take(page)
        params = {**self.spec.params, **self.params, **paging.params, paging.size_param: str(size)}
        for number in range(2, MAX_PAGES):
            last_ids = set(page.records.indexed.native_ids)
            try:
                answer = await self._requests.get(path, {**params, paging.page_param: str(number)})
                page_rows = self._rows(answer)
            except GatewayError as exc:
                return rows, exc
            page = self._page(page_rows, (answer,))
            unseen = walk.take(page)
            if page.row_count and not unseen and last_ids == set(page.records.indexed.native_ids):
                return rows, None
            if walk.has_moved or (page.row_count and not unseen):
                return rows, self.session.invalid_response("its pages cannot be told apart")
            rows = rows + page_rows
            answers.append(answer)
            if len(page_rows) < size:
                return rows, None
        return rows, self.session.invalid_response("it has more pages than are read")

    def _rows(self, answer: UpstreamAnswer) -> list[Any]:
        """The rows of an answer, whose total is noted. Raises UpstreamGarbled."""
        rows = self.session.rows(answer, self.spec)
        paging = self.spec.paging
        if isinstance(paging, NextAddress | UnpromisedPages) and paging.total_path is not None:
            self._note_total(get_path(answer.decoded, paging.total_path), len(rows))
        return rows

    def _page(self, rows: list[Any], answers: tuple[UpstreamAnswer, ...]) -> Page:
        key = ("sheet", id(self.resource), len(answers))
        # Holds the resource, so that no other one can get its `id()`.
        indexed, _ = memoize_on(answers, key, lambda: (index_list(self.resource, rows), self.resource))
        records = RecordRows(self.session, self.resource, indexed, loaded=self.loaded)
        return Page(records, indexed.row_count, answers, error=self._error(indexed, answers))

    def _error(self, indexed: IndexedRows, answers: Sequence[UpstreamAnswer]) -> UpstreamGarbled | None:
        """The error if rows of these answers were left out, or if one of them reports a failure."""
        invalid = self.session.invalid_response
        if indexed.skipped:
            return invalid(f"{indexed.skipped} rows without an id were left out")
        if indexed.conflicts:
            return invalid(f"{indexed.conflicts} rows with the id of another row were left out")
        for answer in answers:
            if envelope.reports_failure(answer.decoded):
                return invalid("it reports a failure beside its rows")
        return None


def _join(parts: Sequence[tuple[Page, Sequence[int]]]) -> IndexedRows:
    pages = [(page.records.indexed, indices) for page, indices in parts]
    return IndexedRows(
        [indexed.rows[index] for indexed, indices in pages for index in indices],
        [indexed.native_ids[index] for indexed, indices in pages for index in indices],
    )
