"""
Models as compared: words without the maker's name, punctuation and kinds of things. One model says what the other
says if its words stand in the other.
"""

import re
import unicodedata

from gateway.identity.canonical import canonical_tag

TYPE_WORDS = frozenset(
    {
        "LAPTOP", "NOTEBOOK", "DESKTOP", "SERVER", "COMPUTER", "PC", "WORKSTATION", "MONITOR", "DISPLAY", "PRINTER",
        "SWITCH", "PHONE",
        "TABLET", "SCANNER", "ROUTER", "DEVICE", "HARDWARE", "OTHER", "UNKNOWN", "NONE", "NA", "NULL", "VM",
        "SYSTEMPRODUCTNAME",
        "TOBEFILLEDBYOEM", "DEFAULTSTRING", "FIREWALL", "TBD", "HOST", "NODE", "MACHINE", "KIOSK", "PROJECTOR",
        "STORAGE", "DOCK",
    }
)  # fmt: skip
_SPLIT = re.compile(r"[\s/,;()\"'|]+")
_GENERATION = re.compile(r"(?:GEN|G|MK|MARK|V)(\d{1,2})$")
# makers' order numbers, as 20XWCTO1WW, MK183LLA, A2485, 9G0M4ETABU: no name can be compared with them
_ORDER_NUMBER = re.compile(
    r"(?=\d*[A-Z])\d{2}[A-Z0-9]{8}|M[A-Z0-9]{4}[A-Z]{2}A|A\d{4}|[A-Z0-9]{5}(?:EA|ET|AV|UT|AA)(?:[A-Z]{3})?",
    re.ASCII,
)
_INCHES = re.compile(r"(\d{2})(?:INCH|ZOLL|IN)$")
_TELLING_WORD = 3  # letters: a shorter word with a digit, as "M1", says little
_LIMIT = 200

Model = tuple[str, ...]


def model_words(written: str | None, family: str = "") -> Model:
    """
    Words of a model.

    >>> model_words("vexa vx-2210", "VEXA"), model_words("Laptop"), model_words("T14s Gen 3")
    (('VX2210',), (), ('T14S', 'GEN3'))
    """
    if not written:
        return ()
    words: list[str] = []
    for word in map(canonical_tag, _SPLIT.split(unicodedata.normalize("NFKC", written[:_LIMIT]))):
        if not word or _ORDER_NUMBER.fullmatch(word):
            continue
        if words and words[-1] in {"GEN", "GENERATION", "MARK"} and word.isdigit():
            words[-1] = f"GEN{word}"
        elif generation := _GENERATION.match(word):
            words.append(f"GEN{generation[1]}")
        else:
            words.append(_INCHES.sub(r"\1", word))
    if family and words and words[0] == family:
        del words[0]
    return () if TYPE_WORDS.issuperset(words) else tuple(words)


def same_model(lhs: Model, rhs: Model) -> bool:
    """
    One says what the other says. Nothing said is no model: use it on models that are there.

    >>> same_model(("THINKPAD", "L13"), ("L13",)), same_model(("VX", "2210"), ("VX2210",))
    (True, True)
    >>> same_model(("BX924",), ("BX900",))
    False
    """
    if lhs == rhs:
        return True
    if _contains(lhs, rhs) or _contains(rhs, lhs):
        return True
    shared = set(lhs) & set(rhs)
    generations = {word for word in (*lhs, *rhs) if word.startswith("GEN") and word not in shared}
    return len(generations) < 2 and any(
        len(word) >= _TELLING_WORD
        and not word.isdigit()
        and not word.isalpha()
        and not word.startswith("GEN")
        for word in shared
    )


def _contains(longer: Model, shorter: Model) -> bool:
    """The words of `shorter` stand in `longer`, together or apart, or `longer` begins with its maker's name."""
    if set(shorter) <= set(longer):
        return True
    compact = "".join(shorter)
    whole = "".join(longer)
    offset = 0
    ends = {len(whole)}
    starts = []
    for word in longer:
        starts.append(offset)
        offset += len(word)
        ends.add(offset)
    return any(whole.startswith(compact, start) and start + len(compact) in ends for start in starts)
