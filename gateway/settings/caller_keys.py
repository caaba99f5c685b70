"""Reading of the callers' named keys, `[[auth.keys]]`: of a key only its digest is kept."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.settings.access import KeySettings
from gateway.settings.declared_table import read_table
from gateway.settings.keys import SourceKey
from gateway.settings.values import convert

_KEYS = (
    SourceKey("name", "text", required=True, help="the caller's name, as logs show it"),
    SourceKey("sha256", "text"),
    SourceKey("key", "secret", in_header=True),
    SourceKey("key_file", "text"),
    SourceKey("roles", "words", default=()),
    SourceKey("expires", "moment"),
)
_FORMS = ("sha256", "key", "key_file")
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_NAME_CHARACTERS = 64
_FILE_BYTES = 8192


def read_keys(raw: Any, faults: list[str]) -> tuple[KeySettings, ...]:
    """The keys without faults, in their order."""
    if not isinstance(raw, list):
        faults.append("auth.keys: is no list of tables: write each key as [[auth.keys]]")
        return ()
    keys = [key for number, table in enumerate(raw, 1) if (key := _read_key(table, number, faults))]
    faults += _doubled(keys)
    return tuple(keys)


def expired_keys(keys: Sequence[KeySettings], now: datetime | None = None) -> list[str]:
    """Warnings of keys that are refused already."""
    moment = now or datetime.now(UTC)
    return [
        f"auth.keys {key.name}: expired at {key.expires.isoformat()} and is refused: remove it"
        for key in keys
        if key.expires is not None and key.expires <= moment
    ]


def _read_key(table: Any, number: int, faults: list[str]) -> KeySettings | None:
    label = f"auth.keys[{number}]"
    before = len(faults)
    values = read_table(table, _KEYS, label=label, faults=faults)
    if len(faults) > before:
        return None
    name = values["name"]
    if not name or len(name) > _NAME_CHARACTERS or not name.isprintable():
        faults.append(f"{label}.name: is no name: write 1 to {_NAME_CHARACTERS} visible characters")
    forms = [form for form in _FORMS if form in values]
    if len(forms) != 1:
        faults.append(f"{label}: has {' and '.join(forms) or 'no key'}: give one of {', '.join(_FORMS)}")
        return None
    try:
        digest = _digest_of(forms[0], values[forms[0]])
    except ValueError as exc:
        faults.append(f"{label}.{forms[0]}: {exc}")
    if len(faults) > before:
        return None
    return KeySettings(name, digest, tuple(sorted(set(values.get("roles", ())))), values.get("expires"))


def _digest_of(form: str, value: str) -> bytes:
    if form == "sha256":
        if not _DIGEST.fullmatch(value):
            raise ValueError("is no SHA-256 digest: write its 64 hexadecimal digits")
        return bytes.fromhex(value)
    key = _read_file(Path(value)) if form == "key_file" else value
    if not key:
        raise ValueError("is empty")
    return hashlib.sha256(key.encode()).digest()


def _read_file(path: Path) -> str:
    """The key in a file: its one line, without the line's end."""
    try:
        with path.open("rb") as file:
            content = file.read(_FILE_BYTES)
    except OSError as exc:
        raise ValueError(f"cannot be read ({exc.strerror}): give the path of a file with the key") from exc
    try:
        text: str = convert(SourceKey("key", "secret", in_header=True), content.decode("utf-8-sig"))
    except UnicodeDecodeError as exc:
        raise ValueError("is a file that is not UTF-8 text") from exc
    return text


def _doubled(keys: Sequence[KeySettings]) -> list[str]:
    """Faults of a key that two callers would share, and of a caller whose keys have different roles."""
    names_by_digest: dict[bytes, set[str]] = {}
    roles_by_name: dict[str, set[tuple[str, ...]]] = {}
    for key in keys:
        names_by_digest.setdefault(key.digest, set()).add(key.name)
        roles_by_name.setdefault(key.name, set()).add(key.roles)
    uses = Counter(key.digest for key in keys)
    shared = [
        f"auth.keys {' and '.join(sorted(names))}: are {uses[digest]} entries of one key: give each its own"
        for digest, names in names_by_digest.items()
        if uses[digest] > 1
    ]
    return shared + [
        f"auth.keys {name}: its keys have different roles: give all the same, or take another name"
        for name, roles in roles_by_name.items()
        if len(roles) > 1
    ]
