"""Types of a vendor's rows: a row as decoded JSON, query parameters, and the functions that read a row."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Row = Mapping[str, Any]
Params = Mapping[str, str]
Columns = Mapping[str, type[Any] | None]
"""
Keys of a row, each with what the objects of its list are decoded as, a msgspec.Struct of what is looked at in them;
None is whatever stands there.
"""


class ReferenceTables(Protocol):
    """The reference tables that an operation has read so far, by our type's name and native id."""

    def __getitem__(self, type_name: str) -> Mapping[str, Any]: ...


Reader = Callable[[Row, ReferenceTables], Any]
