"""Halo's further reads. Halo API, "Get Next Asset Tag": a dynamic object."""

from collections.abc import Mapping
from typing import Any

from gateway.connector.description import convert

_KEYS = ("tag", "value", "inventory_number", "next_tag", "nexttag")


def next_tag(body: Any) -> str | None:
    """
    The tag, whichever way it is wrapped. Raises ValueError where there is none.

    >>> next_tag("A-101"), next_tag(102), next_tag({"tag": "A-103"})
    ('A-101', '102', 'A-103')
    """
    found = next((body[key] for key in _KEYS if key in body), None) if isinstance(body, Mapping) else body
    tag = convert.text(found)
    if tag is None:
        raise ValueError("no tag")
    return tag
