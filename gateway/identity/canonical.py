"""
Canonical forms: values as they are compared. Each function is idempotent: canonical(canonical(x)) == canonical(x).

Unicode compatibility forms are folded, upper case, blanks and invisible characters removed; then letters and digits
only. `O` and `0` stay apart: both numbers exist.
"""

import re
import unicodedata

# a label with punctuation cannot come back once only letters and digits remain; the wordy ones are removed repeatedly
_LABEL = re.compile(
    r"(?:S/N[:.#=]*|(?:SN|SERIAL|SERIALNO|SERIALNR|SERIALNUMBER|SERVICETAG|SERIENNUMMER)[:.#=]+)+", re.ASCII
)
_SPACED_LABEL = re.compile(r"\s*SN\s+(?=\S)", re.ASCII | re.IGNORECASE)
_WORDY_LABELS = ("SERIALNUMBER", "SERIALNO")
_PUNCTUATION = {code: None for code in range(128) if not chr(code).isalnum()}
_NOT_HEX = re.compile(r"[^0-9A-F]")
_CARD_DIGITS = 12
_CARD_TEXT_LIMIT = 64


def fold(text: str) -> str:
    r"""
    Upper case of the compatibility form, without blanks and invisible characters: a fixed point of both.

    >>> fold("\uff30OS 24\u200b07")
    'POS2407'
    """
    if text.isascii():
        return "".join(text.upper().split()) if not text.isalnum() else text.upper()
    while True:
        upper = unicodedata.normalize("NFKC", text).upper()
        folded = "".join(
            character for character in upper if character.isprintable() and not character.isspace()
        )
        if folded == text:
            return folded
        text = folded


def letters_and_digits(folded: str) -> str:
    """Letters and digits of a folded text."""
    if folded.isalnum():
        return folded
    if folded.isascii():
        return folded.translate(_PUNCTUATION)
    return "".join(filter(str.isalnum, folded))


def canonical_tag(text: str | None) -> str:
    """
    Asset tag as compared.

    >>> canonical_tag(" eq-7006")
    'EQ7006'
    """
    if not text:
        return ""
    if text.isascii():
        return text.upper().translate(_PUNCTUATION)
    while True:
        compact = letters_and_digits(fold(text))
        if compact == text:
            return compact
        text = compact


def canonical_number(text: str | None) -> str:
    r"""
    Serial number as compared: as a tag, and without the label before it.

    >>> canonical_number("S/N: CX77-0402-Z19")
    'CX770402Z19'
    >>> canonical_number("Serial No. 4711\u00a0A")
    '4711A'
    """
    if not text:
        return ""
    if text[0] in " Ss" and (label := _SPACED_LABEL.match(text)):
        text = text[label.end() :]
    folded = fold(text)
    if folded[0:1] == "S" and (label := _LABEL.match(folded)):
        folded = folded[label.end() :]
    compact = letters_and_digits(folded)
    while compact.startswith(_WORDY_LABELS):
        compact = compact.removeprefix("SERIALNUMBER").removeprefix("SERIALNO")
    return compact if compact.isascii() else canonical_tag(compact)


def canonical_card(text: str | None) -> str:
    """
    Network card's address: twelve hexadecimal digits, or nothing. Addresses that no card has alone are nothing.

    >>> canonical_card("A0-29-19-44-00-7E")
    'A0291944007E'
    >>> canonical_card("00:00:00:00:00:00")
    ''
    """
    if not text or len(text) > _CARD_TEXT_LIMIT:
        return ""
    digits = _NOT_HEX.sub("", text.upper())
    if len(digits) != _CARD_DIGITS or len(set(digits)) == 1:
        return ""
    return digits if int(digits[1], 16) % 2 == 0 else ""  # an odd first byte is a group's address
