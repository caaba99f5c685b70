"""Halo's extra reads. Halo API, "Get Next Asset Tag": a dynamic object."""

from collections.abc import Mapping
from typing import Any

from gateway.connector.description import convert

_KEYS = ("tag", "value", "inventory_number", "next_tag", "nexttag")


def next_tag(body: Any) -> str | None:
    """
    The tag, bare or wrapped in an object. Raises ValueError if there is none.

    >>> next_tag("A-101"), next_tag(102), next_tag({"tag": "A-103"})
    ('A-101', '102', 'A-103')
    """
    raw_tag = next((body[key] for key in _KEYS if key in body), None) if isinstance(body, Mapping) else body
    tag = convert.text(raw_tag)
    if tag is None:
        raise ValueError("no tag")
    return tag
