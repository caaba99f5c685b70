"""
Pagination of a list: a dataclass for each kind, so that a list has one kind and none of another's parameters.

In all of them `page_size` is the number of rows that is requested for a page; a vendor may send fewer. `total_path` is
the dotted path of the number of all rows in the answer.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.connector.description.row_types import Params


@dataclass(frozen=True, kw_only=True)
class NumberedPages:
    """
    Pagination by page number, from 1.

    A page of fewer than `full_page` rows is the last one, if the answer has no total. `default_sizes` are the page
    sizes of a vendor that ignores the requested one: such a page is full, too. `pages_path` is the dotted path of the
    number of pages in the answer. A total in `suspect_totals` may be just the size of the first page.

    >>> NumberedPages(page_param="page", size_param="per_page", page_size=100, full_page=100).first_page
    {'page': '1', 'per_page': '100'}
    """

    page_param: str
    size_param: str
    page_size: int
    full_page: int
    total_path: str | None = None
    pages_path: str | None = None
    suspect_totals: tuple[int, ...] = ()
    default_sizes: tuple[int, ...] = ()

    @property
    def first_page(self) -> Params:
        """Query parameters of the first page."""
        return self.page(1)

    @property
    def answer_paths(self) -> tuple[str | None, ...]:
        """Dotted paths that are read in the answer, beside the rows."""
        return self.total_path, self.pages_path

    def is_full(self, row_count: int) -> bool:
        """True if a page with this number of rows may be followed by another one."""
        return row_count >= self.full_page or row_count in self.default_sizes

    def has_page_size(self, row_count: int) -> bool:
        """True if a page has just the number of rows that was requested, or that comes if none is."""
        return row_count == self.page_size or row_count in self.default_sizes

    def page(self, number: int) -> Params:
        """Query parameters of a page."""
        return {self.page_param: str(number), self.size_param: str(self.page_size)}


@dataclass(frozen=True, kw_only=True)
class OffsetPages:
    """
    Pagination by offset and limit: the number of rows to skip, from 0, and the number of rows to send.

    The offset of a page is the number of rows that came before it, whatever was requested: no row is skipped if the
    vendor sends fewer. Without a total, a page of fewer than `full_page` rows is the last one; with 1, only an empty
    page is. `suspect_totals` and `default_sizes` are as in `NumberedPages`.

    >>> OffsetPages(offset_param="offset", limit_param="limit", page_size=500).first_page
    {'offset': '0', 'limit': '500'}
    """

    offset_param: str
    limit_param: str
    page_size: int
    full_page: int = 1
    total_path: str | None = None
    suspect_totals: tuple[int, ...] = ()
    default_sizes: tuple[int, ...] = ()

    @property
    def first_page(self) -> Params:
        """Query parameters of the first page."""
        return self.page(0)

    @property
    def answer_paths(self) -> tuple[str | None, ...]:
        """Dotted paths that are read in the answer, beside the rows."""
        return (self.total_path,)

    def is_full(self, row_count: int) -> bool:
        """True if a page with this number of rows may be followed by another one."""
        return row_count >= self.full_page or row_count in self.default_sizes

    def has_page_size(self, row_count: int) -> bool:
        """True if a page has just the number of rows that was requested, or that comes if none is."""
        return row_count == self.page_size or row_count in self.default_sizes

    def page(self, offset: int) -> Params:
        """Query parameters of the page that begins after `offset` rows."""
        return {self.offset_param: str(offset), self.limit_param: str(self.page_size)}


@dataclass(frozen=True, kw_only=True)
class CursorPages:
    """
    Pagination by cursor token: the answer has the next page's at `next_cursor_path`, the last page has none.

    >>> CursorPages(cursor_param="after", next_cursor_path="meta.next", size_param="n", page_size=50).first_page
    {'n': '50'}
    """

    cursor_param: str
    next_cursor_path: str
    size_param: str | None = None
    page_size: int | None = None
    total_path: str | None = None

    @property
    def first_page(self) -> Params:
        """Query parameters of the first page."""
        return {} if self.size_param is None else {self.size_param: str(self.page_size)}

    @property
    def answer_paths(self) -> tuple[str | None, ...]:
        """Dotted paths that are read in the answer, beside the rows."""
        return self.total_path, self.next_cursor_path

    def page(self, cursor: str) -> Params:
        """Query parameters of the page of a cursor."""
        return {**self.first_page, self.cursor_param: cursor}


@dataclass(frozen=True, kw_only=True)
class LinkedPages:
    """
    Pagination by the `Link` header of RFC 8288: the link with the relation `next` is the next page's address.

    >>> LinkedPages(size_param="per_page", page_size=100).first_page
    {'per_page': '100'}
    """

    size_param: str | None = None
    page_size: int | None = None
    total_path: str | None = None

    @property
    def first_page(self) -> Params:
        """Query parameters of the first page."""
        return {} if self.size_param is None else {self.size_param: str(self.page_size)}

    @property
    def answer_paths(self) -> tuple[str | None, ...]:
        """Dotted paths that are read in the answer, beside the rows."""
        return (self.total_path,)


@dataclass(frozen=True, kw_only=True)
class NextAddress:
    """
    Pagination by the next page's address in the answer, at `next_path`. Such a list is always read whole, and has the
    order of its ids.
    """

    next_path: str
    total_path: str | None = None

    @property
    def answer_paths(self) -> tuple[str | None, ...]:
        """Dotted paths that are read in the answer, beside the rows."""
        return self.total_path, self.next_path


@dataclass(frozen=True, kw_only=True)
class UnpromisedPages:
    """
    Pagination that the vendor's documents have for other lists, but not for this one, which is always read whole.

    The list is requested without it. An answer with a number of rows in `default_sizes` may have been cut off: the next
    page is requested with `params`, the page's number from 2, and that number of rows as the size. The same rows again
    mean that the list is whole. With `may_give_up` there is another way to its rows, and such an answer is an error.
    """

    page_param: str
    size_param: str
    default_sizes: tuple[int, ...]
    params: Params = field(default_factory=dict)
    total_path: str | None = None
    may_give_up: bool = False

    @property
    def answer_paths(self) -> tuple[str | None, ...]:
        """Dotted paths that are read in the answer, beside the rows."""
        return (self.total_path,)


#: Pagination by which each page can be requested by itself.
NumberedOrOffset: TypeAlias = NumberedPages | OffsetPages
#: Pagination by which a page is known only from the page before it.
SequentialPages: TypeAlias = CursorPages | LinkedPages
#: Pagination of lists that are read only as far as their rows are needed.
StreamedPages: TypeAlias = NumberedOrOffset | SequentialPages
Paging: TypeAlias = StreamedPages | NextAddress | UnpromisedPages
