"""Fair comparison: whether two values of a field say the same thing, once writing is set aside."""

import ipaddress
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from gateway.identity.canonical import canonical_card, canonical_number, canonical_tag
from gateway.identity.countries import country_code
from gateway.identity.fields import FieldKind
from gateway.identity.label_forms import readings
from gateway.identity.makers import maker_family
from gateway.identity.models import model_words, same_model

_CENT = Decimal("0.01")
_DAY = 1


class PersonValue(NamedTuple):
    """Somebody, as a record names them."""

    name: str | None = None
    email: str | None = None


class PlaceValue(NamedTuple):
    """A place, as a record names it."""

    name: str | None = None
    country: str | None = None


class TermValue(NamedTuple):
    """A warranty or support: the day that it ends, and the whole of it as the record tells it."""

    end: date | None = None
    whole: object = None


def has_value(kind: FieldKind, value: object) -> bool:
    """Null, empty and `UNKNOWN` are no value."""
    if value is None or value == "":
        return False
    if isinstance(value, str):
        first = value[0]
        if kind is not FieldKind.MAKER and first.isalnum() and first.isascii() and first not in "Uu":
            return True
        text = canonical_tag(value)
        return text not in {"", "UNKNOWN"} and (kind is not FieldKind.MAKER or bool(maker_family(value)))
    if isinstance(value, PersonValue | PlaceValue):
        return any(value)
    if isinstance(value, TermValue):
        return value.end is not None or value.whole is not None
    return True


def says_the_same(kind: FieldKind, lhs: object, rhs: object) -> bool:
    """
    Both values mean the same.

    >>> says_the_same(FieldKind.MODEL, "ThinkPad T14s", "T14s"), says_the_same(FieldKind.STATUS, "RETIRED", "IN_USE")
    (True, False)
    >>> says_the_same(FieldKind.PERSON, PersonValue("Doe, Jane"), PersonValue("Jane Doe", "jane@example.com"))
    True
    """
    return lhs == rhs or _COMPARISONS[kind](lhs, rhs)


def _text(lhs: object, rhs: object) -> bool:
    return canonical_tag(str(lhs)) == canonical_tag(str(rhs))


def _address(lhs: object, rhs: object) -> bool:
    try:
        return ipaddress.ip_address(str(lhs).strip()) == ipaddress.ip_address(str(rhs).strip())
    except ValueError:
        return _text(lhs, rhs)


def _number(lhs: object, rhs: object) -> bool:
    return not _number_forms(str(lhs)).isdisjoint(_number_forms(str(rhs)))


def _number_forms(written: str) -> set[str]:
    number = canonical_number(written)
    return {number, *(reading for _, reading in readings(number, ""))}


def _maker(lhs: object, rhs: object) -> bool:
    return maker_family(str(lhs)) == maker_family(str(rhs))


def _model(lhs: object, rhs: object) -> bool:
    words = model_words(str(lhs)), model_words(str(rhs))
    return same_model(*words) if all(words) else True  # "Laptop" says no model, so nothing else either


def _card(lhs: object, rhs: object) -> bool:
    return canonical_card(str(lhs)) == canonical_card(str(rhs))


def _status(lhs: object, rhs: object) -> bool:
    return str(lhs) == str(rhs)


def _person(lhs: object, rhs: object) -> bool:
    if not isinstance(lhs, PersonValue) or not isinstance(rhs, PersonValue):
        return _text(lhs, rhs)
    if lhs.email and rhs.email:
        return lhs.email.strip().casefold() == rhs.email.strip().casefold()
    if not lhs.name or not rhs.name:
        return not (lhs.email or rhs.email) or not (lhs.name or rhs.name)
    return _name_words(lhs.name) == _name_words(rhs.name)


def _name_words(name: str) -> list[str]:
    return sorted(filter(None, map(canonical_tag, name.replace(",", " ").split())))


def _place(lhs: object, rhs: object) -> bool:
    if not isinstance(lhs, PlaceValue) or not isinstance(rhs, PlaceValue):
        return _text(lhs, rhs)
    if lhs.country and rhs.country and country_code(lhs.country) != country_code(rhs.country):
        return False
    return not lhs.name or not rhs.name or _text(lhs.name, rhs.name)


def _day(lhs: object, rhs: object) -> bool:
    if not isinstance(lhs, date) or not isinstance(rhs, date):
        return _text(lhs, rhs)
    return abs(lhs.toordinal() - rhs.toordinal()) <= _DAY


def _amount(lhs: object, rhs: object) -> bool:
    try:
        return abs(Decimal(str(lhs)) - Decimal(str(rhs))) <= _CENT
    except InvalidOperation:
        return _text(lhs, rhs)


def _term(lhs: object, rhs: object) -> bool:
    if not isinstance(lhs, TermValue) or not isinstance(rhs, TermValue):
        return _text(lhs, rhs)
    return lhs.end is None or rhs.end is None or _day(lhs.end, rhs.end)


_COMPARISONS: dict[FieldKind, Callable[[object, object], bool]] = {
    FieldKind.TEXT: _text,
    FieldKind.ADDRESS: _address,
    FieldKind.NUMBER: _number,
    FieldKind.TAG: _text,
    FieldKind.MAKER: _maker,
    FieldKind.MODEL: _model,
    FieldKind.STATUS: _status,
    FieldKind.PLACE: _place,
    FieldKind.PERSON: _person,
    FieldKind.DAY: _day,
    FieldKind.AMOUNT: _amount,
    FieldKind.CARD: _card,
    FieldKind.TERM: _term,
}
