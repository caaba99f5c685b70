"""Fair queueing: the best rank first, then round-robin between the callers, and between the operations of each."""

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

Operations = OrderedDict[Hashable, deque[T]]
Callers = OrderedDict[Hashable, Operations[T]]


class FairQueue(Generic[T]):
    """
    Priority queue with round-robin between callers, and between the operations of one caller: nobody can crowd out the
    others of a rank, however many operations it has.

    A lower rank is served first. Items of one operation and rank are served first in, first out.

    >>> queue = FairQueue()
    >>> for item in ("a1", "a2", "a3"): queue.push(item, rank=0, caller="a", operation=1)
    >>> queue.push("a4", rank=0, caller="a", operation=2)
    >>> queue.push("export", rank=1, caller="c")
    >>> queue.push("b1", rank=0, caller="b")
    >>> [queue.pop() for _ in range(len(queue))]
    ['a1', 'b1', 'a4', 'a2', 'a3', 'export']
    """

    def __init__(self) -> None:
        self._ranks: dict[int, Callers[T]] = {}
        #: Number of items.
        self.size = 0

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[T]:
        for rank in sorted(self._ranks):
            for operations in self._ranks[rank].values():
                for items in operations.values():
                    yield from items

    def push(
        self, item: T, *, rank: int, caller: Hashable, operation: Hashable = None, ahead: bool = False
    ) -> None:
        """Queue an item; with `ahead` before the operation's other items, as for an item that has waited before."""
        callers = self._ranks.setdefault(rank, OrderedDict())
        items = callers.setdefault(caller, OrderedDict()).setdefault(operation, deque())
        if ahead:
            items.appendleft(item)
        else:
            items.append(item)
        self.size += 1

    def rank(self) -> int:
        """The rank of the next item. Raises ValueError if the queue is empty."""
        return min(self._ranks)

    def pop(self) -> T:
        """Remove and return the next item. Raises ValueError if the queue is empty."""
        rank = self.rank()
        callers = self._ranks[rank]
        caller, operations = next(iter(callers.items()))
        operation, items = next(iter(operations.items()))
        item = items.popleft()
        self.size -= 1
        operations.move_to_end(operation)
        callers.move_to_end(caller)
        self._drop_empty(rank, caller, operation)
        return item

    def remove(self, item: T, *, rank: int, caller: Hashable, operation: Hashable = None) -> bool:
        """Remove an item at any position. True if it was queued."""
        callers = self._ranks.get(rank)
        operations = None if callers is None else callers.get(caller)
        items = None if operations is None else operations.get(operation)
        if items is None or item not in items:
            return False
        items.remove(item)
        self.size -= 1
        self._drop_empty(rank, caller, operation)
        return True

    def ahead(self, *, rank: int, caller: Hashable, operation: Hashable = None) -> int:
        """
        Number of items that would be served before an item that this operation adds now.

        >>> queue = FairQueue()
        >>> for item in range(50): queue.push(item, rank=0, caller="greedy", operation=item)
        >>> queue.ahead(rank=0, caller="modest"), queue.ahead(rank=0, caller="greedy"), queue.ahead(rank=1, caller="x")
        (1, 50, 50)
        """
        in_better_ranks = sum(
            _count(operations)
            for other_rank, callers in self._ranks.items()
            if other_rank < rank
            for operations in callers.values()
        )
        callers = self._ranks.get(rank, OrderedDict())
        operations: Operations[T] = callers.get(caller, OrderedDict())
        own = _before(
            len(operations.get(operation, ())),
            (len(items) for other, items in operations.items() if other != operation),
        )
        return in_better_ranks + _before(
            own, (_count(theirs) for other, theirs in callers.items() if other != caller)
        )

    def _drop_empty(self, rank: int, caller: Hashable, operation: Hashable) -> None:
        callers = self._ranks[rank]
        operations = callers[caller]
        if not operations[operation]:
            del operations[operation]
        if not operations:
            del callers[caller]
        if not callers:
            del self._ranks[rank]


def _count(operations: Operations[T]) -> int:
    return sum(map(len, operations.values()))


def _before(own: int, others: Iterable[int]) -> int:
    """Items before the next one in turns, if `own` come before it in its own line, and others' lines are so long."""
    return own + sum(min(length, own + 1) for length in others)
