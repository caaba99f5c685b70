"""Actions (writes) of a vendor, as data: the input fields that each accepts, and how its request is built."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from gateway.connector.description.row_types import Params, ReferenceTables, Row

Body = dict[str, Any]


class InvalidValue(Exception):
    """
    Validation error: a value that this vendor does not accept. The message is for the caller.

    `path` continues the path of the input field that holds the value; `field_path` is the full path of another input
    field instead.
    """

    def __init__(
        self, message: str, *path: str, code: str = "INVALID", field_path: tuple[str, ...] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.code = code
        self.field_path = field_path


class IdResolver(Protocol):
    """Resolver of global ids: converting an input value to the vendor's may need the native id of a record."""

    def native_id(self, global_id: str, *types: str) -> str:
        """The native id in a global id of this source. Raises InvalidValue, or BadInput if it is no id at all."""
        ...


class DefinitionReader(Protocol):
    """Reader of the vendor's definitions, such as the fields of a type. Answers are small, and cached."""

    async def __call__(self, path: str, params: Params = ..., /) -> Any:
        """The answer to a GET."""
        ...


@dataclass(frozen=True, kw_only=True)
class Draft:
    """
    Draft of a request: the body under construction.

    `values` are the caller's values by our field names, each converted by `Write.convert`. `row` is the record's
    current row, empty if it is not read. `body` is the request body so far, `claimed` the vendor's fields that
    values were written to.
    """

    values: Mapping[str, Any]
    row: Row
    tables: ReferenceTables
    read_definition: DefinitionReader
    body: Body = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)

    def claim(self, key: str) -> None:
        """Claim a field of the vendor's for a value. Raises InvalidValue if it is claimed already."""
        if key in self.claimed:
            raise InvalidValue("is for a field that is given already")
        self.claimed.add(key)


class _Absent(Enum):
    ABSENT = "is omitted from the body"


#: Result of a `RoundTrip` for a key that is to be omitted.
ABSENT = _Absent.ABSENT

Convert = Callable[[Any, IdResolver], Any]
Put = Callable[[Draft, Any], Awaitable[None] | None]
RoundTrip = Callable[[Row, ReferenceTables], Any]


@dataclass(frozen=True, kw_only=True)
class Write:
    """
    Write mapping: how one field of our inputs is written to the vendor's body.

    `convert` gives the vendor's value, without I/O, or raises InvalidValue; it never gets null. The value is written
    under `key`, or by `put` if that is set. `empty` is written for null; with `not_nullable`, null is refused.
    `synonyms` are the vendor's other names for the same field: a request has only one of them all. `refs` are the
    reference tables that `put` needs; with `reads_record` it needs the record's current row.
    """

    convert: Convert
    key: str | None = None
    synonyms: frozenset[str] = frozenset()
    put: Put | None = None
    empty: Any = None
    not_nullable: bool = False
    refs: tuple[str, ...] = ()
    reads_record: bool = False

    @property
    def names(self) -> frozenset[str]:
        """All of the vendor's names for the field."""
        return self.synonyms if self.key is None else self.synonyms | {self.key}


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """
    Refusal: the meaning of one of the vendor's error answers, as our code and message, and the input field if it is
    always the same.

    With `shows_record` the answer has the record's row as well, and the record is part of the result.
    """

    code: str
    message: str
    field: tuple[str, ...] | None = None
    shows_record: bool = False


@dataclass(frozen=True, kw_only=True)
class Action:
    """
    Action: a request that creates, changes or deletes a record at the vendor, and how its body is built.

    `path` may have `{id}`. `fields` are the fields of our input that the vendor accepts; `required_on_create` those
    that it requires when a record is created; `unsupported_hint` is the advice to a caller for each of the others.
    `vendor_fields` are the names that the input's `vendorFields` may have. `base_body` is the body before any value is
    written; with `is_list_body` the body is sent as a list of one.

    If a request replaces the full record, `full_replace` says for each of the vendor's keys how its current value is
    written back: the record is read first, and every value that the caller does not set is sent unchanged. Such a
    function raises InvalidValue if the value cannot be sent back. `reads_record` and `refs` load the record and
    reference tables for other reasons. `finalize` may change the body after all values are written.

    `refusals` give a meaning to the vendor's error statuses. `field_words` map the vendor's names in its error messages
    to our fields, beside the keys. If the answer to a request is lost, `matches_record` is true if a record is in the
    state that the body requests. For a create, `search` derives from the caller's values the parameters of a list that
    has the new record, with all that `matches_record` reads. `search` is only for vendors that refuse a second such
    record: with others, an equal record may have existed before, and proves nothing. `partial_failure` reads from a
    successful answer the part of the change that the vendor did not make. `warning` is reported with a success.
    """

    method: str
    path: str
    fields: Mapping[str, Write] = field(default_factory=dict)
    required_on_create: tuple[str, ...] = ()
    unsupported_hint: Mapping[str, str] = field(default_factory=dict)
    vendor_fields: frozenset[str] = frozenset()
    base_body: Mapping[str, Any] = field(default_factory=dict)
    full_replace: Mapping[str, RoundTrip] | None = None
    reads_record: bool = False
    refs: tuple[str, ...] = ()
    finalize: Put | None = None
    is_list_body: bool = False
    refusals: Mapping[int, Refusal] = field(default_factory=dict)
    field_words: Mapping[str, str] = field(default_factory=dict)
    matches_record: Callable[[Row, Body], bool] | None = None
    search: Callable[[Mapping[str, Any]], Params | None] | None = None
    partial_failure: Callable[[Row], Refusal | None] | None = None
    warning: str | None = None


@dataclass(frozen=True, kw_only=True)
class FileAction:
    """Import by the vendor itself: a file is sent as the form field `part`, `read` reads the result of the answer."""

    path: str
    form_field: str
    read: Callable[[Any], "ImportResult"]
    refusals: Mapping[int, Refusal] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """Result of an import: numbers of records created and updated, and row number and message of each bad row."""

    created: int
    updated: int
    row_errors: tuple[tuple[int, str], ...]
