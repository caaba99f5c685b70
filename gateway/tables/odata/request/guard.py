"""
Bounds of a request's text, checked before it is parsed: the parser and all who walk its tree recurse.

Text in quotes counts for nothing, so that no word in it is taken for an operator.
"""

import re
from collections.abc import Mapping

from gateway.tables.odata.refusal import bad_request, not_implemented

MAX_LEVELS, MAX_OPERATORS = 40, 200
#: Each is looked for in every text column.
MAX_SEARCH_WORDS = 20
_SEARCH = "$search"
_QUOTED = re.compile(r"'[^']*'")
_PHRASE = re.compile(r'"[^"]*"')
_OPERATOR = re.compile(
    r"(?<![\w/.@$])(?:and|or|not|eq|ne|gt|ge|lt|le|has|in|add|sub|mul|div|divby|mod)(?!\w)|-(?![\dI])"
)
_LAMBDA = re.compile(r"/(?:any|all)\s*\(")
_BRACKET = re.compile(r"[(\[]|[)\]]")


def check_texts(path: str, options: Mapping[str, str]) -> None:
    """
    Raises ODataRefusal if the path or the options of one request are nested too deeply or have too many operators.

    >>> check_texts("assets('(')", {"$filter": "contains(name, '(((') and status eq 'not not'"})
    """
    operators = 0
    for name, text in {"": path, **options}.items():
        if name == _SEARCH:
            _check_search(text)
            continue
        bare = _QUOTED.sub("''", text)
        _check_levels(bare)
        if _LAMBDA.search(bare):
            raise not_implemented("`any` and `all` are not served: there are no collections in a row.")
        operators += len(_OPERATOR.findall(bare))
    if operators > MAX_OPERATORS:
        raise bad_request(f"More than {MAX_OPERATORS} operators.")


def _check_search(text: str) -> None:
    """Raises ODataRefusal. A phrase counts as one word, and so does each operator."""
    bare = _PHRASE.sub("x", text)
    _check_levels(bare)
    if len(bare.replace("(", " ").split()) > MAX_SEARCH_WORDS:
        raise bad_request(f"A search has at most {MAX_SEARCH_WORDS} words.")


def _check_levels(text: str) -> None:
    if _levels(text) > MAX_LEVELS:
        raise bad_request(f"More than {MAX_LEVELS} levels of brackets.")


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
