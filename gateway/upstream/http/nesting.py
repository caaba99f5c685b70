"""Finds JSON that is nested without end: what works on it later would run out of stack."""

from typing import Any

DEEPEST = 64

_ROUNDS = 24
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def too_deep(body: bytes, decoded: Any) -> bool:
    """
    Whether a decoded body is nested more than 64 levels deep. Costs next to nothing for the usual body.

    >>> import json
    >>> too_deep(b'{"a": [{"b": "]]]"}]}', {"a": [{"b": "]]]"}]})
    False
    >>> deep = b"[" * 80 + b"]" * 80
    >>> too_deep(deep, json.loads(deep))
    True
    """
    if body.count(b"{") + body.count(b"[") <= DEEPEST:
        return False
    brackets = body.translate(None, _ALL_BUT_BRACKETS)
    for _ in range(_ROUNDS):
        less = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if not less:
            return False
        if len(less) == len(brackets):
            break  # strings that hold brackets
        brackets = less
    return _depth_exceeds(decoded)


def _depth_exceeds(decoded: Any) -> bool:
    level = [decoded]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
