"""Host names. A name is free text in some vendors; only one that looks like a machine's own name is compared."""

import re
import unicodedata

from gateway.identity.canonical import canonical_tag
from gateway.identity.models import TYPE_WORDS

_HOST = re.compile(r"(?=[A-Z0-9_-]*[A-Z])(?=[A-Z0-9_-]*[0-9_-])[A-Z0-9][A-Z0-9_-]{2,62}", re.ASCII)
_LONGEST = 253


def host_name(name: str | None, own_values: tuple[str, ...]) -> str:
    """
    Own host name in upper case without its domain, or nothing. What repeats one of the record's other values
    (canonical: its number, tag or words of its model) is no name of its own.

    >>> host_name("Server rack7-node3", ()), host_name("nb-4410.corp.example", ()), host_name("Surface Laptop", ())
    ('RACK7-NODE3', 'NB-4410', '')
    >>> host_name("EV2495", ("EV2495",))
    ''
    """
    if not name or len(name) > _LONGEST:
        return ""
    text = name.upper() if name.isascii() else unicodedata.normalize("NFKC", name).upper()
    words = text.split()
    if len(words) != 1 and not (len(words) > 1 and TYPE_WORDS.issuperset(words[:-1])):
        return ""
    host = words[-1].partition(".")[0]
    if not _HOST.fullmatch(host):
        return ""
    return "" if canonical_tag(host) in own_values else host
