"""
Bounds of a request's text, checked before it is parsed: the parser and all who walk its tree recurse.

Text in quotes counts for nothing, so that no word in it is taken for an operator.
"""

import re
from collections.abc import Iterable

from gateway.tables.odata.refusal import bad_request, not_implemented

MAX_LEVELS, MAX_OPERATORS = 40, 200
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_OPERATOR = re.compile(
    r"(?<![\w/.@$])(?:and|or|not|eq|ne|gt|ge|lt|le|has|in|add|sub|mul|div|divby|mod|AND|OR|NOT)(?!\w)|-(?![\dI])"
)
_LAMBDA = re.compile(r"/(?:any|all)\s*\(")
_BRACKET = re.compile(r"[(\[]|[)\]]")


def check_texts(texts: Iterable[str]) -> None:
    """
    Raises ODataRefusal if the options of one request are nested too deeply or have too many operators.

    >>> check_texts(["contains(name, '(((') and status eq 'not not'"])
    """
    operators = 0
    for text in texts:
        bare = _QUOTED.sub("''", text)
        if _levels(bare) > MAX_LEVELS:
            raise bad_request(f"More than {MAX_LEVELS} levels of brackets.")
        if _LAMBDA.search(bare):
            raise not_implemented("`any` and `all` are not served: there are no collections in a row.")
        operators += len(_OPERATOR.findall(bare))
    if operators > MAX_OPERATORS:
        raise bad_request(f"More than {MAX_OPERATORS} operators.")


def _levels(text: str) -> int:
    """
    The deepest nesting of brackets.

    >>> _levels("a(b[c])(d)")
    2
    """
    level = deepest = 0
    for match in _BRACKET.finditer(text):
        level += 1 if match.group() in "([" else -1
        deepest = max(deepest, level)
    return deepest
