"""From what stands in the environment or in TOML to a value of the setting's kind."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from gateway.settings.keys import Key, Kind

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


def convert(key: Key, raw: Any) -> Any:
    """
    The value of a setting. Raises ValueError with what to do about it, and never with the value itself:
    it may be a secret that was put in the wrong place.

    >>> convert(Key("status_map", "map"), "Active=IN_USE, Broken=MAINTENANCE")
    {'Active': 'IN_USE', 'Broken': 'MAINTENANCE'}
    >>> convert(Key("concurrency", "whole", least=1), "0")
    Traceback (most recent call last):
    ValueError: is too small: 1 or more is allowed
    """
    value = _CONVERTERS[key.kind](raw)
    if key.kind in {"number", "whole"} and value < key.least:
        raise ValueError(f"is too small: {key.least:g} or more is allowed")
    if key.choices and value not in key.choices:
        raise ValueError(f"is none of {', '.join(key.choices)}")
    return value


def _text(raw: Any) -> str:
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return str(raw)
    if not isinstance(raw, str):
        raise ValueError("is not text: write one quoted value")  # noqa: TRY004 (one kind of fault for all settings)
    text = raw.strip()
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise ValueError("has a line break or another control character in it: remove it")
    return text


def _number(raw: Any) -> float:
    try:
        number = float(_text(raw))
    except ValueError as exc:
        raise ValueError("is not a number") from exc
    if not math.isfinite(number):
        raise ValueError("is not a finite number")
    return number


def _whole(raw: Any) -> int:
    try:
        return int(_text(raw))
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


_CONVERTERS: Mapping[Kind, Callable[[Any], Any]] = {
    "text": _text,
    "secret": _text,
    "number": _number,
    "whole": _whole,
    "flag": _flag,
    "words": _words,
    "map": _map,
    "url": _url,
}
