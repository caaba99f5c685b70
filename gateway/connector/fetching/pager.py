"""Pagination of a vendor's list: its pages, each requested once, and all of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.concurrency.gather import gather
from gateway.concurrency.time_slice import TimeSlice
from gateway.connector.description import envelope
from gateway.connector.description.convert import integer
from gateway.connector.description.fields import get_path
from gateway.connector.description.resource import List, Resource, Ttl
from gateway.connector.description.row_types import Params
from gateway.connector.fetching.page_walk import MAX_PAGES, PageWalk
from gateway.connector.records.indexed_rows import IndexedRows, index_list
from gateway.connector.records.origin import Origin
from gateway.connector.records.record import Record
from gateway.connector.records.rows import RecordRows
from gateway.errors import GatewayError, UpstreamGarbled, UpstreamRejected, drop_traceback
from gateway.upstream.caching.answer import UpstreamAnswer, memoize_on
from gateway.upstream.http.decode import Decode

#: Statuses with which a vendor says that a path does not exist.
_NOT_FOUND = frozenset({404, 406, 410})


class Fetch(Origin, Protocol):
    """Origin that can send requests: the reads of one operation at one source."""

    time_slice: TimeSlice

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

    def invalidate(self, answer: UpstreamAnswer) -> None:
        """Drop an answer from the cache."""
        ...

    def invalid_response(self, reason: str) -> UpstreamGarbled:
        """The error for an answer of this source that is not as documented."""
        ...


@dataclass
class Page:
    """
    Page of a list: its records, and the answers that they were read from.

    `row_count` counts the different rows, those without an id included; `error` says why rows were left out.
    """

    records: RecordRows
    row_count: int
    answers: tuple[UpstreamAnswer, ...]
    error: GatewayError | None = None


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
    _is_fully_decoded: bool = False
    _all_records: tuple[RecordRows, GatewayError | None] | None = None

    @property
    def spec(self) -> List:
        """The list endpoint of the resource."""
        assert self.resource.list is not None
        return self.resource.list

    async def page(self, number: int) -> Page:
        """The page of this number, from 1. Raises UpstreamError."""
        if number in self._errors:
            raise self._errors[number]
        if number not in self.pages:
            self.pages[number] = await self._read(number)
        return self.pages[number]

    async def prefetch(self, numbers: Sequence[int]) -> None:
        """Read pages concurrently, within the source's limit of requests. Never raises: `page` does."""

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
            self._all_records = await self._read_all()
        return self._all_records

    async def _read_all(self) -> tuple[RecordRows, GatewayError | None]:
        first = await self.page(1)
        if self.spec.paging is None:
            return first.records, first.error
        walk = PageWalk(self)
        walk.take(first)
        if walk.is_last(1):
            return first.records, first.error or self.check_pages(walk, 1, is_last=True)
        if self.total is not None and self.size:
            await self.prefetch(range(2, min(-(-self.total // self.size), MAX_PAGES) + 1))
        records, error = list(first.records), first.error
        number = 1
        while not walk.is_last(number):
            try:
                page = await self.page(number + 1)
            except GatewayError as exc:
                return self._rows_of(records), error or exc
            await self.session.time_slice.pause(len(page.records))
            number += 1
            records += page.records.take(walk.take(page))
            error = error or page.error
        error = error or self.check_pages(walk, number, is_last=True)
        return self._rows_of(records), error

    def _rows_of(self, records: Sequence[Record]) -> RecordRows:
        return RecordRows.of(self.session, self.resource, records)

    def check_pages(self, walk: PageWalk, number: int, *, is_last: bool) -> UpstreamGarbled | None:
        """The walk's error after a page. The answers that show that rows are missing are not cached any longer."""
        error = walk.error(number, is_last=is_last)
        if error is not None:
            for answer in self.answers:
                self.session.invalidate(answer)
        return error

    @property
    def _decode(self) -> Decode | None:
        # The operation's field usage does not cover lists that are read for records' details.
        if self.spec.decode is not None or self.loaded or self._is_fully_decoded:
            return self.spec.decode
        return self.session.decoder(self.resource)

    def _has_to_compare(self, page: Page) -> bool:
        """True if rows with one id have to be compared, and were decoded in part: decoded in full they may differ."""
        if not page.records.indexed.repeated or self._decode is None or self.spec.decode is not None:
            return False
        self._is_fully_decoded = True
        return True

    @property
    def answers(self) -> list[UpstreamAnswer]:
        """The answers that the pages were read from."""
        return [answer for page in self.pages.values() for answer in page.answers]

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
        if self._has_to_compare(page):
            return await self._read(number)
        self._note_total(get_path(body, paging.total_path) if paging.total_path else None, len(rows))
        page_count = integer(get_path(body, paging.pages_path)) if paging.pages_path else None
        if page_count:
            self.page_count = max(self.page_count or 0, page_count)
        if number == 1:
            self.size = len(rows)
        return page

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
        for path in (self.spec.path, *self.spec.extra_paths):
            path_rows, path_answers, path_error = await self._read_path(path)
            rows = rows + path_rows if rows else path_rows
            answers += path_answers
            error = error or path_error
        page = self._page(rows, tuple(answers))
        if self._has_to_compare(page):
            return await self._read_unpaged()
        if self.total is not None and self.total > page.row_count:
            error = error or self.session.invalid_response("it counts more rows than came")
        page.error = page.error or error
        self.total = len(page.records)
        return page

    async def _read_path(self, path: str) -> tuple[list[Any], list[UpstreamAnswer], GatewayError | None]:
        """The rows at a path and at the next addresses in its answers, the answers, and the error that ended it."""
        params: Mapping[str, str] = {**self.spec.params, **self.params}
        answers = [await self._get(path, params, fallback_path=self.spec.fallback_path)]
        rows = self._rows(answers[0])
        addresses: set[Any] = set()
        while self.spec.next_path is not None and (
            address := get_path(answers[-1].decoded, self.spec.next_path)
        ):
            try:
                if not isinstance(address, str) or address in addresses or len(answers) >= MAX_PAGES:
                    raise self.session.invalid_response("its next page cannot be followed")
                addresses.add(address)
                answers.append(await self.session.follow(address, ttl=self.spec.ttl))
                rows = rows + self._rows(answers[-1])
            except GatewayError as exc:
                return rows, answers, exc
        rows, error = await self._read_unpromised(path, rows, answers)
        return rows, answers, error

    async def _read_unpromised(
        self, path: str, rows: list[Any], answers: list[UpstreamAnswer]
    ) -> tuple[list[Any], GatewayError | None]:
        """
        The rows, and those of the pages after them if their number looks cut off; the error if that is unclear.

        The answers with further rows are added to `answers`.
        """
        paging, size = self.spec.unpromised_paging, len(rows)
        if paging is None or size not in paging.default_sizes:
            return rows, None
        walk, page = PageWalk(self), self._page(rows, tuple(answers))
        walk.take(page)
        params = {**self.spec.params, **self.params, **paging.params, paging.size_param: str(size)}
        for number in range(2, MAX_PAGES):
            last_ids = set(page.records.indexed.native_ids)
            try:
                answer = await self._get(path, {**params, paging.page_param: str(number)})
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
        if self.spec.total_path is not None:
            self._note_total(get_path(answer.decoded, self.spec.total_path), len(rows))
        return rows

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
        key = ("sheet", id(self.resource), len(answers))
        indexed = memoize_on(answers, key, lambda: index_list(self.resource, rows))
        records = RecordRows(self.session, self.resource, indexed, loaded=self.loaded)
        return Page(records, indexed.row_count, answers, error=self._error(indexed, answers))

    def _error(self, indexed: IndexedRows, answers: Sequence[UpstreamAnswer]) -> UpstreamGarbled | None:
        """The error if rows of these answers were left out, or if one of them reports a failure."""
        invalid = self.session.invalid_response
        if indexed.skipped:
            return invalid(f"{indexed.skipped} rows without an id were left out")
        if indexed.conflicts:
            return invalid(f"{indexed.conflicts} rows with the id of another row were left out")
        if any(envelope.reports_failure(answer.decoded) for answer in answers):
            return invalid("it reports a failure beside its rows")
        return None
