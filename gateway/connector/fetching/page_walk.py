"""
Page walk: consecutive pages of a list, with their different rows counted, and the evidence of whether that is all.

The rows that came decide, never the page size requested: vendors send fewer, the same page again, rows that moved from
one page to the next, and totals that are wrong (ADR 13).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.connector.description.paging import SequentialPages
from gateway.errors import UpstreamGarbled

if TYPE_CHECKING:
    from gateway.connector.fetching.pager import Page, Pager

#: A longer list is cut off, with an error.
MAX_PAGES = 20_000
_MOVED = "rows moved between its pages while they were read"


@dataclass
class PageWalk:
    """
    Walk over a list's pages in ascending order, from any page on.

    `rows` counts the different rows so far, those before the first page of the walk included; `seen` are the ids of
    earlier pages. `has_moved` is true if a
    page had rows of an earlier page beside new ones, `is_repeated` if the page taken last had no new record.
    """

    pager: "Pager"
    rows: int = 0
    has_moved: bool = False
    is_repeated: bool = False
    seen: set[str] = field(default_factory=set)
    _last_ids: Sequence[str] = ()
    """The ids of the page that was taken last, not among `seen` yet: most lists have a single page."""

    @classmethod
    def after(cls, pager: "Pager", native_id: str, rows: int) -> "PageWalk":
        """A walk from the page after a record, before which, itself included, `rows` rows came."""
        return cls(pager, rows, seen={native_id})

    def take(self, page: "Page") -> Sequence[int]:
        """The indices of a page's records that no earlier page had. The page counts as walked."""
        native_ids = page.records.indexed.native_ids
        self.seen.update(self._last_ids)
        self._last_ids = native_ids
        unseen: Sequence[int] = range(len(native_ids))
        if self.seen and not self.seen.isdisjoint(native_ids):
            unseen = [index for index in unseen if native_ids[index] not in self.seen]
        repeated = len(native_ids) - len(unseen)
        self.is_repeated = not unseen and page.row_count > 0
        self.has_moved = self.has_moved or (repeated > 0 and not self.is_repeated)
        self.rows += page.row_count - repeated
        return unseen

    def is_last(self, number: int) -> bool:
        """
        True if the page of this number, which was taken last, is the last one.

        A total that is exceeded is wrong, and is dropped; pages are then read until one is not full.
        """
        pager, paging = self.pager, self.pager.spec.pages
        page = pager.pages[number]
        if isinstance(paging, SequentialPages):
            return pager.next_of(number) is None or self.is_repeated or number >= MAX_PAGES
        if paging is None or page.row_count == 0 or self.is_repeated or number >= MAX_PAGES:
            return True
        if pager.total is not None and self.rows > pager.total:
            pager.reject_total()
        if pager.page_count is not None and number < pager.page_count:
            return False
        if pager.total is not None:
            # A total equal to the rows of a full first page is suspect: it may count only that page.
            return self.rows == pager.total and not (number == 1 and self.rows in paging.suspect_totals)
        return pager.page_count is not None or not paging.is_full(page.row_count)

    def error(self, number: int, *, is_last: bool) -> UpstreamGarbled | None:
        """The error if the pages up to this one show that rows are missing; None if there is no such evidence."""
        pager, paging = self.pager, self.pager.spec.pages
        if paging is None:
            return None
        invalid = pager.session.invalid_response
        if not is_last:
            return invalid(_MOVED) if self.has_moved else None
        page = pager.pages[number]
        promises_more = (
            pager.next_of(number) is not None
            if isinstance(paging, SequentialPages)
            else paging.has_page_size(page.row_count)
        )
        if self.is_repeated and promises_more:
            # A vendor that ignores the page number has sent all rows already, unless a page's size cut them off.
            return invalid("its pages repeat: some rows could not be had")
        if pager.total is not None:
            return invalid("it counts more rows than came") if self.rows < pager.total else None
        if page.row_count == 0 and 1 < (pager.page_count or 0) >= number:
            return invalid("a page that it promises has no rows")
        if number >= MAX_PAGES and not self.is_repeated and page.row_count:
            return invalid("it has more pages than are read")
        return invalid(_MOVED) if self.has_moved else None
