"""Conversion of a raw value, from the environment or from TOML, to one of the setting's kind."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from gateway.literals import parse_decimal, parse_whole
from gateway.settings.keys import Kind, SourceKey
from gateway.settings.origins import to_origin

_FLAGS = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}

_ID = re.compile(r"[0-9]{1,18}")


def convert(key: SourceKey, raw: Any) -> Any:
    """
    The value of a setting. Raises ValueError with what to do about it, and never with the value itself:
    it may be a secret that was put in the wrong place.

    >>> convert(SourceKey("status_map", "map"), "Active=IN_USE, Broken=MAINTENANCE")
    {'Active': 'IN_USE', 'Broken': 'MAINTENANCE'}
    >>> convert(SourceKey("status_map", "map", choices=("IN_USE", "RETIRED")), "Active=in use, Gone=retired")
    {'Active': 'IN_USE', 'Gone': 'RETIRED'}
    >>> convert(SourceKey("concurrency", "whole", least=1), "0")
    Traceback (most recent call last):
    ValueError: is too small: 1 or more is allowed
    """
    value = _CONVERTERS[key.kind](raw)
    if key.kind in {"number", "whole"} and value < key.least:
        raise ValueError(f"is too small: {key.least:g} or more is allowed")
    if key.in_header:
        _check_header_text(value)
    return _chosen(value, key.choices) if key.choices else value


def _check_header_text(value: str | Sequence[str]) -> None:
    r"""
    Raise ValueError unless each text can be sent in an HTTP header.

    >>> _check_header_text(("k\u00fcrzel", "\u201ckey\u201d"))
    Traceback (most recent call last):
    ValueError: has a character in it that no HTTP header can hold, such as a curly quote: type it anew
    """
    for text in (value,) if isinstance(value, str) else value:
        _check_visible(text)
        if any(ord(character) > 0xFF for character in text):
            raise ValueError(
                "has a character in it that no HTTP header can hold, such as a curly quote: type it anew"
            )


def _check_visible(text: str) -> None:
    """Raise ValueError for a character that nobody sees, as text that was copied from a page or a file may have."""
    if not text.isprintable():
        raise ValueError(
            "has an invisible character in it, such as a byte order mark or a zero-width space: type it anew"
        )


def _chosen(value: Any, choices: Sequence[str]) -> Any:
    """The choices by their own spelling, however they are written: `in-use` and `In use` are IN_USE."""
    by_word = {_plain(choice): choice for choice in choices}
    allowed = ", ".join(choices)
    if not isinstance(value, Mapping):
        choice = by_word.get(_plain(value))
        if choice is None:
            raise ValueError(f"is none of {allowed}")
        return choice
    wrong = [str(position) for position, word in enumerate(value.values(), 1) if _plain(word) not in by_word]
    if wrong:
        raise ValueError(f"may lead only to {allowed}: mend pair {', '.join(wrong)}")
    return {name: by_word[_plain(word)] for name, word in value.items()}


def _plain(word: str) -> str:
    return re.sub(r"[\s-]", "_", word).casefold()


def _text(raw: Any) -> str:
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return str(raw)
    if not isinstance(raw, str):
        raise ValueError("is not text: write one quoted value")  # noqa: TRY004 (one kind of fault for all settings)
    text = raw.strip()
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise ValueError("has a line break or another control character in it: remove it")
    return text


def _secret(raw: Any) -> str:
    text = _text(raw)
    _check_visible(text)
    return text


def _number(raw: Any) -> float:
    try:
        number = float(parse_decimal(_text(raw)))
    except ValueError as exc:
        raise ValueError("is not a finite number: write one such as 1.5") from exc
    if not math.isfinite(number):
        raise ValueError("is not a finite number: write one such as 1.5")
    return number


def _whole(raw: Any) -> int:
    try:
        return parse_whole(_text(raw))
    except ValueError as exc:
        raise ValueError("is not a whole number") from exc


def _flag(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    flag = _FLAGS.get(_text(raw).lower())
    if flag is None:
        raise ValueError("is neither true nor false")
    return flag


def _words(raw: Any) -> tuple[str, ...]:
    if isinstance(raw, list):
        return tuple(word for item in raw if (word := _text(item)))
    return tuple(word for part in _text(raw).split(",") if (word := part.strip()))


def _map(raw: Any) -> dict[str, str]:
    if isinstance(raw, Mapping):
        return {str(name).strip(): _text(value) for name, value in raw.items()}
    text = _text(raw)
    if text.startswith("{"):
        try:
            table = json.loads(text)
        except (ValueError, RecursionError) as exc:
            raise ValueError("is not valid JSON: write {...} or NAME=VALUE,NAME=VALUE") from exc
        return _map(table)
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not all(name.strip() and equals for name, equals, _ in pairs):
        raise ValueError("is not NAME=VALUE,NAME=VALUE")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _ids(raw: Any) -> dict[str, int]:
    ids_by_name = _map(raw)
    wrong = [
        str(position) for position, native in enumerate(ids_by_name.values(), 1) if not _ID.fullmatch(native)
    ]
    if wrong:
        raise ValueError(f"may lead only to whole numbers: mend pair {', '.join(wrong)}")
    return {name: int(native) for name, native in ids_by_name.items()}


def _zone(raw: Any) -> str:
    name = _text(raw)
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as exc:  # unknown, outside the zones' folder, a folder of zones
        raise ValueError("is no time zone: write one such as Europe/Brussels") from exc
    return name


def _url(raw: Any) -> str:
    text = _text(raw)
    advice = "is not an absolute http or https URL: write one such as https://acme.example/api"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError as exc:
        raise ValueError(advice) from exc
    if not usable or " " in text:
        raise ValueError(advice)
    if parts.username is not None or parts.password is not None:
        raise ValueError("has a user or password in it: give them in settings of their own")
    if "?" in text or "#" in text:
        raise ValueError("has a query or a fragment: leave out what stands behind ? or #")
    return text.rstrip("/")


def _origins(raw: Any) -> tuple[str, ...]:
    words = _words(raw)
    if "*" in words and len(words) > 1:
        raise ValueError("has * beside other origins: leave * alone, or remove it")
    return tuple(map(to_origin, words))


def _moment(raw: Any) -> datetime:
    advice = "is no moment with a zone: write one such as 2027-01-01T00:00:00Z"
    try:
        moment = raw if isinstance(raw, datetime) else datetime.fromisoformat(_text(raw))
    except ValueError as exc:
        raise ValueError(advice) from exc
    if moment.tzinfo is None:
        raise ValueError(advice)
    return moment


def _table(raw: Any) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise ValueError("is no table: write { NAME = VALUE }")  # noqa: TRY004 (one kind of fault for all settings)
    return raw


def _tables(raw: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    return {
        name: {inner: _words(words) for inner, words in _table(table).items()}
        for name, table in _table(raw).items()
    }


_CONVERTERS: Mapping[Kind, Callable[[Any], Any]] = {
    "text": _text,
    "secret": _secret,
    "number": _number,
    "whole": _whole,
    "flag": _flag,
    "words": _words,
    "map": _map,
    "ids": _ids,
    "zone": _zone,
    "url": _url,
    "origins": _origins,
    "moment": _moment,
    "table": _table,
    "tables": _tables,
}
