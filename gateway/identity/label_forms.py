"""
Makers' label forms: what a bar code or label wraps around the serial number, for that maker only.

    Lenovo  `1S` + machine type (10 or 7) + serial number (8 or 7), or machine type + serial number
    Apple   `S` + serial number (10 to 12)
    HP      serial number (10) + product number, as `5CG0123456 9G0M4ET#ABU`
    Dell    Express Service Code: the service tag, read in base 36, as a decimal number
"""

import re

_LENOVO_LENGTHS = frozenset({14, 15, 16, 17, 18, 19, 20})
_HP = re.compile(
    r"([0-9A-Z]{10})(?:[0-9A-Z]{5}[A-Z]{2}(?:[A-Z]{2}[0-9A-Z])?|\d{6}[A-Z0-9]{3}|P\d{5}[A-Z]\d{2})", re.ASCII
)
_DELL_CODES = range(36**6, 36**7)
_DELL_DIGITS = (10, 11)
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LONGEST = 20

Readings = tuple[tuple[str, str], ...]  # (maker family, number that it would be)


def readings(number: str, family: str) -> Readings:
    """
    Numbers that a canonical number is behind a maker's label: as this maker's, or, without a maker, as each maker's.

    >>> readings("1S20XWCTO1WWPF3K7QJD", "LENOVO")
    (('LENOVO', 'PF3K7QJD'),)
    >>> readings("9768332919", "")
    (('DELL', '4HJT9X3'),)
    >>> readings("9768332919", "APC")
    ()
    """
    length = len(number)
    if not 10 <= length <= LONGEST or not number.isascii():
        return ()
    if number.isdecimal():
        if length in _DELL_DIGITS and family in {"", "DELL"} and int(number) in _DELL_CODES:
            return (("DELL", _base36(int(number))),)
        return ()
    forms: list[tuple[str, str]] = []
    if length in _LENOVO_LENGTHS and family in {"", "LENOVO"}:
        forms += [("LENOVO", serial) for serial in _lenovo(number)]
    if family in {"", "APPLE"} and number[0] == "S" and length <= 13:
        forms.append(("APPLE", number[1:]))
    if length >= 16 and family in {"", "HP"} and (wrapped := _HP.fullmatch(number)):
        forms.append(("HP", wrapped[1]))
    return tuple(forms)


def _lenovo(number: str) -> list[str]:
    """Serial numbers of 8 or 7 characters at the end, if the length leaves a machine type of 10 or 7 before them."""
    labelled = number.startswith("1S")
    rest = len(number) - (2 if labelled else 0)
    return [
        number[-serial:]
        for serial in (8, 7)
        if rest - serial in {10, 7} and number[-serial].isalpha() and number[2 if labelled else 0].isdigit()
    ]


def _base36(code: int) -> str:
    digits = ""
    while code:
        code, digit = divmod(code, 36)
        digits = _DIGITS[digit] + digits
    return digits
