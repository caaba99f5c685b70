"""Requests of one list: its paths, and its pages by each kind of pagination."""

from collections.abc import Coroutine
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from gateway.concurrency.time_slice import TimeSlice
from gateway.connector.description.convert import text
from gateway.connector.description.fields import get_path
from gateway.connector.description.paging import (
    CursorPages,
    NumberedPages,
    OffsetPages,
    SequentialPages,
    StreamedPages,
)
from gateway.connector.description.resource import List, Resource, Ttl
from gateway.connector.description.row_types import Params
from gateway.connector.records.origin import Origin
from gateway.errors import UpstreamGarbled, UpstreamRejected
from gateway.upstream.caching.answer import UpstreamAnswer
from gateway.upstream.http.decode import Decode
from gateway.upstream.http.link_header import link_target

#: Statuses with which a vendor says that a path does not exist.
_NOT_FOUND = frozenset({404, 406, 410})


class Fetch(Origin, Protocol):
    """Origin that can send requests: the reads of one operation at one source."""

    time_slice: TimeSlice

    def get(
        self, path: str, params: Params, *, ttl: Ttl, decode: Decode | None = None
    ) -> Coroutine[Any, Any, UpstreamAnswer]:
        """The answer to a GET. Raises GatewayError."""
        ...

    async def follow(
        self, address: str, *, path: str, ttl: Ttl, decode: Decode | None = None
    ) -> UpstreamAnswer:
        """The answer at an address that the answer of `path` contains. Raises GatewayError."""
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


@dataclass(kw_only=True)
class ListRequests:
    """Requests of a list with one set of parameters. With `loaded` or `is_fully_decoded`, rows are decoded whole."""

    session: Fetch
    resource: Resource
    spec: List
    params: Params
    loaded: frozenset[str]
    is_fully_decoded: bool = False

    async def page(
        self, paging: StreamedPages, number: int, *, offset: int, following: str | None
    ) -> UpstreamAnswer | None:
        """
        The answer with a page: by its number, its `offset`, or what its predecessor names as `following`. None if that
        names nothing.
        """
        params = {**self.spec.params, **self.params}
        match paging:
            case NumberedPages():
                return await self.get(self.spec.path, {**params, **paging.page(number)})
            case OffsetPages():
                return await self.get(self.spec.path, {**params, **paging.page(offset)})
            case _ if number == 1:
                return await self.get(self.spec.path, {**params, **paging.first_page})
        if following is None:
            return None
        if isinstance(paging, CursorPages):
            return await self.get(self.spec.path, {**params, **paging.page(following)})
        return await self.session.follow(
            following, path=self.spec.path, ttl=self.spec.ttl, decode=self.decode
        )

    def next_of(self, paging: SequentialPages, answer: UpstreamAnswer) -> str | None:
        """The cursor or the address of the next page, None on the last page."""
        if isinstance(paging, CursorPages):
            return text(get_path(answer.decoded, paging.next_cursor_path)) or None
        return link_target(answer.link, "next")

    @property
    def decode(self) -> Decode | None:
        """The decoder of the list's answers, None for all of them."""
        # The operation's field usage does not cover lists that are read for records' details.
        if self.spec.decode is not None or self.loaded or self.is_fully_decoded:
            return self.spec.decode
        return self._narrow

    @cached_property
    def _narrow(self) -> Decode | None:
        """The decoder for what the operation uses: the same one for all pages."""
        return self.session.decoder(self.resource)

    async def get(self, path: str, params: Params, *, fallback_path: str | None = None) -> UpstreamAnswer:
        """The answer of a path, or of the one to fall back to if it does not exist. Raises GatewayError."""
        try:
            return await self.session.get(path, params, ttl=self.spec.ttl, decode=self.decode)
        except UpstreamRejected as exc:
            if exc.status not in _NOT_FOUND:
                raise
            if fallback_path is None:
                raise self.session.invalid_response("a list that its API promises is not there") from exc
        return await self.get(fallback_path, params)
