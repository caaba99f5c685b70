"""Snapshot of a source's assets: each list row as JSON, and which rows differ between two snapshots."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

_ENCODER = msgspec.json.Encoder(order="sorted", decimal_format="number", enc_hook=str)
_DECODER = msgspec.json.Decoder(float_hook=Decimal)

Snapshot = dict[str, bytes]
"""Rows as JSON by native id: a tenth of the memory of decoded rows."""


class Differences(NamedTuple):
    """Native ids of the rows that are new, differ, or are gone."""

    created: Sequence[str]
    changed: Sequence[str]
    deleted: Sequence[str]


def encode_row(row: Any) -> bytes:
    """A row as JSON; equal rows have equal texts."""
    return _ENCODER.encode(row)


def decode_row(encoded: bytes) -> Any:
    """The row, with numbers digit for digit."""
    return _DECODER.decode(encoded)


def differences(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Differences:
    """
    The rows that differ.

    >>> differences({"1": b"a", "2": b"b"}, {"2": b"c", "3": b"d"})
    Differences(created=['3'], changed=['2'], deleted=['1'])
    """
    return Differences(
        [native_id for native_id in after if native_id not in before],
        [native_id for native_id, row in after.items() if before.get(native_id, row) != row],
        [native_id for native_id in before if native_id not in after],
    )
