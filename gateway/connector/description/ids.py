"""Global ids: `source:Type:native id`. The native id is percent-encoded, except letters, digits and `.-_~`."""

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote, unquote

from gateway.errors import BadInput
from gateway.literals import is_digits

_LONGEST = 512
_PLAIN = re.compile("[A-Za-z0-9._~-]*").fullmatch


class GlobalId(NamedTuple):
    """Global id: a record's source, type and native id."""

    source: str
    type: str
    native_id: str

    def __str__(self) -> str:
        native = self.native_id
        encoded = native if native.isalnum() and native.isascii() else quote(native, safe="")
        return f"{self.source}:{self.type}:{encoded}"


def parse(global_id: str) -> GlobalId:
    """
    Parsed global id. Raises BadInput if it is malformed; its source checks the native id.

    >>> parse("s3s:Checklist:US.2018.213")
    GlobalId(source='s3s', type='Checklist', native_id='US.2018.213')
    >>> str(parse("halo:ChangeRecord:7%2F8"))
    'halo:ChangeRecord:7%2F8'
    >>> parse("12")
    Traceback (most recent call last):
    gateway.errors.BadInput: '12' is not an id of this gateway: an id looks like 'source:Type:123'.
    """
    parts = global_id.split(":", 2) if len(global_id) <= _LONGEST else []
    if len(parts) != 3 or not all(parts):
        raise BadInput(
            f"{excerpt(global_id)} is not an id of this gateway: an id looks like 'source:Type:123'."
        )
    try:
        native = unquote(parts[2], errors="strict")
    except UnicodeDecodeError:
        raise BadInput(
            f"{excerpt(global_id)} is not an id of this gateway: its last part cannot be read."
        ) from None
    return GlobalId(parts[0].lower(), parts[1], native)


def quoted(native_ids: Sequence[str]) -> Sequence[str]:
    """
    The last part of each global id, by its native id.

    >>> quoted(["US.2018.213", "12"]), quoted(["7/8", "12"])
    (['US.2018.213', '12'], ['7%2F8', '12'])
    """
    return (
        native_ids if _PLAIN("".join(native_ids)) else [quote(native_id, safe="") for native_id in native_ids]
    )


def excerpt(text: str) -> str:
    r"""
    Printable excerpt of a caller's text, for an error message: quoted, at most 40 characters, a single line.

    >>> excerpt("a\nb"), excerpt("x" * 100)
    ("'a b'", "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'")
    """
    single_spaced = re.sub(r"\s+", " ", text[:200])
    excerpt = "".join(letter if letter.isprintable() else "?" for letter in single_spaced)
    return repr(excerpt if len(excerpt) <= 40 else excerpt[:40] + "…")


def native_key(native_id: str) -> tuple[int, int, str]:
    """
    Sort key of native ids: numbers by size, before text.

    >>> sorted(["10", "9", "b", "US.1"], key=native_key)
    ['9', '10', 'US.1', 'b']
    """
    return (0, int(native_id), "") if is_digits(native_id) else (1, 0, native_id)
