"""
One source's list, read in stretches: some pages at a time, each stretch with a context of its own, so that memory does
not grow with the list. A list without pages is one stretch.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any

from gateway.connector.fetching.page_walk import PageWalk
from gateway.connector.fetching.pager import Page, Pager
from gateway.connector.lists.filtering import FilterOutcome, filter_rows
from gateway.connector.lists.ordering import SortOrder
from gateway.connector.lists.paged_stream import PagedStream
from gateway.connector.lists.stream import SourceStream
from gateway.connector.records.record import Record
from gateway.errors import GatewayError
from resolvers.context import RequestContext
from resolvers.lists import streams_of

#: Rows of a stretch, about.
ROWS = 2000

_WHOLE = 2**31
#: A stretch during which rows came or went is read again, at most as often.
_REPEATS = 3

#: Opens the context of one stretch; its argument says that no rows may come out of the cache.
OpenContext = Callable[[bool], AbstractAsyncContextManager[RequestContext]]


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """
    Consecutive records, and the context to read their values with, which ends with the stretch. `fault` is why rows are
    missing; with `broken` the list breaks off here, and the next stretch tries to go on at the same page.
    """

    context: RequestContext
    records: Sequence[Record]
    stale: bool = False
    fault: GatewayError | None = None
    broken: bool = False
    page: int = 1
    pages: int | None = 1


@dataclass(frozen=True, kw_only=True)
class _Position:
    """
    A place in a list of pages: the page, how many rows came before it, and what the answers said so far. `named` is
    what the page before it names as the next one, if only that can tell.
    """

    page: int = 1
    before: int = 0
    size: int | None = None
    total: int | None = None
    ended: bool = False
    named: str | None = None


async def stretches(
    open_context: OpenContext, resource: str, source: str, *, rows: int = ROWS
) -> AsyncGenerator[Stretch, None]:
    """
    The records of a source's list, each id once, in the vendor's order. If the total changes during a stretch, it is
    read again from one page earlier: after deletions rows have moved forward, past the pages that were read.
    """
    position, earlier, repeats = _Position(), _Position(), 0
    seen: set[str] = set()
    while not position.ended:
        async with open_context(repeats > 0) as context:
            scope: dict[str, Any] = {"source": {"eq": source}}
            streams = streams_of(context, resource, scope, SortOrder(resource, ()), {}, buffered=False)
            if not streams:
                return
            if not isinstance(streams[0], PagedStream):
                stretch = await _whole(context, streams[0], seen)
                following = last = replace(position, ended=not stretch.broken)
            else:
                pages = await _read(streams[0], position, rows)
                stretch, following, last = await _taken(
                    context, streams[0], pages, position, seen, repeats=repeats
                )
            yield stretch
        if _has_changed(position, following.total) and repeats < _REPEATS:
            position = replace(earlier, size=following.size, total=following.total)
            repeats += 1
        else:
            position, earlier, repeats = following, last, 0


async def _whole(context: RequestContext, stream: SourceStream, seen: set[str]) -> Stretch:
    await stream.fill(_WHOLE)
    state = stream.state
    records: list[Record] = []
    for record in state.records:
        if record.native_id not in seen:
            seen.add(record.native_id)
            records.append(record)
    broken = state.error is not None and not records
    return Stretch(
        context=context, records=records, stale=stream.session.stale, fault=state.error, broken=broken
    )


async def _taken(
    context: RequestContext,
    stream: PagedStream,
    pages: Sequence[Page | BaseException],
    position: _Position,
    seen: set[str],
    *,
    repeats: int,
) -> tuple[Stretch, _Position, _Position]:
    """Rows of the pages that were not seen, the position behind them, and that of the last of them."""
    pager, records, last = stream.pager, list[Record](), position
    fault: GatewayError | None = None
    total = pager.last_total or position.total
    number, ended, broken = position.page, False, False
    pager.total = total
    # Rows of an earlier stretch are new ones of a stretch that is read again.
    walk = PageWalk(pager, position.before, seen=set() if repeats else seen)
    is_read_again = _has_changed(position, total) and repeats < _REPEATS
    for page in pages:
        if isinstance(page, BaseException):
            if not isinstance(page, GatewayError):
                raise page
            fault, broken = page, True
            break
        outcome = FilterOutcome()
        natives = page.records.indexed.native_ids
        unseen = [index for index, native in enumerate(natives) if native not in seen]
        records += page.records.take(await filter_rows(stream.plan.residual, page.records, unseen, outcome))
        fault = fault or page.error or outcome.error
        last = _Position(
            page=number, before=walk.rows, size=pager.size, total=total, named=pager.next_of(number - 1)
        )
        walk.take(page)
        ended = walk.is_last(number)
        if not is_read_again:
            fault = fault or pager.check_pages(walk, number, is_last=ended)
        seen.update(natives)
        number += 1
        if ended:
            break
    stretch = Stretch(
        context=context,
        records=records,
        stale=stream.session.stale,
        fault=fault,
        broken=broken,
        page=number - 1,
        pages=-(-total // pager.size) if total and pager.size else None,
    )
    behind = _Position(
        page=number,
        before=walk.rows,
        size=pager.size,
        total=total,
        ended=ended,
        named=pager.next_of(number - 1),
    )
    return stretch, behind, last


def _has_changed(position: _Position, total: int | None) -> bool:
    """True if the list's total is another one than it was before."""
    return position.total is not None and total not in {None, position.total}


async def _read(stream: PagedStream, position: _Position, rows: int) -> list[Page | BaseException]:
    """The pages that make a stretch; a failure stands in a page's position, and is the last."""
    pager, number = stream.pager, position.page
    pager.size, pager.total = position.size, position.total
    pager.resume(number, position.before, named=position.named)
    try:
        page = await pager.page(number)
    except GatewayError as exc:
        return [exc]
    pager.size = pager.size or page.row_count
    if not pager.size or pager.total is None:
        return await _one_by_one(pager, page, position, rows=rows)
    last = min(number + max(1, rows // pager.size) - 1, -(-pager.total // pager.size))
    numbers = range(number + 1, last + 1)
    return [page, *await asyncio.gather(*map(pager.page, numbers), return_exceptions=True)]


async def _one_by_one(
    pager: Pager, page: Page, position: _Position, *, rows: int
) -> list[Page | BaseException]:
    """The same of a list that does not say how long it is: each page tells whether there is another."""
    pages: list[Page | BaseException] = [page]
    walk, number = PageWalk(pager, position.before), position.page
    walk.take(page)
    while walk.rows - position.before < rows and not walk.is_last(number):
        number += 1
        try:
            page = await pager.page(number)
        except GatewayError as exc:
            return [*pages, exc]
        pages.append(page)
        walk.take(page)
    return pages
