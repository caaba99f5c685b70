"""Media types: content negotiation by Accept (RFC 9110, 12.5.1), and parsing of Content-Type."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
HTML = "text/html"
EVENT_STREAM = "text/event-stream"
MULTIPART_MIXED = "multipart/mixed"
# as in RFC 9110, 12.4.2, and without the zero, as Java's own client writes it
_WEIGHT = re.compile(r"0?\.[0-9]+|0\.?|1(?:\.0*)?")


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
            (_specificity(name), -position, to_quality(parameters.get("q", "1")))
            for position, (name, parameters) in enumerate(ranges)
            if _covers(name, offer) and parameters.get("charset", "utf-8").lower() in {"utf-8", "utf8", "*"}
        ]
        if matches:
            specificity, position, quality = max(matches)
            candidates.append((quality, specificity, position, -index, offer))
    best = max(candidates, default=None)
    return best[-1] if best and best[0] > 0 else None


def accepts(accept: str | None, media_type: str, **parameters: str) -> bool:
    """
    True if an Accept header names a media type itself, with these parameters; ranges do not count.

    >>> accepts('multipart/mixed;boundary=graphql;subscriptionSpec="1.0", */*', MULTIPART_MIXED, subscriptionspec="1.0")
    True
    >>> accepts("*/*", EVENT_STREAM), accepts("text/event-stream;q=0", EVENT_STREAM)
    (False, False)
    """
    return any(parameters.items() <= own.items() for own in named_parameters(accept, media_type))


def named_parameters(accept: str | None, media_type: str) -> Iterator[Mapping[str, str]]:
    """The parameters of a media type, wherever an Accept header names it itself."""
    for name, parameters in map(parse, (accept or "").split(",")):
        if name == media_type and to_quality(parameters.get("q", "1")) > 0:
            yield parameters


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


def to_quality(weight: str) -> float:
    """
    The number of a weight `q=`, 0 if it is none.

    >>> to_quality("0.8"), to_quality(".2"), to_quality("1"), to_quality("1_0"), to_quality("nan")
    (0.8, 0.2, 1.0, 0.0, 0.0)
    """
    return float(weight) if _WEIGHT.fullmatch(weight) else 0.0
