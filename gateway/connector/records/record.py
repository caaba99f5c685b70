"""One vendor's record as one of our types: the vendor's row, read field by field when it is asked for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.connector.description.ids import GlobalId
from gateway.connector.description.resource import Field, Link, Nested, Resource
from gateway.connector.description.row_types import Row
from gateway.connector.records.origin import Origin, OriginSource
from gateway.errors import GatewayError

#: The part that turns a stub (what another record's row told of this one) into the whole row.
WHOLE = "whole"


_NONE: Mapping[str, GatewayError] = {}
_NOTHING: frozenset[str] = frozenset()


class Record:
    """A thin view of a row. Nothing is converted before it is asked for; rows are shared, and never changed."""

    __slots__ = ("failed", "loaded", "native_id", "origin", "resource", "row", "stub")

    def __init__(
        self,
        origin: Origin,
        resource: Resource,
        row: Row,
        native_id: str,
        *,
        loaded: frozenset[str] = _NOTHING,
        stub: bool = False,
    ) -> None:
        self.origin = origin
        self.resource = resource
        self.row = row
        self.native_id = native_id
        self.loaded = loaded
        self.stub = stub
        self.failed = _NONE

    @property
    def type_name(self) -> str:
        """The type that stands in the record's id."""
        return self.resource.type

    @property
    def source(self) -> OriginSource:
        """The source that the record is from."""
        return self.origin.source

    @property
    def id(self) -> str:
        """The global id."""
        return str(GlobalId(self.origin.source.name, self.resource.type, self.native_id))

    def requirements(self, name: str) -> tuple[frozenset[str], str | None]:
        """The reference tables and the part that have to be loaded before `name` can be read."""
        found = self.resource.declared(name)
        if found is None:
            return frozenset(), None
        if self.stub and WHOLE not in self.failed and not self._stub_has(found):
            return frozenset(), WHOLE
        needed = () if isinstance(found, Nested) else found.refs
        if refs := self.origin.unread(needed):
            return refs, None
        if any(ref not in self.origin.tables for ref in needed):
            # A table could not be read: reading the field tells why.
            return frozenset(), None
        part = found.detail
        if callable(part):
            part = part(self.row, self.origin.tables)
        if part is None or part in self.loaded or part in self.failed:
            return frozenset(), None
        return frozenset(), part

    def is_ready(self, name: str) -> bool:
        """Whether `name` can be read without asking anybody."""
        return self.requirements(name) == (frozenset(), None)

    def has_value(self, name: str) -> bool:
        """Whether `name` can be read, and nothing has failed that it needs."""
        found = self.resource.declared(name)
        try:
            if found is not None:
                self._raise_failure(found)
        except GatewayError:
            return False
        return self.is_ready(name)

    def get(self, name: str) -> Any:
        """The value of a field that is ready. Raises the GatewayError that kept it from being loaded."""
        if name == "native_id":
            return self.native_id
        if name.endswith(".id"):
            return self.linked_id(name[:-3])
        found = self.resource.fields.get(name)
        if found is None:
            return None
        self._raise_failure(found)
        return found.value(self.row, self.origin.tables)

    def linked_id(self, name: str) -> str | None:
        """The native id of the record that the link points at. Raises as `get`."""
        found = self.resource.links.get(name)
        if found is None:
            return None
        return self.link_target(found, self.origin.source.resources.get(found.type))

    def link_target(self, link: Link, other: Resource | None) -> str | None:
        """The same by the link itself, and the resource that it leads to where the source has that."""
        if self.stub or self.failed or link.refs:
            self._raise_failure(link)
        native: str | None = link.id(self.row, self.origin.tables)
        is_odd = native is not None and other is not None and other.id_form.fullmatch(native) is None
        return None if is_odd else native

    def merge(self, row: Row, *, loaded: Iterable[str]) -> None:
        """Take over what another answer says of the same record; what it leaves out or null stays."""
        self.row = {
            **self.row,
            **{key: value for key, value in row.items() if value is not None or key not in self.row},
        }
        self.loaded |= frozenset(loaded)
        self.stub = False

    def fail(self, part: str, error: GatewayError) -> None:
        """Remember why a part is not there."""
        self.failed = {**self.failed, part: error}

    def nested(self, name: str) -> Sequence[Any]:
        """The rows of the records inside this one. Raises as `get`."""
        found = self.resource.nested[name]
        self._raise_failure(found)
        return found.read(self.row)

    def _stub_has(self, found: Field | Link | Nested) -> bool:
        """Whether a stub's row has all that is looked at."""
        if isinstance(found, Nested):
            return False
        told = (self.row.get(key) is not None for key in found.keys)
        if isinstance(found, Field) and found.any_of:
            return any(told)
        return all(key in self.row for key in found.keys)

    def _raise_failure(self, found: Field | Link | Nested) -> None:
        if self.stub and WHOLE in self.failed and not self._stub_has(found):
            raise self.failed[WHOLE]
        if not isinstance(found, Nested):
            for ref in found.refs:
                self.origin.raise_unread(ref)
        if self.failed:
            part = found.detail
            if callable(part):
                part = part(self.row, self.origin.tables)
            if part is not None and part not in self.loaded and part in self.failed:
                raise self.failed[part]


def group_by_resource(records: Sequence[Record]) -> Sequence[Sequence[int]]:
    """The places of the records of each source and resource."""
    origin, resource = records[0].origin, records[0].resource
    if all(one.origin is origin and one.resource is resource for one in records):
        return [range(len(records))]
    groups: defaultdict[tuple[Origin, str], list[int]] = defaultdict(list)
    for at, one in enumerate(records):
        groups[one.origin, one.resource.type].append(at)
    return list(groups.values())


class NestedObject:
    """An object inside a record (`warranty`, `support`): its fields are the record's `facet.field`."""

    __slots__ = ("name", "record")

    def __init__(self, record: Record, name: str) -> None:
        self.record = record
        self.name = name

    def field(self, name: str) -> str:
        """The record's name for one of the facet's fields."""
        return f"{self.name}.{name}"
