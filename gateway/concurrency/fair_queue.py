"""Fair queueing: the best rank first, and within a rank round-robin between the callers."""

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """
    Priority queue with round-robin between callers: no caller can crowd out the others of its rank.

    A lower rank is served first. Items of one caller and rank are served first in, first out.

    >>> queue = FairQueue()
    >>> for item in ("a1", "a2", "a3"): queue.push(item, rank=0, caller="a")
    >>> queue.push("export", rank=1, caller="c")
    >>> queue.push("b1", rank=0, caller="b")
    >>> [queue.pop() for _ in range(len(queue))]
    ['a1', 'b1', 'a2', 'a3', 'export']
    """

    def __init__(self) -> None:
        self._ranks: dict[int, OrderedDict[Hashable, deque[T]]] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[T]:
        for rank in sorted(self._ranks):
            for items in self._ranks[rank].values():
                yield from items

    def push(self, item: T, *, rank: int, caller: Hashable, ahead: bool = False) -> None:
        """Queue an item; with `ahead` before the caller's other items, as for an item that has waited before."""
        items = self._ranks.setdefault(rank, OrderedDict()).setdefault(caller, deque())
        if ahead:
            items.appendleft(item)
        else:
            items.append(item)
        self._size += 1

    def rank(self) -> int:
        """The rank of the next item. Raises ValueError if the queue is empty."""
        return min(self._ranks)

    def pop(self) -> T:
        """Remove and return the next item. Raises ValueError if the queue is empty."""
        rank = self.rank()
        callers = self._ranks[rank]
        caller = next(iter(callers))
        item = callers[caller].popleft()
        self._size -= 1
        callers.move_to_end(caller)
        self._drop_empty(rank, caller)
        return item

    def remove(self, item: T, *, rank: int, caller: Hashable) -> bool:
        """Remove an item at any position. True if it was queued."""
        items = self._callers(rank).get(caller)
        if items is None or item not in items:
            return False
        items.remove(item)
        self._size -= 1
        self._drop_empty(rank, caller)
        return True

    def ahead(self, *, rank: int, caller: Hashable) -> int:
        """
        Number of items that would be served before an item that this caller adds now.

        >>> queue = FairQueue()
        >>> for item in range(50): queue.push(item, rank=0, caller="greedy")
        >>> queue.ahead(rank=0, caller="modest"), queue.ahead(rank=0, caller="greedy"), queue.ahead(rank=1, caller="x")
        (1, 50, 50)
        """
        in_better_ranks = sum(
            len(items)
            for other_rank in self._ranks
            if other_rank < rank
            for items in self._ranks[other_rank].values()
        )
        callers = self._callers(rank)
        own = len(callers.get(caller, ()))
        return (
            in_better_ranks
            + own
            + sum(min(len(items), own + 1) for other, items in callers.items() if other != caller)
        )

    def _callers(self, rank: int) -> OrderedDict[Hashable, deque[T]]:
        return self._ranks.get(rank) or OrderedDict()

    def _drop_empty(self, rank: int, caller: Hashable) -> None:
        callers = self._ranks[rank]
        if not callers[caller]:
            del callers[caller]
        if not callers:
            del self._ranks[rank]
