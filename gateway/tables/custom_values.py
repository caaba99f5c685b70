"""Values of custom fields as text, numbers and days."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.connector.description import convert

_LONGEST_NUMBER = 40
_DAY = 10


def text_of(value: Any) -> str | None:
    """
    A value as text: objects and lists as JSON.

    >>> text_of(True), text_of({"b": 1, "a": None})
    ('true', '{"a": null, "b": 1}')
    """
    if isinstance(value, Mapping | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return ("true" if value else "false") if isinstance(value, bool) else convert.text(value)


def number_of(value: Any) -> Decimal | None:
    """
    The number that a value is, or is written as.

    >>> number_of("12.50"), number_of(7), number_of("7 rooms"), number_of("NaN"), number_of(True)
    (Decimal('12.50'), Decimal('7'), None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value).strip()
    if len(text) > _LONGEST_NUMBER or not text.isascii() or "_" in text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def day_of(value: Any) -> date | None:
    """
    The day that a value is written as, alone or with a time, in ISO's form.

    >>> day_of("2026-11-22"), day_of("2026-11-22T10:30:00Z"), day_of("20261122"), day_of(5)
    (datetime.date(2026, 11, 22), datetime.date(2026, 11, 22), None, None)
    """
    text = value.strip() if isinstance(value, str) else ""
    if text[4:5] != "-" or not text.isascii():
        return None
    try:
        return date.fromisoformat(text) if len(text) == _DAY else datetime.fromisoformat(text).date()
    except ValueError:
        return None
