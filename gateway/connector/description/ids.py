"""Global ids: `source:Type:native id`, where the native part is percent-encoded beyond letters, digits and `.-_~`."""

import re
from typing import NamedTuple
from urllib.parse import quote, unquote

from gateway.errors import BadInput

_LONGEST = 512


class GlobalId(NamedTuple):
    """Which thing of which source."""

    source: str
    type: str
    native: str

    def __str__(self) -> str:
        return f"{self.source}:{self.type}:{quote(self.native, safe='')}"


def parse(written: str) -> GlobalId:
    """
    Read a global id. What its parts may hold is for the source to say.

    >>> parse("s3s:Checklist:US.2018.213")
    GlobalId(source='s3s', type='Checklist', native='US.2018.213')
    >>> str(parse("halo:ChangeRecord:7%2F8"))
    'halo:ChangeRecord:7%2F8'
    >>> parse("12")
    Traceback (most recent call last):
    gateway.errors.BadInput: '12' is not an id of this gateway: an id looks like 'source:Type:123'.
    """
    parts = written.split(":", 2) if len(written) <= _LONGEST else []
    if len(parts) != 3 or not all(parts):
        raise BadInput(f"{shown(written)} is not an id of this gateway: an id looks like 'source:Type:123'.")
    try:
        native = unquote(parts[2], errors="strict")
    except UnicodeDecodeError:
        raise BadInput(
            f"{shown(written)} is not an id of this gateway: its last part cannot be read."
        ) from None
    return GlobalId(parts[0].lower(), parts[1], native)


def shown(written: str) -> str:
    r"""
    A caller's text as an error message may show it: short, and on one line.

    >>> shown("a\nb"), shown("x" * 100)
    ("'a b'", "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'")
    """
    plain = re.sub(r"\s+", " ", written[:200])
    one_line = "".join(letter if letter.isprintable() else "?" for letter in plain)
    return repr(one_line if len(one_line) <= 40 else one_line[:40] + "…")


def native_key(native_id: str) -> tuple[int, int, str]:
    """
    Native ids in order: numbers by size, before text.

    >>> sorted(["10", "9", "b", "US.1"], key=native_key)
    ['9', '10', 'US.1', 'b']
    """
    return (0, int(native_id), "") if native_id.isdecimal() and native_id.isascii() else (1, 0, native_id)
