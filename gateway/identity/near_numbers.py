"""Near serial numbers: different as they are compared, but maybe only in writing. They never join by themselves."""

_LOOK_ALIKE = str.maketrans("OQDILSBZG", "000115826")
_SHORTEST_END = 6


def look_alike_form(number: str) -> str:
    """
    Number with look-alike letters as digits and without leading zeros.

    >>> look_alike_form("4CE9O21XKL") == look_alike_form("4CE9021XKL"), look_alike_form("0077120453")
    (True, '77120453')
    """
    return number.translate(_LOOK_ALIKE).lstrip("0")


def is_near(lhs: str, rhs: str) -> bool:
    """
    Look-alike letters, leading zeros, or one the end of the other.

    >>> is_near("77120999", "0077120999"), is_near("2150QWN8KR", "2290QWN1TT")
    (True, False)
    """
    if look_alike_form(lhs) == look_alike_form(rhs):
        return True
    shorter, longer = sorted((lhs, rhs), key=len)
    return len(shorter) >= _SHORTEST_END and longer.endswith(shorter)
