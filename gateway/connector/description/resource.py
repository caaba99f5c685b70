"""
What a vendor can do, as data. A vendor's folder is a set of these; the connector is the machine that runs them.

A `Vendor` gives, for one source's settings, its `Resource`s: one for each of our types that it knows. A resource says
how its records are listed and got, where each of our fields is read in the vendor's row, what it links to, and which
filters the vendor can apply by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from re import Pattern
from re import compile as pattern
from typing import TYPE_CHECKING, Any

from gateway.connector.description.actions import Action, FileAction
from gateway.connector.description.row_types import Columns, Params, Reader, ReferenceTables, Row

if TYPE_CHECKING:
    from gateway.settings import SourceKeys, SourceSettings
    from gateway.upstream.dispatch.auth import Auth


class Ttl(Enum):
    """
    How long answers stay fresh: rows for seconds, tables of people and places for minutes, definitions too.

    Definitions (types, statuses, field names) are kept even where the cache is turned off.
    """

    ROWS = 30.0
    REFERENCE = 300.0
    DEFINITION = 600.0


@dataclass(frozen=True, kw_only=True)
class Field:
    """
    Where one of our fields is read in the vendor's row.

    `uses` are the row's top-level keys that `read` looks at, or of which one is enough (`any_of`); `refs` the
    reference tables it needs; `part` the part of the record that holds it, where the list's row does not (a name in
    `Resource.parts`, or a rule that tells by the row). `order` is the vendor's name to order by, given only where its
    order is ours (numbers, moments).
    Where `read` is no more than converting one key's value, `key` and `convert` say so. `read_all` reads many rows as
    `read` does one, where that can be done for less than each by itself. With `inside` it gets what that makes of the
    rows in their place: fields with the same `inside` share it.

    `looks_at` is everything in the row that is looked at, where that is more than `uses`; of a list of objects it can
    say what is looked at in them: they come so, or as they are where the row was decoded whole. `raw` marks what gives
    the vendor's JSON as it is.
    """

    read: Reader
    read_column: Callable[[Any, ReferenceTables], list[Any]] | None = None
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

    @property
    def reads(self) -> Columns | None:
        """All of the row that is looked at, or None where that is not said."""
        if self.columns is not None:
            return self.columns
        return dict.fromkeys(self.keys) if self.keys else None

    def value(self, row: Row, tables: ReferenceTables) -> Any:
        """The field's value in a row."""
        return self.read(row, tables)

    def values(self, rows: Sequence[Row], tables: ReferenceTables) -> list[Any]:
        """The field's values in many rows."""
        return self.column(rows if self.shared_column is None else self.shared_column(rows), tables)

    def column(self, rows: Any, tables: ReferenceTables) -> list[Any]:
        """The same, of what `inside` makes of the rows where it is given."""
        if self.read_column is not None:
            return self.read_column(rows, tables)
        read = self.read
        return [read(one, tables) for one in rows]


@dataclass(frozen=True, kw_only=True)
class Link:
    """
    A record of another type that the row points at. `stub` makes of the row what it already tells of that record.

    `looks_at` is everything in the row that is looked at, where that is more than `uses`.
    """

    type: str
    id: Reader
    stub: Callable[[Row], Row | None] | None = None
    keys: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    detail: str | Callable[[Row, ReferenceTables], str | None] | None = None
    columns: Columns | None = None

    @property
    def reads(self) -> Columns | None:
        """All of the row that is looked at, or None where that is not said."""
        if self.columns is not None:
            return self.columns
        return dict.fromkeys(self.keys) if self.keys else None


@dataclass(frozen=True, kw_only=True)
class Filter:
    """
    How the vendor applies one of our filters by itself.

    `push` gives the query parameters for an operator and its value, or None where that cannot be asked of the vendor.
    `exact` says that the vendor's answer needs no check here. `membership` marks what no row tells: which records
    belong is known only from the vendor's answer.
    """

    push: Callable[[str, Any], Params | None]
    exact: bool = False
    membership: bool = False


@dataclass(frozen=True, kw_only=True)
class Paging:
    """
    Numbered pages from 1.

    `ask` rows are asked for a page; a vendor may give fewer, but a page of fewer than `full` is the last one, where
    nothing else tells. `total` and `pages` are where the answer says how many rows or pages there are, as dotted
    paths; a total that is one of `doubtful` may be no more than the size of the first page.
    """

    page_param: str
    size_param: str
    page_size: int
    full_page: int
    total_path: str | None = None
    pages_path: str | None = None
    suspect_totals: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class List:
    """
    How records are listed.

    Without `paging` one answer holds all. `keys` are the envelope's likely names for the rows. `also` are further
    paths whose rows belong here too, `otherwise` a path to try where the first is not there. `where` keeps the rows
    that are of this resource. `order` makes parameters of the vendor's names to order by, each with whether it
    descends; without it, `params` had better fix the order. With `single`, a record alone is a list of one.
    `next` is where the answer names the address of its next page, `total` where it says how many rows there are;
    `explode` makes several rows of one. `keep` is how long answers stay fresh. `sorts` is the parameter with which a
    caller may ask for the vendor's own order (`vendorParameters`): its rows are then left in it.
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
    next_path: str | None = None
    total_path: str | None = None
    decode: Callable[[bytes], Any] | None = None
    explode: Callable[[Row], Sequence[Row]] | None = None
    ttl: Ttl = Ttl.ROWS
    sort_param: str | None = None


@dataclass(frozen=True, kw_only=True)
class Get:
    """
    How one record is got. `{id}` in `path` is the native id, percent-encoded. `has` are the parts it brings.

    The values of `also_known_as` are further names by which a record may be asked for: what the vendor does not find by
    them is looked for in the list.
    """

    path: str
    params: Params = field(default_factory=dict)
    includes: tuple[str, ...] = ()
    also_known_as: Field | None = None


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Several records by id in one list call: `param` takes ids with commas, at most `size` a call."""

    param: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Detail:
    """
    A part of a record that its list row lacks.

    It comes with `Resource.get`, one call a record; or, where `by` is given, in list calls for all the records whose
    row has the same `by`, with `params(value)`, and from `get` only where the list call did not bring it. `brought`
    says whether a row has it, None that it may have none.
    """

    by: str | None = None
    params: Callable[[str], Params] | None = None
    is_included: Callable[[Row], bool | None] | None = None


@dataclass(frozen=True, kw_only=True)
class EmbeddedIn:
    """Records that are told only inside others: `link` of the records of `type`; `owner` finds which one by the id."""

    type: str
    link: str
    owner: Callable[[str], str | None] | None = None


@dataclass(frozen=True, kw_only=True)
class ListLookup:
    """Records without a call of their own, found in a list: with the parameters that their id gives."""

    params: Callable[[str], Params]


@dataclass(frozen=True, kw_only=True)
class Nested:
    """Records of another type that the row holds: `read` gives their rows; with `stub`, only a part of each."""

    type: str
    read: Callable[[Row], Sequence[Any]]
    detail: str | None = None
    stub: bool = True
    reads: Columns | None = None


NUMBER = pattern(r"0|[1-9][0-9]{0,17}")


@dataclass(frozen=True, kw_only=True)
class Resource:
    """
    One of our types at one vendor.

    A field `hidden` marks records that lists leave out, unless they are asked for by id or by the status DELETED.
    `actions` are by our verbs (`create`, `update`, `delete`, ...); `takes_file` where the vendor imports by itself.
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

    def declared(self, name: str) -> Field | Link | Nested | None:
        """What a name stands for. A link's `.id` is the link."""
        if name.endswith(".id"):
            return self.links.get(name[:-3])
        return self.fields.get(name) or self.links.get(name) or self.nested.get(name)

    @property
    def can_import(self) -> bool:
        """Whether many records can be made and changed from a file: by the vendor, or row by row."""
        by_row = self.type == "Asset" and {"create", "update"} <= self.actions.keys()
        return by_row or self.file_import is not None


@dataclass(frozen=True, kw_only=True)
class Call:
    """
    A further read of a vendor that is none of our types: its path, and what to make of the answer.

    `read` raises ValueError where the answer is not what was promised. `{id}` in `path` is a native id.
    """

    path: str
    params: Params = field(default_factory=dict)
    read: Callable[[Any], Any] = lambda body: body


@dataclass(frozen=True, kw_only=True)
class Description:
    """All that one source can do."""

    resources: tuple[Resource, ...]
    calls: Mapping[str, Call] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Params = field(default_factory=dict)
    probe: str = ""


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """A vendor: its name, what its sources are configured with, how they sign in, and what they can do."""

    name: str
    keys: "SourceKeys"
    auth: "Callable[[SourceSettings], Auth]"
    describe: "Callable[[SourceSettings], Description]"
