"""Content codings (RFC 9110, section 12.5.3): which one a text file is sent in."""

from gateway.edge.media_types import to_quality
from gateway.tables.formats import CODINGS, Coding

#: Best first: fewest bytes for the time that it takes.
_BEST: tuple[Coding, ...] = ("zstd", "gzip")


def choose_coding(accepted: str) -> Coding:
    """
    The coding for this Accept-Encoding.

    >>> choose_coding("gzip, deflate"), choose_coding("gzip;q=0.5, zstd"), choose_coding("gzip;q=0"), choose_coding("*")
    ('gzip', 'zstd', 'identity', 'identity')
    """
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        weights[name.strip()] = _quality(parameters)
    usable = [coding for coding in _BEST if weights.get(coding, 0) > 0]
    return max(usable, key=lambda coding: weights[coding]) if usable else CODINGS[0]


def _quality(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    return to_quality(value.strip())
