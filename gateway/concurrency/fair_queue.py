"""Who comes next: by rank, and within a rank by turns between the callers."""

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """
    A queue in which nobody can crowd out the others: each caller of the best rank gives one in turn.

    >>> turns = Turns()
    >>> for item in ("a1", "a2", "a3"): turns.push(item, rank=0, caller="a")
    >>> turns.push("export", rank=1, caller="c")
    >>> turns.push("b1", rank=0, caller="b")
    >>> [turns.pop() for _ in range(len(turns))]
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
        """Queue an item; `first` before the caller's others, as for one that has waited before."""
        items = self._ranks.setdefault(rank, OrderedDict()).setdefault(caller, deque())
        if ahead:
            items.appendleft(item)
        else:
            items.append(item)
        self._size += 1

    def rank(self) -> int:
        """The rank of the next item."""
        return min(self._ranks)

    def pop(self) -> T:
        """The next item. Raises ValueError where there is none."""
        rank = self.rank()
        callers = self._ranks[rank]
        caller = next(iter(callers))
        item = callers[caller].popleft()
        self._size -= 1
        callers.move_to_end(caller)
        self._tidy(rank, caller)
        return item

    def remove(self, item: T, *, rank: int, caller: Hashable) -> bool:
        """Take an item out, wherever it stands; whether it was there."""
        items = self._callers(rank).get(caller)
        if items is None or item not in items:
            return False
        items.remove(item)
        self._size -= 1
        self._tidy(rank, caller)
        return True

    def ahead(self, *, rank: int, caller: Hashable) -> int:
        """
        How many come before one that this caller would add now.

        >>> turns = Turns()
        >>> for item in range(50): turns.push(item, rank=0, caller="greedy")
        >>> turns.ahead(rank=0, caller="modest"), turns.ahead(rank=0, caller="greedy"), turns.ahead(rank=1, caller="x")
        (1, 50, 50)
        """
        better = sum(len(items) for one in self._ranks if one < rank for items in self._ranks[one].values())
        callers = self._callers(rank)
        own = len(callers.get(caller, ()))
        return better + own + sum(min(len(items), own + 1) for who, items in callers.items() if who != caller)

    def _callers(self, rank: int) -> OrderedDict[Hashable, deque[T]]:
        return self._ranks.get(rank) or OrderedDict()

    def _tidy(self, rank: int, caller: Hashable) -> None:
        callers = self._ranks[rank]
        if not callers[caller]:
            del callers[caller]
        if not callers:
            del self._ranks[rank]
