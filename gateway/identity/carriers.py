"""Carriers: an index from a value to the records that carry it."""

from collections.abc import Collection, Iterator


class Carriers:
    """
    Record indices by value. Most values have one carrier, which is held as a number; several are the keys of a dict,
    so that a value that all records carry is forgotten as fast as any other.

    >>> carriers = Carriers()
    >>> for value, index in [("A", 1), ("A", 2), ("B", 3)]:
    ...     carriers.add(value, index)
    >>> list(carriers.of("A")), list(carriers.of("B")), list(carriers.of("C"))
    ([1, 2], [3], [])
    """

    def __init__(self) -> None:
        self._by_value: dict[object, int | dict[int, None]] = {}

    def add(self, value: object, index: int) -> None:
        """Notes that a record carries a value; a record may be added once a value only."""
        by_value = self._by_value
        carriers = by_value.setdefault(value, index)
        if carriers is index:
            return
        if isinstance(carriers, int):
            if carriers != index:
                by_value[value] = {carriers: None, index: None}
        else:
            carriers[index] = None

    def discard(self, value: object, index: int) -> None:
        """Forgets that a record carries a value."""
        carriers = self._by_value.get(value)
        if carriers is None:
            return
        if isinstance(carriers, dict):
            carriers.pop(index, None)
            if len(carriers) == 1:
                (self._by_value[value],) = carriers
        elif carriers == index:
            del self._by_value[value]

    def of(self, value: object) -> Collection[int]:
        """Indices of the records that carry a value."""
        carriers = self._by_value.get(value)
        if carriers is None:
            return ()
        return (carriers,) if isinstance(carriers, int) else carriers.keys()

    def others(self, value: object) -> Collection[int]:
        """Indices of the records that carry a value, if they are several; nothing otherwise."""
        carriers = self._by_value[value]
        return () if isinstance(carriers, int) else carriers.keys()

    def __iter__(self) -> Iterator[object]:
        return iter(self._by_value)
