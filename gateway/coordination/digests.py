"""Names as they are shown to others: as digests, which tell nothing of a caller or an account."""

import hashlib
import json


def name_digest(namespace: str, name: str) -> str:
    """
    The same for the same name in the same place, in hexadecimal digits.

    >>> digested("a", "bc") == digested("ab", "c")
    False
    """
    return hashlib.sha256(json.dumps([namespace, name]).encode()).hexdigest()
