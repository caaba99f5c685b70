"""Media types: content negotiation by Accept (RFC 9110, 12.5.1), and parsing of Content-Type."""

from collections.abc import Mapping
from functools import lru_cache

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
HTML = "text/html"


@lru_cache(maxsize=64)
def preferred(accept: str | None, offers: tuple[str, ...]) -> str | None:
    """
    The offer that an Accept header prefers, None if it accepts none of them.

    The highest quality wins, then the more specific range, then the range named first, then our own order.

    >>> preferred("text/html, */*;q=0.8", (JSON, GRAPHQL, HTML))
    'text/html'
    >>> preferred("*/*", (JSON, GRAPHQL, HTML))
    'application/json'
    >>> preferred("image/png", (JSON, GRAPHQL)) is None
    True
    """
    if accept is None:
        return offers[0]
    ranges = [parse(part) for part in accept.split(",") if part.strip()] or [("*/*", {})]
    candidates: list[tuple[float, int, int, int, str]] = []
    for index, offer in enumerate(offers):
        matches = [
            (_specificity(name), -position, _quality(parameters))
            for position, (name, parameters) in enumerate(ranges)
            if _covers(name, offer) and parameters.get("charset", "utf-8").lower() in {"utf-8", "utf8", "*"}
        ]
        if matches:
            specificity, position, quality = max(matches)
            candidates.append((quality, specificity, position, -index, offer))
    best = max(candidates, default=None)
    return best[-1] if best and best[0] > 0 else None


@lru_cache(maxsize=64)
def parse(value: str) -> tuple[str, Mapping[str, str]]:
    """
    A media type or range in lower case, and its parameters.

    >>> parse('Application/JSON; charset="UTF-8"')
    ('application/json', {'charset': 'UTF-8'})
    """
    name, *parts = value.split(";")
    pairs = (part.partition("=") for part in parts)
    return name.strip().lower(), {key.strip().lower(): text.strip().strip('"') for key, _, text in pairs}


def _covers(name: str, offer: str) -> bool:
    return name in {"*/*", offer} or (name.endswith("/*") and offer.startswith(name[:-1]))


def _specificity(name: str) -> int:
    return 0 if name == "*/*" else 1 if name.endswith("/*") else 2


def _quality(parameters: Mapping[str, str]) -> float:
    try:
        quality = float(parameters.get("q", "1"))
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
