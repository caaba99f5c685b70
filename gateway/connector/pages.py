"""
A vendor's list, page by page, with what vendors do to pages: fewer rows than asked for, the same page again, totals
that lie, no totals at all.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.connector.convert import whole
from gateway.connector.fields import at
from gateway.connector.record import Record
from gateway.connector.spec import List, Params, Resource
from gateway.errors import GatewayError, UpstreamGarbled, UpstreamRejected

if TYPE_CHECKING:
    from gateway.connector.session import Session

_MOST_PAGES = 2000
_NOT_HERE = frozenset({404, 406, 410})


@dataclass
class Page:
    """
    The records of one page. `raw` counts its rows before any was left out; `fault` says why some were.

    `pages` is how many there are, where the answer says that.
    """

    records: list[Record]
    raw: int
    pages: int | None = None
    fault: GatewayError | None = None


@dataclass
class Pager:
    """
    The pages of one list with one set of parameters, each asked for once.

    `size` is how many rows the first page had, `total` how many the vendor says there are, as long as it is not seen
    to be wrong.
    """

    session: "Session"
    resource: Resource
    params: Params
    loaded: tuple[str, ...] = ()
    size: int | None = None
    total: int | None = None
    pages: dict[int, Page] = field(default_factory=dict)
    _before: dict[int, int] = field(default_factory=lambda: {1: 0})

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

    async def ahead(self, numbers: Sequence[int]) -> None:
        """Read several pages at once, as far as the source allows."""
        await asyncio.gather(*(self.page(number) for number in numbers))

    async def everything(self) -> tuple[list[Record], GatewayError | None]:
        """All records in the vendor's order, each once; and the fault that left some out. Raises UpstreamError."""
        paging = self.spec.paging
        await self.page(1)
        if paging is not None and not self.ended(1) and self.total is not None and self.size:
            await self.ahead(range(2, min(-(-self.total // self.size), _MOST_PAGES) + 1))
        seen: dict[str, Record] = {}
        fault: GatewayError | None = None
        number = 1
        while True:
            page = await self.page(number)
            before = len(seen)
            for record in page.records:
                seen.setdefault(record.native_id, record)
            fault = fault or page.fault
            if self.ended(number):
                return list(seen.values()), fault
            if len(seen) == before or number >= _MOST_PAGES:
                return list(seen.values()), fault or self.repeats(number)
            number += 1

    def before(self, number: int) -> int:
        """How many rows the pages before this one had: counted where they were read, else by the size of the first."""
        if number not in self._before:
            last = self.pages.get(number - 1)
            if last is None:
                return (number - 1) * (self.size or 0)
            self._before[number] = self.before(number - 1) + last.raw
        return self._before[number]

    def continues(self, number: int, before: int) -> None:
        """Take it from a cursor that so many rows came before a page."""
        self._before.setdefault(number, before)

    def ended(self, number: int) -> bool:
        """
        Whether a page that was read is the last one.

        The rows that came decide, not the size that was asked for: vendors give fewer. A total that has been passed was
        none; then the pages are read until one is short.
        """
        page, paging = self.pages[number], self.spec.paging
        if paging is None:
            return True
        if page.raw == 0:
            self.total = self.before(number)
            return True
        if page.pages is not None:
            return number >= page.pages
        seen = self.before(number) + page.raw
        if self.total is not None and seen > self.total:
            self.total = None
        if self.total is not None:
            # A first page that is full, and the total just its rows: some vendors count only those.
            return seen == self.total and not (number == 1 and seen in paging.doubtful)
        return page.raw < paging.full

    def repeats(self, number: int) -> UpstreamGarbled | None:
        """
        What to say of a page that has nothing new.

        A vendor that ignores the page's number may have given everything already. It has not where by its own count
        there is more, or where just as many rows came as were asked for.
        """
        paging = self.spec.paging
        if paging is None or (self.total is None and self.pages[number].raw != paging.ask):
            return None
        return self.session.garbled("its pages repeat: some rows could not be had")

    async def _read(self, number: int) -> Page:
        paging = self.spec.paging
        if paging is None:
            return await self._whole()
        asked = {**self.spec.params, **self.params, paging.page: str(number), paging.size: str(paging.ask)}
        body = await self._ask(self.spec.path, asked)
        rows = self.session.rows(body, self.spec)
        page = self._page(rows)
        total = whole(at(body, paging.total)) if paging.total else None
        if total and total >= len(rows):
            self.total = total
        page.pages = whole(at(body, paging.pages)) if paging.pages else None
        if number == 1:
            self.size = len(rows)
        return page

    async def _whole(self) -> Page:
        """A list without pages: every path that it is spread over, and every further address that it names."""
        rows: list[Any] = []
        fault: GatewayError | None = None
        for path in (self.spec.path, *self.spec.also):
            more, broken = await self._one_path(path)
            rows += more
            fault = fault or broken
        page = self._page(rows)
        page.fault = page.fault or fault
        self.total = len(page.records)
        return page

    async def _one_path(self, path: str) -> tuple[list[Any], GatewayError | None]:
        """The rows of a path and of the further addresses that it names, as far as those answer."""
        asked: Mapping[str, str] = {**self.spec.params, **self.params}
        body = await self._ask(path, asked, otherwise=self.spec.otherwise)
        rows = self.session.rows(body, self.spec)
        pages = 1
        while self.spec.next is not None and (further := at(body, self.spec.next)):
            try:
                if not isinstance(further, str) or pages >= _MOST_PAGES:
                    raise self.session.garbled("its next page cannot be followed")
                body = await self.session.follow(further, keep=self.spec.keep)
                rows = rows + self.session.rows(body, self.spec)
            except GatewayError as exc:
                return rows, exc
            pages += 1
        told = whole(at(body, self.spec.total)) if self.spec.total is not None else None
        if told is not None and told > len(rows):
            return rows, self.session.garbled("it names no further page, and has not given all rows")
        return rows, None

    async def _ask(self, path: str, asked: Params, *, otherwise: str | None = None) -> Any:
        try:
            return await self.session.ask(path, asked, keep=self.spec.keep, decode=self.spec.decode)
        except UpstreamRejected as exc:
            if exc.status not in _NOT_HERE:
                raise
            if otherwise is None:
                raise self.session.garbled("a list that its API promises is not there") from exc
        return await self._ask(otherwise, asked)

    def _page(self, rows: list[Any]) -> Page:
        where, explode = self.spec.where, self.spec.explode
        records: list[Record] = []
        odd = 0
        for row in rows:
            if isinstance(row, Mapping) and where is not None and not where(row):
                continue
            for one in explode(row) if explode is not None and isinstance(row, Mapping) else (row,):
                record = self.session.record(self.resource, one, loaded=self.loaded)
                if record is None:
                    odd += 1
                else:
                    records.append(record)
        fault = self.session.garbled(f"{odd} rows without an id were left out") if odd else None
        return Page(records=records, raw=len(rows), fault=fault)
