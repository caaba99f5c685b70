"""Characters allowed in an input's text: no control characters, and line breaks only in fields of many lines."""

import re
from collections.abc import Mapping
from typing import Any

from gateway.connector.description.actions import InvalidValue

#: Input fields of many lines, or of any text that the vendor's field may hold.
_MULTILINE = frozenset(
    {"notes", "description", "note", "reason", "oldValue", "newValue", "customFields", "vendorFields"}
)
#: Unicode's control characters, and the same without tabs and line breaks.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NO_BREAK = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def check_text(name: str, text: Any, *path: str) -> None:
    r"""
    Check a field's value, at any depth. Raises InvalidValue for the first character that is not allowed.

    >>> check_text("notes", "two\nlines"), check_text("customFields", [{"value": 5}])
    (None, None)
    >>> check_text("name", "two\nlines")
    Traceback (most recent call last):
    gateway.connector.description.actions.InvalidValue: has the control character U+000A, which has no place there
    """
    if isinstance(text, str):
        match = (_NO_BREAK if name in _MULTILINE else _CONTROL).search(text)
        if match is not None:
            raise InvalidValue(
                f"has the control character U+{ord(match[0]):04X}, which has no place there", *path
            )
    elif isinstance(text, Mapping):
        for key, value in text.items():
            check_text(name, value, *path, str(key))
    elif isinstance(text, list):
        for index, value in enumerate(text):
            check_text(name, value, *path, str(index))
