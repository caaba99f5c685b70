"""Nesting limit of JSON: recursive code that works on a deeper value would run out of stack."""

from typing import Any

MAX_DEPTH = 64

_ROUNDS = 24
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def too_deep(body: bytes, decoded: Any) -> bool:
    """
    True if a decoded body is nested more than 64 levels deep. Cheap for the usual body.

    >>> import json
    >>> too_deep(b'{"a": [{"b": "]]]"}]}', {"a": [{"b": "]]]"}]})
    False
    >>> deep = b"[" * 80 + b"]" * 80
    >>> too_deep(deep, json.loads(deep))
    True
    """
    if body.count(b"{") + body.count(b"[") <= MAX_DEPTH:
        return False
    brackets = body.translate(None, _ALL_BUT_BRACKETS)
    for _ in range(_ROUNDS):
        reduced = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if not reduced:
            return False
        if len(reduced) == len(brackets):
            break  # strings that hold brackets
        brackets = reduced
    return _depth_exceeds(decoded)


def _depth_exceeds(decoded: Any) -> bool:
    level = [decoded]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
