"""Cursors: where each source's part of one list stands after one record, as opaque text."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.connector.lists.ordering import SortOrder
from gateway.connector.lists.stream import StreamPosition
from gateway.errors import BadInput

_LONGEST = 8192
_REFUSED = "The cursor is none of this list's: use an edge's `cursor` or `pageInfo`'s, and the same arguments as then."


def identity(*asked: Any) -> bytes:
    """What is asked, written so that the same is written in the same way."""
    return msgspec.json.encode(asked, order="sorted", enc_hook=str)


def list_key(*asked: Any) -> str:
    """What tells one list from another: its type, filter, order and parent, in few letters."""
    return base64.urlsafe_b64encode(hashlib.sha256(identity(*asked)).digest()[:6]).decode()


def pack(key: str, last: str, positions: Mapping[str, StreamPosition], order: SortOrder) -> str:
    """A cursor. `last` is the source of the record that it stands after."""
    told = {name: _packed(at, order) for name, at in positions.items() if at.rank}
    return base64.urlsafe_b64encode(msgspec.json.encode([key, last, told])).rstrip(b"=").decode()


def check(written: str) -> None:
    """Raise BadInput where a text is no cursor of any list."""
    _read(written)


def unpack(written: str, key: str, order: SortOrder) -> tuple[str, dict[str, StreamPosition]]:
    """What a cursor says. Raises BadInput where it is none, or another list's."""
    told_key, last, told = _read(written)
    try:
        positions = {name: _unpacked(one, order) for name, one in told.items()}
    except (ValueError, ArithmeticError) as exc:
        raise BadInput(_REFUSED) from exc
    if told_key != key or last not in positions:
        raise BadInput(_REFUSED)
    return last, positions


def _read(written: str) -> tuple[str, str, dict[str, list[Any]]]:
    if len(written) > _LONGEST:
        raise BadInput(_REFUSED)
    try:
        raw = base64.b64decode(written.encode() + b"=" * (-len(written) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=tuple[str, str, dict[str, list[Any]]])
    except (ValueError, binascii.Error, msgspec.MsgspecError) as exc:
        raise BadInput(_REFUSED) from exc


def _packed(at: StreamPosition, order: SortOrder) -> list[Any]:
    told: list[Any] = [at.rank, at.native_id, order.packed(at.key)]
    return [*told, at.page, at.row_index, at.rows, at.before, at.total] if at.row_index else told


def _unpacked(packed: list[Any], order: SortOrder) -> StreamPosition:
    if len(packed) not in {3, 8}:
        raise ValueError("not a position")
    rank, native_id, key, *place = packed
    counts: list[Any] = [rank, *place[:4]]
    total = place[4] if place else None
    if not isinstance(native_id, str) or not all(_count(one) for one in counts) or 0 in counts[:3]:
        raise ValueError("not a position")
    if total is not None and not _count(total):
        raise ValueError("not a position")
    return StreamPosition(rank, native_id, order.unpacked(key), *place)


def _count(found: Any) -> bool:
    return isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 2**53
