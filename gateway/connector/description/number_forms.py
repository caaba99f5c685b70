"""Numbers as text: the form is given by an example, such as `1,250.00`."""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

from gateway.connector.description import convert

_MARKS = ".,'\N{RIGHT SINGLE QUOTATION MARK} \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
_EXAMPLE = re.compile(rf"(?P<before>[^\d+-]*?)(?P<number>\d[\d{re.escape(_MARKS)}]*\d|\d)(?P<after>[^\d]*)")


@cache
def number_form(example: str) -> Callable[[Any], Decimal | None]:
    """
    The conversion of numbers that are written as the example, None for those that are not.

    The example shows the mark between thousands and that before the fraction; a value may go without either. A currency
    beside the example's number may stand there, and no other. A JSON number is taken as it is. Raises ValueError if the
    example is no number.

    >>> english, german, euro = map(number_form, ("1,250.00", "1.250,00", "€ 12"))
    >>> english("1,234,567.8"), english("99"), english("1.250,00"), english("12,50")
    (Decimal('1234567.8'), Decimal('99'), None, None)
    >>> german("1.234,56"), german("-7,5"), german(Decimal("7.5"))
    (Decimal('1234.56'), Decimal('-7.5'), Decimal('7.5'))
    >>> euro("€ 12.50"), euro("12"), euro("$ 12"), number_form("12 kr")("8kr")
    (Decimal('12.50'), Decimal('12'), None, Decimal('8'))
    """
    shown = _EXAMPLE.fullmatch(example.strip())
    if shown is None:
        raise ValueError(f"{example!r} is no example of a number")
    thousands, fraction = _marks(shown["number"])
    grouped = rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|" if thousands else ""
    number = rf"(?P<whole>{grouped}\d+)(?:{re.escape(fraction)}(?P<fraction>\d+))?"
    before, after = (_currency(shown[side]) for side in ("before", "after"))
    form = re.compile(rf"(?:{before})(?P<sign>[+-]?)(?:{before}){number}(?:{after})", re.ASCII)

    def read(raw: Any) -> Decimal | None:
        if not isinstance(raw, str):
            return convert.decimal(raw)
        written = form.fullmatch(raw.strip())
        if written is None:
            return None
        digits = written["whole"].replace(thousands, "") if thousands else written["whole"]
        fraction_digits = f".{written['fraction']}" if written["fraction"] else ""
        return convert.decimal(f"{written['sign']}{digits}{fraction_digits}")

    return read


def _marks(number: str) -> tuple[str, str]:
    """The mark between thousands, empty if there is none, and that before the fraction."""
    marks = [character for character in number if not character.isdecimal()]
    if not marks:
        return "", "."
    last = marks[-1]
    if len(set(marks)) == 1 and re.fullmatch(rf"\d{{1,3}}(?:{re.escape(last)}\d{{3}})+", number):
        return last, "," if last == "." else "."
    if marks.count(last) > 1 or len(set(marks)) > 2:
        raise ValueError(f"{number!r} is no example of a number")
    return (marks[0] if len(marks) > 1 else ""), last


def _currency(shown: str) -> str:
    """A pattern for what stands beside the number, which a value may leave out."""
    word = shown.strip()
    return rf"\s*(?:{re.escape(word)})?\s*" if word else ""
