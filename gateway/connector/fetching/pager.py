"""
A vendor's list, page by page, with what vendors do to pages: fewer rows than asked for, the same page again, totals
that lie, no totals at all.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from gateway.connector.description.convert import whole
from gateway.connector.description.fields import get_path
from gateway.connector.description.resource import List, Resource, Ttl
from gateway.connector.description.row_types import Params
from gateway.connector.records.origin import Origin
from gateway.connector.records.rows import RecordRows
from gateway.connector.records.sheet import index_list
from gateway.errors import GatewayError, UpstreamGarbled, UpstreamRejected
from gateway.upstream.caching.answer import UpstreamAnswer, memoize_on
from gateway.upstream.http.decode import Decode

if TYPE_CHECKING:
    from gateway.connector.records.record import Record

_MOST_PAGES = 2000
_NOT_HERE = frozenset({404, 406, 410})


class Fetch(Origin, Protocol):
    """An origin that can be asked: the reads of one operation at one source."""

    async def get(
        self, path: str, params: Params, *, ttl: Ttl, decode: Decode | None = None
    ) -> UpstreamAnswer:
        """The answer to a GET. Raises GatewayError."""
        ...

    async def follow(self, address: str, *, ttl: Ttl) -> UpstreamAnswer:
        """The answer at an address that an answer named. Raises GatewayError."""
        ...

    def rows(self, answer: UpstreamAnswer, spec: List) -> list[Any]:
        """The rows of a list's answer. Raises UpstreamGarbled."""
        ...

    def decoder(self, resource: Resource) -> Decode | None:
        """The decoder of the resource's list, or None for all of each row."""
        ...

    def invalid_response(self, reason: str) -> UpstreamGarbled:
        """An error about an answer of this source that cannot be understood."""
        ...


@dataclass
class Page:
    """
    The records of one page. `raw` counts its rows before any was left out; `fault` says why some were.

    `pages` is how many there are, where the answer says that; `told` are the answers that it was read from.
    """

    records: RecordRows
    row_count: int
    answers: tuple[UpstreamAnswer, ...]
    pages: int | None = None
    error: GatewayError | None = None


@dataclass
class Pager:
    """
    The pages of one list with one set of parameters, each asked for once.

    `size` is how many rows the first page had, `total` how many the vendor says there are, as long as it is not seen
    to be wrong.
    """

    session: Fetch
    resource: Resource
    params: Params
    loaded: frozenset[str] = frozenset()
    size: int | None = None
    total: int | None = None
    pages: dict[int, Page] = field(default_factory=dict)
    _before: dict[int, int] = field(default_factory=lambda: {1: 0})
    _everything: tuple[RecordRows, GatewayError | None] | None = None

    @property
    def spec(self) -> List:
        """How the resource is listed."""
        assert self.resource.list is not None
        return self.resource.list

    async def page(self, number: int) -> Page:
        """One page. Raises UpstreamError."""
        if number not in self.pages:
            self.pages[number] = await self._read(number)
        return self.pages[number]

    async def prefetch(self, numbers: Sequence[int]) -> None:
        """Read several pages at once, as far as the source allows."""
        await asyncio.gather(*(self.page(number) for number in numbers))

    async def read_all(self) -> tuple[RecordRows, GatewayError | None]:
        """All records in the vendor's order, each once; and the fault that left some out. Raises UpstreamError."""
        if self._everything is None:
            self._everything = await self._all()
        return self._everything

    async def _all(self) -> tuple[RecordRows, GatewayError | None]:
        paging = self.spec.paging
        await self.page(1)
        if paging is not None and not self.is_last(1) and self.total is not None and self.size:
            await self.prefetch(range(2, min(-(-self.total // self.size), _MOST_PAGES) + 1))
        first = await self.page(1)
        if self.is_last(1) and first.records.has_unique_ids:
            return first.records, first.error
        seen: dict[str, Record] = {}
        fault: GatewayError | None = None
        number = 1
        while True:
            page = await self.page(number)
            before = len(seen)
            for record in page.records:
                seen.setdefault(record.native_id, record)
            fault = fault or page.error
            if self.is_last(number):
                return RecordRows.of(self.session, self.resource, list(seen.values())), fault
            if len(seen) == before or number >= _MOST_PAGES:
                fault = fault or self.repeated_pages(number)
                return RecordRows.of(self.session, self.resource, list(seen.values())), fault
            number += 1

    @property
    def _decode(self) -> Decode | None:
        # What a list is asked for on behalf of records' details is not known to the plan.
        return self.spec.decode or (None if self.loaded else self.session.decoder(self.resource))

    @property
    def answers(self) -> list[UpstreamAnswer]:
        """The answers that were read."""
        return [one for page in self.pages.values() for one in page.answers]

    def rows_before(self, number: int) -> int:
        """How many rows the pages before this one had: counted where they were read, else by the size of the first."""
        if number not in self._before:
            last = self.pages.get(number - 1)
            if last is None:
                return (number - 1) * (self.size or 0)
            self._before[number] = self.rows_before(number - 1) + last.row_count
        return self._before[number]

    def resume(self, number: int, before: int) -> None:
        """Take it from a cursor that so many rows came before a page."""
        self._before.setdefault(number, before)

    def is_last(self, number: int) -> bool:
        """
        Whether a page that was read is the last one.

        The rows that came decide, not the size that was asked for: vendors give fewer. A total that has been passed was
        none; then the pages are read until one is short.
        """
        page, paging = self.pages[number], self.spec.paging
        if paging is None:
            return True
        if page.row_count == 0:
            self.total = self.rows_before(number)
            return True
        if page.pages is not None:
            return number >= page.pages
        seen = self.rows_before(number) + page.row_count
        if self.total is not None and seen > self.total:
            self.total = None
        if self.total is not None:
            # A first page that is full, and the total just its rows: some vendors count only those.
            return seen == self.total and not (number == 1 and seen in paging.suspect_totals)
        return page.row_count < paging.full_page

    def repeated_pages(self, number: int) -> UpstreamGarbled | None:
        """
        What to say of a page that has nothing new.

        A vendor that ignores the page's number may have given everything already. It has not where by its own count
        there is more, or where just as many rows came as were asked for.
        """
        paging = self.spec.paging
        if paging is None or (self.total is None and self.pages[number].row_count != paging.page_size):
            return None
        return self.session.invalid_response("its pages repeat: some rows could not be had")

    async def _read(self, number: int) -> Page:
        paging = self.spec.paging
        if paging is None:
            return await self._whole()
        asked = {
            **self.spec.params,
            **self.params,
            paging.page_param: str(number),
            paging.size_param: str(paging.page_size),
        }
        told = await self._ask(self.spec.path, asked)
        body = told.answer
        rows = self.session.rows(told, self.spec)
        page = self._page(rows, (told,))
        total = whole(get_path(body, paging.total_path)) if paging.total_path else None
        if total and total >= len(rows):
            self.total = total
        page.pages = whole(get_path(body, paging.pages_path)) if paging.pages_path else None
        if number == 1:
            self.size = len(rows)
        return page

    async def _whole(self) -> Page:
        """A list without pages: every path that it is spread over, and every further address that it names."""
        rows: list[Any] = []
        told: list[UpstreamAnswer] = []
        fault: GatewayError | None = None
        for path in (self.spec.path, *self.spec.extra_paths):
            more, answers, broken = await self._one_path(path)
            rows = rows + more if rows else more
            told += answers
            fault = fault or broken
        page = self._page(rows, tuple(told))
        page.error = page.error or fault
        self.total = len(page.records)
        return page

    async def _one_path(self, path: str) -> tuple[list[Any], list[UpstreamAnswer], GatewayError | None]:
        """The rows of a path and of the further addresses that it names, as far as those answer."""
        asked: Mapping[str, str] = {**self.spec.params, **self.params}
        answers = [await self._ask(path, asked, otherwise=self.spec.fallback_path)]
        body = answers[0].answer
        rows = self.session.rows(answers[0], self.spec)
        while self.spec.next_path is not None and (further := get_path(body, self.spec.next_path)):
            try:
                if not isinstance(further, str) or len(answers) >= _MOST_PAGES:
                    raise self.session.invalid_response("its next page cannot be followed")
                answers.append(await self.session.follow(further, ttl=self.spec.ttl))
                body = answers[-1].answer
                rows = rows + self.session.rows(answers[-1], self.spec)
            except GatewayError as exc:
                return rows, answers, exc
        told = whole(get_path(body, self.spec.total_path)) if self.spec.total_path is not None else None
        if told is not None and told > len(rows):
            fault = self.session.invalid_response("it names no further page, and has not given all rows")
            return rows, answers, fault
        return rows, answers, None

    async def _ask(self, path: str, asked: Params, *, otherwise: str | None = None) -> UpstreamAnswer:
        try:
            return await self.session.get(path, asked, ttl=self.spec.ttl, decode=self._decode)
        except UpstreamRejected as exc:
            if exc.status not in _NOT_HERE:
                raise
            if otherwise is None:
                raise self.session.invalid_response("a list that its API promises is not there") from exc
        return await self._ask(otherwise, asked)

    def _page(self, rows: list[Any], told: tuple[UpstreamAnswer, ...]) -> Page:
        found = memoize_on(told, ("sheet", id(self.resource)), lambda: index_list(self.resource, rows))
        records = RecordRows(self.session, self.resource, found, loaded=self.loaded)
        fault = (
            self.session.invalid_response(f"{found.skipped} rows without an id were left out")
            if found.skipped
            else None
        )
        return Page(records, found.row_count, told, error=fault)
