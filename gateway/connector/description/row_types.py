"""Types of a vendor's rows: a row as decoded JSON, query parameters, and the functions that read a row."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Row = Mapping[str, Any]
Params = Mapping[str, str]
Columns = Mapping[str, type[Any] | None]
"""
Keys of a row, each with the msgspec.Struct that the objects of its list are decoded as, or None for plain JSON.
"""


class ReferenceTables(Protocol):
    """Reference tables that an operation has read so far: records by native id, by our type's name."""

    def __getitem__(self, type_name: str) -> Mapping[str, Any]: ...


Reader = Callable[[Row, ReferenceTables], Any]
ReadColumn = Callable[[Any, ReferenceTables], list[Any]]
"""A function that reads many rows at once."""
