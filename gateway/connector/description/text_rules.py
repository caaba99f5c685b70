"""Which characters a text of an input may have: none that nobody sees, line breaks where there may be several lines."""

import re
from collections.abc import Mapping
from typing import Any

from gateway.connector.description.actions import InvalidValue

#: Inputs of several lines, or of whatever the vendor's field holds.
_LINES = frozenset(
    {"notes", "description", "note", "reason", "oldValue", "newValue", "customFields", "vendorFields"}
)
#: Unicode's control characters, and those that are neither tabs nor line breaks.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NO_BREAK = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def check_text(name: str, text: Any, *path: str) -> None:
    r"""
    Raise Unfit for the first character that cannot be in a field's value, however deep in it.

    >>> check_text("notes", "two\nlines"), check_text("customFields", [{"value": 5}])
    (None, None)
    >>> check_text("name", "two\nlines")
    Traceback (most recent call last):
    gateway.connector.description.actions.Unfit: has the control character U+000A, which has no place there
    """
    if isinstance(text, str):
        found = (_NO_BREAK if name in _LINES else _CONTROL).search(text)
        if found is not None:
            raise InvalidValue(
                f"has the control character U+{ord(found[0]):04X}, which has no place there", *path
            )
    elif isinstance(text, Mapping):
        for key, value in text.items():
            check_text(name, value, *path, str(key))
    elif isinstance(text, list):
        for place, value in enumerate(text):
            check_text(name, value, *path, str(place))
