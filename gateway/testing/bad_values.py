"""Bad values: ids that could change an address, and values of types that no document promises."""

from collections.abc import Mapping
from typing import Any

#: Native ids that must not have the form of a vendor's ids.
BAD_IDS = (
    "..",
    "../1",
    "1/..",
    "a/b",
    "1%2f2",
    "%2e%2e",
    "1?x=1",
    "?x=1",
    "1#a",
    "1&company=2",
    "1,2",
    "1\n",
    "\n",
    "1\x00",
    " ",
    "",
    "-1",
    "\N{DEVANAGARI DIGIT ONE}",
)
#: The last part of a global id, percent-encoded.
BAD_PATH_PARTS = (
    "..%2F..%2Fetc",
    "1%3Fx%3D1",
    "..",
    "%2e%2e",
    "1%23",
    "1%00",
    "list%20",
    "-5",
    "1%2C2",
)
#: Values that a row may have in spite of its documents, each with a name.
ODD_VALUES: Mapping[str, Any] = {
    "a number": 7,
    "text": "odd",
    "true": True,
    "a list": [1, "x", None],
    "an object": {"odd": {"x": [1]}},
    "rows of words": ["a", "b"],
    "a huge number": 10**30,
    "a long text": "x" * 5000,
    "a null": None,
}
_CUSTOM = [{"custom_field_id": "7", "value": ""}, {"custom_field_id": 7, "name": "x", "value": "z"}]
_TEXTS = [None, "", "7", "soon", "active", "2024-01-15", "2024-01-15T09:30:00Z", "3499.00", "1,250.00"]
#: Values of which rows are made that are read as a column and each by itself.
ROW_VALUES: tuple[Any, ...] = (
    *_TEXTS,
    *(0, 7, -1, True, 1.5, [], {}, {"name": "x", "id": 7}, _CUSTOM, [None], [[]]),
)
