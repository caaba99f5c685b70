"""What a vendor can be told to do, as data: which of our input's fields it takes, and how the request is made."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from gateway.connector.description.row_types import Params, ReferenceTables, Row

Body = dict[str, Any]


class InvalidValue(Exception):
    """
    A value that this vendor cannot take. The message is for the caller.

    `path` goes on from the field that the value was given for; with `at`, the whole path of another field.
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
    """What turning a value of an input into the vendor's may have to know."""

    def native(self, written: str, *types: str) -> str:
        """The native id in a global id of this source. Raises Unfit, or BadInput where it is no id at all."""
        ...


class Look(Protocol):
    """Reads something small that the vendor defines, such as the fields of a type. It is kept."""

    async def __call__(self, path: str, params: Params = ..., /) -> Any:
        """The answer to a GET."""
        ...


@dataclass(frozen=True, kw_only=True)
class Draft:
    """
    A request that is being put together.

    `row` is the record as it stands, empty where it is not read; `values` are the given values by our names, each as
    `Write.convert` made it; `body` is what has been put so far, `put` what `claim` was asked for.
    """

    values: Mapping[str, Any]
    row: Row
    tables: ReferenceTables
    look: Look
    body: Body = field(default_factory=dict)
    put: set[str] = field(default_factory=set)

    def claim(self, mark: str) -> None:
        """Watch that nothing is given twice. Raises Unfit where it is."""
        if mark in self.put:
            raise InvalidValue("is for a field that is given already")
        self.put.add(mark)


class _Absent(Enum):
    ABSENT = "is not put at all"


#: What a `RoundTrip` gives for a key that is better left out.
ABSENT = _Absent.ABSENT

Convert = Callable[[Any, IdResolver], Any]
Put = Callable[[Draft, Any], Awaitable[None] | None]
RoundTrip = Callable[[Row, ReferenceTables], Any]


@dataclass(frozen=True, kw_only=True)
class Write:
    """
    How one field of our inputs goes into the vendor's body.

    `convert` makes the vendor's value, without asking anybody, or raises Unfit; it never sees null. The value goes
    under `key`, unless `put` knows better; `empty` stands there for null, which is refused with `fixed`. `also` are
    further names of the vendor's for the same thing: of all of these a request has one. `refs` are the reference tables
    that `put` looks at; with `reads` it looks at the record as it stands.
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
        """All names that the vendor has for it."""
        return self.synonyms if self.key is None else self.synonyms | {self.key}


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """
    What one of the vendor's refusals means: our code and message, and the field where it is always the same.

    With `shows` it came with a row that tells more, and is shown.
    """

    code: str
    message: str
    field: tuple[str, ...] | None = None
    shows_record: bool = False


@dataclass(frozen=True, kw_only=True)
class Action:
    """
    One thing that a vendor can do with a record, or to make one: a request, and how it is put together.

    `path` may have `{id}`. `takes` are our input's fields that the vendor has a place for; `needs` those without which
    it refuses, on creating; `instead` says of others what to do about them. `extra` are the names that `vendorFields`
    may hold. `starts` is the body to begin with.

    Where a request replaces the whole record, `carries` tells for each of the vendor's keys how its present value is
    written: the record is read, and what is not given goes back as it is. Such a reader raises Unfit where that cannot
    be done. `reads` has the record read for other reasons. `last` may change the body when all is put.

    `refusals` give the vendor's statuses a special meaning, `words` the vendor's names for our fields, beside the keys.
    After an answer that got lost, `shows` tells whether a record is as the body wanted it; on creating, `search` makes
    of the given values the parameters of a list that has the new record in it, with all that `shows` looks at. It is
    for vendors that allow no two such records: elsewhere one that looks the same may have been there before, and
    settles nothing. `reports` reads from the answer what the vendor did not do in spite of its success. `warns` is told
    beside a success.
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
    """An import that the vendor does by itself: a file as the form field `part`, and what it says it has done."""

    path: str
    part: str
    read: Callable[[Any], "ImportResult"]
    refusals: Mapping[int, Refusal] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What an import has done: how many records it made and changed, and the rows that it could not take."""

    created: int
    updated: int
    row_errors: tuple[tuple[int, str], ...]
