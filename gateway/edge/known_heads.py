"""
Known heads: a request whose head is byte for byte one that has passed every check is answered by its body alone,
without parsing and checking its head again. Heads are known by a keyed digest: no credential is kept.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response
from starlette.types import Scope

_MAX_HEADS, _MAX_SIGHTED = 1_000, 4_000
_LONGEST = 8_192
_STATE = "new_head"
_LENGTH = b"content-length"

Header = tuple[bytes, bytes]
Responding = Callable[[], Coroutine[Any, Any, Response]]
"""Makes a response that takes time."""
Respond = Callable[[bytes], Response | Responding | None]
"""Responds to a body: at once, or by what takes time. None is for a request that has to go the usual way."""


@dataclass(frozen=True)
class KnownHead:
    """
    A head that has passed every check. Its requests have bodies of `content_length` bytes, and responses to them have
    the lines `added` beside their own headers; `on_response` is told of their status. It is valid until its caller's
    key expires.
    """

    content_length: int
    respond: Respond
    added: bytes
    expires_at: float
    on_response: Callable[[int], None]


class KnownHeads:
    """
    The heads that one application knows, which ends with its settings: another application learns them anew. A head is
    learnt at the second request with it; of too many the oldest go.
    """

    def __init__(self) -> None:
        self.tasks: set[Any] = set()
        """The requests that are under way."""
        self._key = secrets.token_bytes(32)
        self._heads: dict[bytes, KnownHead] = {}
        self._sighted: dict[bytes, None] = {}

    def digest(self, head: bytes, address: str) -> bytes | None:
        """
        The digest of a head that comes from this address, None if it is too long to be known. The same head from
        elsewhere is another: a proxy may be believed what nobody else is.
        """
        if len(head) > _LONGEST:
            return None
        return hashlib.blake2b(head + address.encode(), key=self._key, digest_size=32).digest()

    def find(self, digest: bytes) -> KnownHead | None:
        """The known head of a digest, if it is valid."""
        head = self._heads.get(digest)
        return head if head is None or time.time() < head.expires_at else None

    def sight(self, digest: bytes) -> "NewHead | None":
        """The head as one that may be learnt, if it has been seen before."""
        if digest in self._sighted:
            return NewHead(self, digest)
        _put(self._sighted, digest, None, most=_MAX_SIGHTED)
        return None

    def learn(self, digest: bytes, head: KnownHead) -> None:
        """Know a head from now on."""
        _put(self._heads, digest, head, most=_MAX_HEADS)


@dataclass
class NewHead:
    """
    A head that is about to be learnt. It is not, unless its request's caller is authenticated by what does not change
    until `expires_at`, and a `respond` is offered for its bodies.
    """

    heads: KnownHeads
    digest: bytes
    expires_at: float = 0.0
    _respond: Respond | None = None
    _content_length: int = 0
    _own: Sequence[Header] = field(default=())

    def offer(self, respond: Respond, response: Response, *, content_length: int) -> None:
        """Offer a function that responds as to this request, whose response has headers of its own."""
        self._respond, self._own, self._content_length = respond, response.raw_headers, content_length

    def learn(self, headers: Sequence[Header], on_response: Callable[[int], None]) -> None:
        """Learn the head, whose response has these headers at last."""
        if self._respond is None or self.expires_at <= time.time():
            return
        added = b"".join(b"%b: %b\r\n" % header for header in headers if header not in self._own)
        head = KnownHead(self._content_length, self._respond, added, self.expires_at, on_response)
        self.heads.learn(self.digest, head)


def new_head_of(scope: Scope) -> NewHead | None:
    """The request's head, if it may be learnt."""
    state = scope.get("state")
    return None if state is None else state.get(_STATE)


def set_new_head(scope: Scope, head: NewHead) -> None:
    """Let a request's head be learnt."""
    scope["state"][_STATE] = head


def forget_new_head(scope: Scope) -> None:
    """Let a request's head not be learnt: it has to be checked each time."""
    scope.get("state", {}).pop(_STATE, None)


def _put(entries: dict[bytes, Any], key: bytes, value: Any, *, most: int) -> None:
    if len(entries) >= most:
        del entries[next(iter(entries))]
    entries[key] = value
