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
from gateway.connector.spec import List, Paging, Params, Resource
from gateway.errors import GatewayError, UpstreamGarbled, UpstreamRejected

if TYPE_CHECKING:
    from gateway.connector.session import Session

_MOST_PAGES = 2000
_NOT_HERE = frozenset({404, 406, 410})


@dataclass
class Page:
    """The records of one page. `raw` counts its rows before any was left out; `fault` says why some were."""

    records: list[Record]
    raw: int
    total: int | None = None
    last: bool = False
    fault: UpstreamGarbled | None = None


@dataclass
class Pager:
    """The pages of one list with one set of parameters, each asked for once."""

    session: "Session"
    resource: Resource
    params: Params
    loaded: tuple[str, ...] = ()
    size: int | None = None
    total: int | None = None
    pages: dict[int, Page] = field(default_factory=dict)

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
        first = await self.page(1)
        if paging is not None and not first.last and self.total is not None and self.size:
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
            if page.last or len(seen) == before or number >= _MOST_PAGES:
                return list(seen.values()), fault
            number += 1

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
            self.total = page.total = total
        if number == 1:
            self.size = len(rows)
        page.last = self._ends(number, len(rows), body, paging)
        return page

    def _ends(self, number: int, rows: int, body: Any, paging: Paging) -> bool:
        if rows == 0:
            return True
        pages = whole(at(body, paging.pages)) if paging.pages else None
        if pages is not None:
            return number >= pages
        if self.total is not None:
            # A vendor that ignores the page's number gives everything at once.
            return (number - 1) * (self.size or rows) + rows >= self.total
        return rows < min(self.size or rows, paging.full) or (number == 1 and rows < paging.full)

    async def _whole(self) -> Page:
        """A list without pages: every path that it is spread over, and every further address that it names."""
        rows: list[Any] = []
        for path in (self.spec.path, *self.spec.also):
            rows += await self._one_path(path)
        page = self._page(rows)
        page.last = True
        page.total = self.total = len(page.records)
        return page

    async def _one_path(self, path: str) -> list[Any]:
        asked: Mapping[str, str] = {**self.spec.params, **self.params}
        body = await self._ask(path, asked, otherwise=self.spec.otherwise)
        rows = self.session.rows(body, self.spec)
        seen = 1
        while self.spec.next is not None and isinstance(further := at(body, self.spec.next), str):
            if seen >= _MOST_PAGES:
                raise self.session.garbled("its pages never end")
            body = await self.session.follow(further, keep=self.spec.keep)
            rows = rows + self.session.rows(body, self.spec)
            seen += 1
        return rows

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
