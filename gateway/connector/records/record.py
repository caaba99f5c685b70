"""A vendor's record as one of our types: a lazy view of the vendor's row, converted field by field on access."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Protocol

from gateway.connector.description.ids import GlobalId
from gateway.connector.description.resource import Field, Link, Nested, Resource
from gateway.connector.description.row_types import Row
from gateway.connector.records.origin import Origin, OriginSource
from gateway.errors import GatewayError

#: The detail that turns a stub (fields of this record embedded in another record's row) into the full row.
FULL_ROW = "whole"


_NO_FAILURES: Mapping[str, GatewayError] = {}
_NO_DETAILS: frozenset[str] = frozenset()
_ORIGIN = attrgetter("origin")
_RESOURCE = attrgetter("resource")


class Record:
    """
    A lazy view of a row. Fields are converted on access; rows are shared between records and never changed.

    `loaded` names the details that the row includes, `failed` has the error of each detail that could not be loaded.
    """

    __slots__ = ("failed", "loaded", "native_id", "origin", "resource", "row", "stub")

    def __init__(
        self,
        origin: Origin,
        resource: Resource,
        row: Row,
        native_id: str,
        *,
        loaded: frozenset[str] = _NO_DETAILS,
        stub: bool = False,
    ) -> None:
        self.origin = origin
        self.resource = resource
        self.row = row
        self.native_id = native_id
        self.loaded = loaded
        self.stub = stub
        self.failed = _NO_FAILURES

    @property
    def type_name(self) -> str:
        """The type name in the record's global id."""
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
        """The reference tables, or else the detail, that have to be loaded before `name` can be read."""
        declared = self.resource.declared(name)
        if declared is None:
            return frozenset(), None
        if self.stub and FULL_ROW not in self.failed and not self._stub_has(declared):
            return frozenset(), FULL_ROW
        needed_refs = () if isinstance(declared, Nested) else declared.refs
        if refs := self.origin.unread(needed_refs):
            return refs, None
        if any(ref not in self.origin.tables for ref in needed_refs):
            # A table could not be read: reading the field raises the error.
            return frozenset(), None
        detail = declared.detail
        if callable(detail):
            detail = detail(self.row, self.origin.tables)
        if detail is None or detail in self.loaded or detail in self.failed:
            return frozenset(), None
        return frozenset(), detail

    def is_ready(self, name: str) -> bool:
        """True if `name` can be read without a request."""
        return self.requirements(name) == (frozenset(), None)

    def has_value(self, name: str) -> bool:
        """True if `name` can be read, and nothing that it needs has failed to load."""
        declared = self.resource.declared(name)
        try:
            if declared is not None:
                self._raise_failure(declared)
        except GatewayError:
            return False
        return self.is_ready(name)

    def get(self, name: str) -> Any:
        """The value of a field that is ready. Raises the GatewayError that kept its data from being loaded."""
        if name == "native_id":
            return self.native_id
        if name.endswith(".id"):
            return self.linked_id(name[:-3])
        field = self.resource.fields.get(name)
        if field is None:
            return None
        self._raise_failure(field)
        value = field.value(self.row, self.origin.tables)
        if value is None and field.count_unread((self.row,), (None,)):
            self.origin.count_unread(self.resource.type, name, 1)
        return value

    def linked_id(self, name: str) -> str | None:
        """The native id of the record that the link `name` points at. Raises as `get`."""
        link = self.resource.links.get(name)
        if link is None:
            return None
        return self.link_target(link, self.origin.source.resources.get(link.type))

    def link_target(self, link: Link, other: Resource | None) -> str | None:
        """
        The native id that a link points at; None if it is not of the form of the target's ids. Raises as `get`.

        `other` is the resource that the link leads to, None if the source has none.
        """
        if self.stub or self.failed or link.refs:
            self._raise_failure(link)
        native_id: str | None = link.id(self.row, self.origin.tables)
        is_malformed = (
            native_id is not None and other is not None and other.id_form.fullmatch(native_id) is None
        )
        return None if is_malformed else native_id

    def merge(self, row: Row, *, loaded: Iterable[str]) -> None:
        """Merge another row of the same record: keys that it omits or has as null keep their values."""
        self.row = {
            **self.row,
            **{key: value for key, value in row.items() if value is not None or key not in self.row},
        }
        self.loaded |= frozenset(loaded)
        self.stub = False

    def fail(self, detail: str, error: GatewayError) -> None:
        """Record the error that kept a detail from being loaded."""
        self.failed = {**self.failed, detail: error}

    def nested(self, name: str) -> Sequence[Any]:
        """The rows of the records nested in this record. Raises as `get`."""
        declared = self.resource.nested[name]
        self._raise_failure(declared)
        return declared.read(self.row)

    def _stub_has(self, declared: Field | Link | Nested) -> bool:
        """True if a stub's row has all the keys that the declaration reads."""
        if isinstance(declared, Nested):
            return False
        is_filled = (self.row.get(key) is not None for key in declared.keys)
        if isinstance(declared, Field) and declared.any_of:
            return any(is_filled)
        return all(key in self.row for key in declared.keys)

    def _raise_failure(self, declared: Field | Link | Nested) -> None:
        if self.stub and FULL_ROW in self.failed and not self._stub_has(declared):
            raise self.failed[FULL_ROW]
        if not isinstance(declared, Nested):
            for ref in declared.refs:
                self.origin.raise_table_error(ref)
        if self.failed:
            detail = declared.detail
            if callable(detail):
                detail = detail(self.row, self.origin.tables)
            if detail is not None and detail not in self.loaded and detail in self.failed:
                raise self.failed[detail]


class Owned(Protocol):
    """A record, or rows of records: of one origin and resource."""

    origin: Origin
    resource: Resource


def group_by_resource(records: Sequence[Owned]) -> Sequence[Sequence[int]]:
    """The indices of the records of each origin and resource, in the order of their first records."""
    origins, resources = list(map(_ORIGIN, records)), list(map(_RESOURCE, records))
    if len(set(map(id, origins))) == len(set(map(id, resources))) == 1:
        return [range(len(records))]
    groups: defaultdict[tuple[Origin, str], list[int]] = defaultdict(list)
    for index, (origin, resource) in enumerate(zip(origins, resources, strict=True)):
        groups[origin, resource.type].append(index)
    return list(groups.values())


class NestedObject:
    """An object nested in a record (`warranty`, `support`): its fields are the record's `name.field`."""

    __slots__ = ("name", "record")

    def __init__(self, record: Record, name: str) -> None:
        self.record = record
        self.name = name

    def field(self, name: str) -> str:
        """The record's name for a field of the nested object."""
        return f"{self.name}.{name}"
