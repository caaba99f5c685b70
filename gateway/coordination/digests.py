"""Digests of names for shared stores: they reveal neither a caller nor an account."""

import hashlib
import json


def name_digest(namespace: str, name: str) -> str:
    """
    SHA-256 of a namespace and a name, in hexadecimal digits.

    >>> name_digest("a", "bc") == name_digest("ab", "c")
    False
    """
    return hashlib.sha256(json.dumps([namespace, name]).encode()).hexdigest()
