"""
Declarations of a vendor's API, as data. A vendor's folder is a set of these; the connector is the machine that runs
them.

A `Vendor` gives, for one source's settings, its `Resource`s: one for each of our types that it has. A resource declares
how its records are listed and fetched, from which keys of the vendor's row each of our fields is read, the records it
links to, and the filters that the vendor can apply by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from re import Pattern
from re import compile as pattern
from types import NoneType
from typing import TYPE_CHECKING, Any

from gateway.connector.description.actions import Action, FileAction
from gateway.connector.description.paging import NextAddress, Paging, StreamedPages, UnpromisedPages
from gateway.connector.description.row_types import Columns, Params, ReadColumn, Reader, ReferenceTables, Row

if TYPE_CHECKING:
    from gateway.settings import SourceKeys, SourceSettings
    from gateway.upstream.dispatch.auth import Auth


class Ttl(Enum):
    """
    Time to live of a cached answer, in seconds: rows, reference tables (people, locations), and definitions.

    Definitions (types, statuses, field names) are cached even if the cache is turned off.
    """

    ROWS = 30.0
    REFERENCE = 300.0
    DEFINITION = 600.0


@dataclass(frozen=True, kw_only=True)
class Field:
    """
    Field mapping: how one of our fields is read from the vendor's row.

    `keys` are the row's top-level keys that `read` needs; with `any_of`, any of them is enough. `refs` are the
    reference tables it needs. `detail` is the part of the record that holds the field, if the list's row does not: a
    name in `Resource.details`, or a function of the row. `order` is the vendor's name to sort by, set only if the
    vendor sorts as we do (numbers, dates).
    If `read` does no more than convert the value of one key, `key` and `convert` are set. `read_column` reads many rows
    at once, set if that is cheaper than `read` for each row. With `shared_column`, `read_column` gets the result of
    `shared_column(rows)` instead of the rows; fields with the same `shared_column` share that result.

    `columns` are all the keys of the row that are read, if those are more than `keys`. For a list of objects it can
    hold the type that they are decoded as: they come as that type, or as plain JSON if the row was decoded in full.
    `raw` marks a field that gives the vendor's JSON unconverted. `is_unread` is true for a row whose value is null
    though something is written there: such values are counted.
    """

    read: Reader
    read_column: ReadColumn | None = None
    keys: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    detail: str | Callable[[Row, ReferenceTables], str | None] | None = None
    order: str | None = None
    any_of: bool = False
    key: str | None = None
    convert: Callable[[Any], Any] | None = None
    shared_column: Callable[[Sequence[Row]], Any] | None = None
    columns: Columns | None = None
    raw: bool = False
    is_unread: Callable[[Row], bool] | None = None

    @property
    def reads(self) -> Columns | None:
        """The row's keys that are read, or None if that is not declared."""
        if self.columns is not None:
            return self.columns
        return dict.fromkeys(self.keys) if self.keys else None

    def count_unread(self, rows: Sequence[Row], values: Sequence[Any]) -> int:
        """Number of rows whose value is null because it could not be read, as far as such rows are counted."""
        if self.is_unread is None or NoneType not in set(map(type, values)):
            return 0
        return sum(value is None and self.is_unread(row) for row, value in zip(rows, values, strict=True))

    def value(self, row: Row, tables: ReferenceTables) -> Any:
        """The field's value in a row."""
        return self.read(row, tables)

    def values(self, rows: Sequence[Row], tables: ReferenceTables) -> list[Any]:
        """The field's values in many rows."""
        return self.column(rows if self.shared_column is None else self.shared_column(rows), tables)

    @cached_property
    def column(self) -> ReadColumn:
        """Reader of the values in many rows, or in the result of `shared_column(rows)` if the field has one."""
        read = self.read
        return self.read_column or (lambda rows, tables: [read(row, tables) for row in rows])


@dataclass(frozen=True, kw_only=True)
class Link:
    """
    Link (foreign key): a record of another type that the row refers to.

    `stub` extracts from the row those fields of the linked record that it already has, as a row of that type. `keys`,
    `refs`, `detail` and `columns` are as in `Field`. `id_column` reads the ids of many rows at once, set if that is
    cheaper than `id` for each row.
    """

    type: str
    id: Reader
    id_column: Callable[[Sequence[Row], ReferenceTables], list[Any]] | None = None
    stub: Callable[[Row], Row | None] | None = None
    keys: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    detail: str | Callable[[Row, ReferenceTables], str | None] | None = None
    columns: Columns | None = None

    @property
    def reads(self) -> Columns | None:
        """The row's keys that are read, or None if that is not declared."""
        if self.columns is not None:
            return self.columns
        return dict.fromkeys(self.keys) if self.keys else None

    def ids(self, rows: Sequence[Row], tables: ReferenceTables) -> list[Any]:
        """The native ids that many rows point at, None for those that point at no record."""
        if self.id_column is not None:
            return self.id_column(rows, tables)
        read = self.id
        return [read(row, tables) for row in rows]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """
    Filter pushdown: how the vendor applies one of our filters by itself.

    `push` gives the query parameters for an operator and its operand, or None if the vendor cannot apply them. `exact`
    means that the vendor's answer is not filtered again here. `membership` marks a filter that cannot be checked on a
    row: only the vendor's answer tells which records match.
    """

    push: Callable[[str, Any], Params | None]
    exact: bool = False
    membership: bool = False


@dataclass(frozen=True, kw_only=True)
class List:
    """
    List endpoint of a resource.

    Without `paging` one answer has all rows; `description.paging` has the kinds that there are. `envelope_keys` are the
    likely keys of the rows in the envelope. `extra_paths` are further paths whose rows belong to the same list;
    `fallback_path` is tried if the first path does not exist. `row_filter` selects the rows of this resource. `order`
    turns the vendor's sort names, each with true if it descends, into query parameters; without it, `params` should fix
    the order. With `allows_single`, a single record is a list of one. `decode` decodes a body that is not JSON.
    `explode` turns one row into several. `ttl` is how long answers stay fresh. `sort_param` is the parameter with which
    a caller can request the vendor's own order (`vendorParameters`): the rows then stay in that order.
    """

    path: str
    envelope_keys: tuple[str, ...] = ()
    params: Params = field(default_factory=dict)
    paging: Paging | None = None
    extra_paths: tuple[str, ...] = ()
    fallback_path: str | None = None
    row_filter: Callable[[Row], bool] | None = None
    order: Callable[[Sequence[tuple[str, bool]]], Params] | None = None
    allows_single: bool = False
    decode: Callable[[bytes], Any] | None = None
    explode: Callable[[Row], Sequence[Row]] | None = None
    ttl: Ttl = Ttl.ROWS
    sort_param: str | None = None

    @cached_property
    def pages(self) -> StreamedPages | None:
        """The pagination by which the list is read only as far as needed; None if it is always read whole."""
        return None if isinstance(self.paging, NextAddress | UnpromisedPages) else self.paging


@dataclass(frozen=True, kw_only=True)
class Get:
    """
    Endpoint of a single record. `{id}` in `path` is the native id, percent-encoded.

    `includes` are the record's details (names in `Resource.details`) that the answer contains. The values of
    `also_known_as` are alternative names of a record: one that the vendor does not find by name is searched in the
    list.
    """

    path: str
    params: Params = field(default_factory=dict)
    includes: tuple[str, ...] = ()
    also_known_as: Field | None = None


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Batch lookup: many records by id in one list call. `param` takes ids separated by commas, at most `size`."""

    param: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Detail:
    """
    Detail: a part of a record that its list row lacks.

    It is loaded with `Resource.get`, one call for each record. If `by` is set, it is loaded in list calls with
    `params(value)`, one for all records whose row has the same value at `by`, and with `get` only for the records that
    the list call left out. `is_included` is true if a row has the detail, None if the record may have none.
    """

    by: str | None = None
    params: Callable[[str], Params] | None = None
    is_included: Callable[[Row], bool | None] | None = None


@dataclass(frozen=True, kw_only=True)
class EmbeddedIn:
    """
    Embedded records: records that exist only inside others, those of `type`, as their link `link`.

    `owner` gives the outer record's native id for an embedded record's id, or None if it cannot.
    """

    type: str
    link: str
    owner: Callable[[str], str | None] | None = None


@dataclass(frozen=True, kw_only=True)
class ListLookup:
    """List lookup: records without an endpoint of their own, found in the list with `params(native_id)`."""

    params: Callable[[str], Params]


@dataclass(frozen=True, kw_only=True)
class Nested:
    """Nested records: rows of another type inside the row, extracted by `read`; with `stub`, each is incomplete."""

    type: str
    read: Callable[[Row], Sequence[Any]]
    detail: str | None = None
    stub: bool = True
    reads: Columns | None = None


NUMBER = pattern(r"0|[1-9][0-9]{0,17}")


@dataclass(frozen=True, kw_only=True)
class Resource:
    """
    Resource: one of our types at one vendor.

    A field named `hidden` marks records that lists omit, unless they are requested by id or by the status DELETED.
    `actions` are keyed by our verbs (`create`, `update`, `delete`, ...); `file_import` is set if the vendor imports
    files by itself. `row_rules`, if set, are alternatives of which a row fulfils one to be seen: each has the values of
    some fields. Without alternatives no row is seen.
    """

    type: str
    fields: Mapping[str, Field]
    links: Mapping[str, Link] = field(default_factory=dict)
    nested: Mapping[str, Nested] = field(default_factory=dict)
    list: List | None = None
    get: Get | None = None
    batch: Batch | None = None
    list_lookup: ListLookup | None = None
    embedded_in: EmbeddedIn | None = None
    details: Mapping[str, Detail] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    id_form: Pattern[str] = NUMBER
    actions: Mapping[str, Action] = field(default_factory=dict)
    file_import: FileAction | None = None
    row_rules: tuple[Mapping[str, frozenset[str]], ...] | None = None

    def declared(self, name: str) -> Field | Link | Nested | None:
        """The field, link or nested records of this name, or None. A link's `.id` is the link."""
        if name.endswith(".id"):
            return self.links.get(name[:-3])
        return self.fields.get(name) or self.links.get(name) or self.nested.get(name)

    @property
    def can_import(self) -> bool:
        """True if records can be created and updated from a file: by the vendor itself, or row by row."""
        by_row = self.type == "Asset" and {"create", "update"} <= self.actions.keys()
        return by_row or self.file_import is not None


@dataclass(frozen=True, kw_only=True)
class Call:
    """
    Call: an endpoint of a vendor whose answer is none of our types.

    `read` converts the answer; it raises ValueError if the answer is not as documented. `{id}` in `path` is a native
    id.
    """

    path: str
    params: Params = field(default_factory=dict)
    read: Callable[[Any], Any] = lambda body: body


@dataclass(frozen=True, kw_only=True)
class ErrorBody:
    """
    Errors with a success's status, which only the decoded body tells, by predicates.

    Such an answer counts as one of status 404 if `is_missing`, 403 if `is_denied`, else as 422. A record does not exist
    if its answer has status 404 or 410, or counts as 404: there is no other rule. Bodies of more than 64 KiB are no
    errors.
    """

    is_error: Callable[[Any], bool]
    is_missing: Callable[[Any], bool] = lambda _: False
    is_denied: Callable[[Any], bool] = lambda _: False

    def status(self, body: Any) -> int | None:
        """The status that an answer counts as; None if it is no error."""
        if not self.is_error(body):
            return None
        return 404 if self.is_missing(body) else 403 if self.is_denied(body) else 422


@dataclass(frozen=True, kw_only=True)
class Description:
    """
    Description of one source: its resources and calls, and the headers and parameters of every request.

    `probe` is the path of a small read. `errors` tells errors that come with a success's status. `best_for` are the
    fields of a unified asset, in the schema's words, that this vendor is to be believed in before others.
    """

    resources: tuple[Resource, ...]
    calls: Mapping[str, Call] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Params = field(default_factory=dict)
    probe: str = ""
    best_for: tuple[str, ...] = ()
    errors: ErrorBody | None = None


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """
    Vendor: its name, the settings of its sources, their authentication, and the description of each source.

    `name` has small letters, digits and single `_`; the enum `Vendor` has it in capitals, described by `about`.
    """

    name: str
    keys: "SourceKeys"
    auth: "Callable[[SourceSettings], Auth]"
    describe: "Callable[[SourceSettings], Description]"
    about: str = ""

    @property
    def enum_value(self) -> str:
        """The vendor's name in the enum `Vendor`."""
        return self.name.upper()
