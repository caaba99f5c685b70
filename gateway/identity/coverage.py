"""Coverage: how many things each source knows, and each two of them: the gaps."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple


class SourceCounts(NamedTuple):
    """Records and things of a source; `alone`: things that no other source knows."""

    source: str
    records: int
    things: int
    alone: int


class PairCounts(NamedTuple):
    """Things that both sources know (`common`), and that only one of the two does."""

    a: str
    b: str
    common: int
    only_a: int
    only_b: int


class Coverage(NamedTuple):
    """Counts by source and by pair of sources, in the order that the sources were named in."""

    sources: tuple[SourceCounts, ...]
    pairs: tuple[PairCounts, ...]


def coverage(things: Iterable[Sequence[str]], sources: Sequence[str]) -> Coverage:
    """
    Coverage of things, each given by the sources of its records.

    >>> counts = coverage([("a", "b"), ("a", "a"), ("b",)], ["a", "b"])
    >>> counts.sources[0], counts.pairs[0]
    (SourceCounts(source='a', records=3, things=2, alone=1), PairCounts(a='a', b='b', common=1, only_a=1, only_b=1))
    """
    records = dict.fromkeys(sources, 0)
    alone = dict.fromkeys(sources, 0)
    number_of = dict.fromkeys(sources, 0)
    common: dict[tuple[str, str], int] = {}
    position = {source: index for index, source in enumerate(sources)}
    for thing in things:
        known = sorted({source for source in thing if source in position}, key=position.__getitem__)
        for source in thing:
            if source in position:
                records[source] += 1
        for source in known:
            number_of[source] += 1
        if len(known) == 1:
            alone[known[0]] += 1
        for pair in combinations(known, 2):
            common[pair] = common.get(pair, 0) + 1
    return Coverage(
        tuple(SourceCounts(source, records[source], number_of[source], alone[source]) for source in sources),
        tuple(
            PairCounts(a, b, shared := common.get((a, b), 0), number_of[a] - shared, number_of[b] - shared)
            for a, b in combinations(sources, 2)
        ),
    )
