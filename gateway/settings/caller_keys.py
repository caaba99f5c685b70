"""Reading of the callers' named keys, `[[auth.keys]]`: of a key only its digest is kept."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.settings.access import KeySettings
from gateway.settings.declared_table import read_table
from gateway.settings.keys import SourceKey
from gateway.settings.secret_files import read_secret
from gateway.settings.values import convert

_KEY = SourceKey("key", "secret", in_header=True)
_KEYS = (
    _KEY,
    SourceKey("name", "text", required=True, help="the caller's name, as logs show it"),
    SourceKey("sha256", "text"),
    SourceKey("key_file", "text"),
    SourceKey("roles", "words", default=()),
    SourceKey("expires", "moment"),
)
_FORMS = ("sha256", "key", "key_file")
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_NAME_CHARACTERS = 64


def read_keys(raw: Any, faults: list[str]) -> tuple[KeySettings, ...]:
    """The keys without faults, in their order."""
    if not isinstance(raw, list):
        faults.append("auth.keys: is no list of tables: write each key as [[auth.keys]]")
        return ()
    keys = [key for number, table in enumerate(raw, 1) if (key := _read_key(table, number, faults))]
    faults += _doubled(keys)
    return tuple(keys)


def key_files(raw: Any) -> list[Path]:
    """The files that keys are read from."""
    tables = [table for table in raw if isinstance(table, Mapping)] if isinstance(raw, list) else []
    return [Path(file) for table in tables if isinstance(file := table.get("key_file"), str) and file]


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
    key = convert(_KEY, read_secret(Path(value))) if form == "key_file" else value
    if not key:
        raise ValueError("is empty")
    return hashlib.sha256(key.encode()).digest()


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
