"""Cursors (keyset pagination): the position of each source's stream after a record of the list, as opaque text."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.connector.lists.ordering import SortOrder
from gateway.connector.lists.stream import StreamPosition
from gateway.errors import BadInput

_MAX_LENGTH = 8192
_INVALID = "The cursor is none of this list's: use an edge's `cursor` or `pageInfo`'s, and the same arguments as then."


def identity(*parts: Any) -> bytes:
    """Canonical JSON of the parts of a request: equal parts have equal encodings."""
    return msgspec.json.encode(parts, order="sorted", enc_hook=str)


def list_key(*parts: Any) -> str:
    """A short digest that identifies a list by its type, filter, order and parent."""
    return base64.urlsafe_b64encode(hashlib.sha256(identity(*parts)).digest()[:6]).decode()


def pack(key: str, last: str, positions: Mapping[str, StreamPosition], order: SortOrder) -> str:
    """The cursor at these positions. `last` is the name of the source whose record it follows."""
    packed = {name: _pack_position(position, order) for name, position in positions.items() if position.rank}
    return base64.urlsafe_b64encode(msgspec.json.encode([key, last, packed])).rstrip(b"=").decode()


def check(text: str) -> None:
    """Raise BadInput if a text is no cursor of any list."""
    _read(text)


def unpack(text: str, key: str, order: SortOrder) -> tuple[str, dict[str, StreamPosition]]:
    """The source of the last record, and the positions by source. Raises BadInput if it is no cursor of this list."""
    cursor_key, last, packed = _read(text)
    try:
        positions = {
            name: _unpack_position(packed_position, order) for name, packed_position in packed.items()
        }
    except (ValueError, ArithmeticError) as exc:
        raise BadInput(_INVALID) from exc
    if cursor_key != key or last not in positions:
        raise BadInput(_INVALID)
    return last, positions


def _read(text: str) -> tuple[str, str, dict[str, list[Any]]]:
    if len(text) > _MAX_LENGTH:
        raise BadInput(_INVALID)
    try:
        raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=tuple[str, str, dict[str, list[Any]]])
    except (ValueError, binascii.Error, msgspec.MsgspecError) as exc:
        raise BadInput(_INVALID) from exc


def _pack_position(position: StreamPosition, order: SortOrder) -> list[Any]:
    fields: list[Any] = [position.rank, position.native_id, order.pack_key(position.key)]
    return (
        [*fields, position.page, position.row_index, position.row_count, position.rows_before, position.total]
        if position.row_index
        else fields
    )


def _unpack_position(packed: list[Any], order: SortOrder) -> StreamPosition:
    if len(packed) not in {3, 8}:
        raise ValueError("not a position")
    rank, native_id, key, *page_fields = packed
    counts: list[Any] = [rank, *page_fields[:4]]
    total = page_fields[4] if page_fields else None
    if not isinstance(native_id, str) or not all(_is_count(number) for number in counts) or 0 in counts[:3]:
        raise ValueError("not a position")
    if total is not None and not _is_count(total):
        raise ValueError("not a position")
    return StreamPosition(rank, native_id, order.unpack_key(key), *page_fields)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
