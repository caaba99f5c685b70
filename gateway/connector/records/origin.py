"""Origin of records: a source as one operation reads it, without the means to send requests."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from gateway.connector.description.resource import Call, Resource


class OriginSource(Protocol):
    """The source of a record: its configuration and its vendor's declarations."""

    @property
    def name(self) -> str:
        """The source's name in the configuration."""
        ...

    @property
    def vendor(self) -> str:
        """The vendor's name in the schema."""
        ...

    @property
    def order(self) -> int:
        """The source's rank among all sources, by name."""
        ...

    @property
    def resources(self) -> Mapping[str, Resource]:
        """Resources by the type of their records."""
        ...

    @property
    def calls(self) -> Mapping[str, Call]:
        """The vendor's further read calls, by name."""
        ...


class Origin(Protocol):
    """A source within one operation: its reference tables, and the failures that kept tables from being read."""

    @property
    def source(self) -> OriginSource:
        """The source that the rows were read from."""
        ...

    @property
    def tables(self) -> Mapping[str, Mapping[str, Any]]:
        """The reference tables that were read, by type and native id."""
        ...

    def unread(self, refs: Iterable[str]) -> frozenset[str]:
        """The reference tables among `refs` that were neither read nor have failed to be read."""
        ...

    def raise_table_error(self, ref: str) -> None:
        """Raises the GatewayError that kept a reference table from being read, if there was one."""
        ...

    def count_unread(self, type_name: str, field: str, count: int) -> None:
        """Count values of a field that are null because they could not be read."""
        ...
