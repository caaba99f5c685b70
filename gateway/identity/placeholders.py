"""
Numbers that identify nothing, or little, by what they look like: makers' placeholders, runs, one character
repeated; and weak ones, which are good only with a second identifier.
"""

import re
import unicodedata

_PLACEHOLDERS = frozenset(
    {
        "TOBEFILLEDBYOEM", "DEFAULTSTRING", "SYSTEMSERIALNUMBER", "CHASSISSERIALNUMBER", "BASEBOARDSERIALNUMBER",
        "NOTSPECIFIED",
        "NOTAPPLICABLE", "NOTAVAILABLE", "NOTPRESENT", "NONE", "NULL", "UNKNOWN", "UNBEKANNT", "INVALID", "EMPTY",
        "OEM", "SERIAL",
        "SERIALNUMBER", "SYSTEMNAME", "SSN12345678901234567", "EVAL", "PENDING", "MISSING", "UNDEFINED", "VOID",
        "TEST", "NOSERIAL",
        "NOSERIALNUMBER", "KEINE", "NOTSET", "OEMSERIAL", "OEMSERIALNUMBER", "TBDBYOEM", "FILLEDBYOEM",
        "TOBEFILLED", "NUMBER", "XXXX",
        "123ABC", "ABC123", "ABCD1234", "SERIALNUMBERHERE", "SEESTICKER", "SEELABEL", "ONREQUEST", "NOTFOUND",
        "UNASSIGNED", "VIRTUAL",
        "0000000001", "00000001", "0123456789ABCDEF", "1234567890AB", "1234567890ABC", "NOASSETTAG",
        "NOASSETINFORMATION", "ASSETTAG",
        "NA", "NIL", "TBA", "TBD", "XXX",
    }
)  # fmt: skip
_SPREADSHEET = re.compile(
    r"\d+E\+\d+"
)  # 2.04177E+11: what a spreadsheet leaves of a number, the same for many
_WORD = re.compile(r"([A-Z]{4,})\d{0,5}[A-Z]?", re.ASCII)
_UNSPEAKABLE = re.compile(r"[^AEIOUY]{4}|[AEIOUY]{4}|^[^AEIOUY]*$")
_WRITTEN_LABEL = re.compile(r"^\s*(?:S/N|SN|SERIAL(?:\s*(?:NO|NR|NUMBER))?)\b[\s.:#=]*", re.ASCII)
_WRITTEN_WORD = re.compile(r"(?<![A-Z0-9])[A-Z]{5,}(?![A-Z0-9])", re.ASCII)
_WORD_LETTERS = re.compile(r"[A-Z]{5}", re.ASCII)
_LONG_RUN = re.compile(r"[A-Z]{6,}", re.ASCII)
_NO_VOWEL = re.compile(r"[^AEIOUY]*")
_NOT_VOWELS = re.compile(r"[^AEIOUY]")
_LENGTHS = {"DELL": (7,), "HP": (10,), "LENOVO": (7, 8), "APPLE": (10, 11, 12)}
_SHORTEST = 4
_BELIEVED_LENGTH = 12
_LONG_WORD = 6
_UP, _DOWN = "01234567890123456789", "98765432109876543210"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def identifies_nothing(number: str, written: str = "") -> bool:
    """
    A canonical number that says nothing about which thing it is on.

    >>> [identifies_nothing(number) for number in ("TOBEFILLEDBYOEM", "0000000", "23456789", "N7A", "4HJT9X3")]
    [True, True, True, True, False]
    """
    if len(number) < _SHORTEST or number in _PLACEHOLDERS:
        return True
    if number[0] == number[1] and len(set(number)) == 1:
        return True
    if number[0] in "0987654321" and (number in _UP or number in _DOWN):
        return True
    return number in _ALPHABET or (
        "+" in written and _SPREADSHEET.fullmatch(written.strip().upper().replace(".", "")) is not None
    )


def is_placeholder_word(number: str) -> bool:
    """
    True for letters that people and makers write instead of a number. Short and regular numbers pass, which may be
    good tags.

    >>> [is_placeholder_word(number) for number in ("NA", "DEFAULTSTRING", "ABC", "00000001", "1234")]
    [True, True, False, False, False]
    """
    return number.isalpha() and number in _PLACEHOLDERS


def is_mixed(number: str) -> bool:
    """Letters and digits."""
    return not number.isalpha() and not number.isdecimal()


def _is_speakable(word: str) -> bool:
    """A word, rather than letters that a serial number happens to have: three letters in ten are vowels."""
    return not _UNSPEAKABLE.search(word) and 10 * len(_NOT_VOWELS.sub("", word)) >= 3 * len(word)


def _visible(text: str) -> str:
    """Compatibility form without characters that are only formatting: a zero-width space parts no words."""
    normal = unicodedata.normalize("NFKC", text)
    return "".join(character for character in normal if unicodedata.category(character) != "Cf")


def words_in(written: str, number: str) -> int:
    r"""
    Words in a serial number: 2 if a long one stands by itself in what was written, after the label; 1 if a shorter
    one does, or letters that can be spoken stand in what is compared; else 0.

    >>> words_in("X9 unbekannt 22", "X9UNBEKANNT22"), words_in("K-NR-FEHLT-0815", "KNRFEHLT0815")
    (2, 1)
    >>> words_in("PF-3K7QJD", "PF3K7QJD"), words_in("FTS\u200bTMEYXXVE", "FTSTMEYXXVE")
    (0, 1)
    """
    if not _WORD_LETTERS.search(number):  # no room for a word
        return 0
    text = written if written.isascii() else _visible(written)
    words = _WRITTEN_WORD.findall(_WRITTEN_LABEL.sub("", text.upper()))
    if any(len(word) >= _LONG_WORD and _is_speakable(word) for word in words):
        return 2
    if any(not _NO_VOWEL.fullmatch(word) for word in words):
        return 1
    return int(any(map(_is_speakable, _LONG_RUN.findall(number))))


def is_weak_letters(number: str, family: str) -> bool:
    """
    Letters of a length that this maker gives, and yet maybe a word: too little to join by, but a number.

    >>> is_weak_letters("PFUFFIUJ", "LENOVO"), is_weak_letters("PFUFFIUJ", "")
    (True, False)
    """
    return number.isalpha() and len(number) in _LENGTHS.get(family, ()) and is_weak(number, family)


def is_weak(number: str, family: str) -> bool:
    """
    Good only with a second identifier: short, few digits and nothing else, a word, or a length that this maker
    never gives.

    >>> [is_weak(number, "DELL") for number in ("4HJT9X3", "4HJT9", "1234517", "LEASING", "4HJT9X3AB", "DLJHSSL")]
    [False, True, True, True, True, False]
    """
    length = len(number)
    if length < 6:
        return True
    if number.isdecimal():
        if length < 8:
            return True
    elif (word := _WORD.fullmatch(number)) and _is_speakable(word[1]):
        return True
    elif number.isalpha():
        return length not in _LENGTHS.get(family, ())
    elif length >= _BELIEVED_LENGTH:
        return False
    lengths = _LENGTHS.get(family)
    return lengths is not None and length not in lengths
