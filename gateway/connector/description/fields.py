"""The words that vendors' tables are written in: one constructor for each kind of field, link and filter."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo
from operator import itemgetter
from typing import Any, TypeVar

from gateway.connector.description import convert
from gateway.connector.description.convert_columns import Many, column_converter, distinct_converter
from gateway.connector.description.resource import Field, Filter, Link
from gateway.connector.description.row_types import Params, ReferenceTables, Row

T = TypeVar("T")

DetailRule = str | Callable[[Row, ReferenceTables], str | None] | None


def get_path(row: Any, path: str) -> Any:
    """
    What stands at a dotted path, or None where the way there breaks off.

    >>> at({"category": {"name": "Laptop"}}, "category.name"), at({"category": "Laptop"}, "category.name")
    ('Laptop', None)
    """
    for key in path.split("."):
        if not isinstance(row, Mapping):
            return None
        row = row.get(key)
    return row


def get_path_column(path: str) -> Callable[[Sequence[Row]], list[Any]]:
    """
    A function that gives what stands at a dotted path in many rows.

    >>> column_at("category.name")([{"category": {"name": "Laptop"}}, {"category": "Laptop"}, {}])
    ['Laptop', None, None]
    """
    key, *further = path.split(".")
    there = itemgetter(key)

    def column(rows: Sequence[Row]) -> list[Any]:
        try:
            found = list(map(there, rows))
        except KeyError:
            found = [row.get(key) for row in rows]
        for name in further:
            found = [one.get(name) if isinstance(one, dict) else None for one in found]
        return found

    return column


def value(
    *paths: str,
    convert: Callable[[Any], Any],
    convert_all: Many | None = None,
    detail: DetailRule = None,
    order: str | None = None,
) -> Field:
    """
    The converted value at the first of the paths that has one. Empty text counts only where nothing follows.

    `convert_all` converts a column, where that can be done for less than each value by itself.
    """
    uses = tuple(dict.fromkeys(path.split(".", 1)[0] for path in paths))
    is_plain = len(paths) == 1 and "." not in paths[0]
    first, *others = map(get_path_column, paths)
    converted = convert_all or column_converter(convert)

    def read(row: Row, _: ReferenceTables) -> Any:
        found = None
        for path in paths:
            found = convert(get_path(row, path))
            if found is not None and found != "":
                return found
        return found

    def read_all(rows: Sequence[Row], _: ReferenceTables) -> list[Any]:
        found = converted(first(rows))
        for column in others:
            if all(found):
                break
            further = converted(column(rows))
            both = zip(found, further, strict=True)
            found = [after if before is None or before == "" else before for before, after in both]
        return found

    return Field(
        read=read,
        read_column=read_all,
        keys=uses,
        detail=detail,
        order=order,
        any_of=len(uses) > 1,
        key=paths[0] if is_plain else None,
        convert=convert if is_plain else None,
    )


def text(*paths: str, detail: DetailRule = None) -> Field:
    """Text."""
    return value(*paths, convert=convert.text, detail=detail)


def whole(*paths: str, detail: DetailRule = None) -> Field:
    """A whole number."""
    return value(*paths, convert=convert.whole, detail=detail)


def money(*paths: str, detail: DetailRule = None) -> Field:
    """An exact decimal, in the vendor's currency."""
    return value(*paths, convert=convert.decimal, detail=detail)


def flag(*paths: str, detail: DetailRule = None) -> Field:
    """True or false."""
    return value(*paths, convert=convert.flag, detail=detail)


def day(*paths: str, detail: DetailRule = None, order: str | None = None) -> Field:
    """A calendar day."""
    return value(*paths, convert=convert.day, detail=detail, order=order)


def moment(*paths: str, zone: tzinfo = UTC, detail: DetailRule = None, order: str | None = None) -> Field:
    """A moment in UTC; what is written without an offset is local to `zone`."""
    in_zone = convert.moment if zone is UTC else lambda raw: convert.moment(raw, zone)
    return value(*paths, convert=in_zone, detail=detail, order=order)


def identity(*paths: str) -> Field:
    """A native id."""
    return value(*paths, convert=convert.identity)


def raw(path: str, *, detail: DetailRule = None) -> Field:
    """The vendor's JSON as it is."""
    return replace(value(path, convert=lambda found: found, detail=detail), raw=True)


def computed(
    read: Callable[[Row], Any],
    *uses: str,
    also: tuple[str, ...] = (),
    detail: DetailRule = None,
    raw: bool = False,
) -> Field:
    """What a small function makes of the row's keys `uses`, and of `also`, which not every row has."""
    looked = dict.fromkeys((*uses, *also)) if uses else None
    return Field(
        read=lambda row, _: read(row),
        read_column=lambda rows, _: list(map(read, rows)),
        keys=uses,
        detail=detail,
        columns=looked,
        raw=raw,
    )


def is_present(path: str) -> Field:
    """Whether a value stands there."""
    return value(
        path,
        convert=lambda found: found is not None,
        convert_all=lambda column: [found is not None for found in column],
    )


def constant(fixed: Any) -> Field:
    """The same for every row."""
    return Field(
        read=lambda _row, _tables: fixed, read_column=lambda rows, _: [fixed] * len(rows), columns={}
    )


def mapped(path: str, words: Mapping[str, str], *, otherwise: str) -> Field:
    """
    One of our enum's values by the vendor's word, case ignored.

    >>> status = mapped("status", {"deployed": "IN_USE"}, otherwise="UNKNOWN")
    >>> status.read({"status": "Deployed"}, {}), status.read({"status": 7}, {})
    ('IN_USE', 'UNKNOWN')
    """
    folded = {word.casefold(): ours for word, ours in words.items()}

    def convert_word(found: Any) -> str:
        return folded.get(found.casefold(), otherwise) if isinstance(found, str) else otherwise

    return value(path, convert=convert_word, convert_all=distinct_converter(convert_word))


def memoize_per_table(table: str, make: Callable[[Mapping[str, Any]], T]) -> Callable[[ReferenceTables], T]:
    """What `make` makes of a reference table: made once for it, since it is the same object as long as it is kept."""
    of: Mapping[str, Any] | None = None
    made: T

    def made_of(tables: ReferenceTables) -> T:
        nonlocal of, made
        if tables[table] is not of:
            of, made = tables[table], make(tables[table])
        return made

    return made_of


def from_table(path: str, table: str, name: str = "name") -> Field:
    """A field of the record in the reference table `table` whose id stands at `path`."""

    def values(known: Mapping[str, Any]) -> Mapping[Any, Any]:
        told = {native: one.get(name) for native, one in known.items()}
        return {**told, **{int(native): one for native, one in told.items() if native.isdecimal()}}

    told = memoize_per_table(table, values)
    column = get_path_column(path)

    def read_all(rows: Sequence[Row], tables: ReferenceTables) -> list[Any]:
        known = told(tables)
        return [known.get(raw if raw.__class__ is int else convert.identity(raw)) for raw in column(rows)]

    def read(row: Row, tables: ReferenceTables) -> Any:
        return read_all((row,), tables)[0]

    return Field(read=read, read_column=read_all, keys=(path.split(".", 1)[0],), refs=(table,))


def link(
    type: str,
    id: str,
    *,
    stub: str | Mapping[str, str] | None = None,
    none: tuple[str, ...] = (),
    detail: DetailRule = None,
) -> Link:
    """
    A link by the native id at a path; ids in `none` mean that there is none.

    `stub` is where the row tells of the linked record: the path of a nested object, or the linked record's own keys
    each with a path in this row.
    """
    if "." in id:

        def read(row: Row, _: ReferenceTables) -> str | None:
            native = convert.identity(get_path(row, id))
            return None if native in none else native
    else:

        def read(row: Row, _: ReferenceTables) -> str | None:
            native = convert.identity(row.get(id))
            return None if native in none else native

    uses = (id.split(".", 1)[0],)
    if stub is None:
        return Link(type=type, id=read, keys=uses, detail=detail)
    if isinstance(stub, str):
        nested = stub

        def embedded(row: Row) -> Row | None:
            found = get_path(row, nested)
            return found if isinstance(found, Mapping) else None

        looked = dict.fromkeys((*uses, nested.split(".", 1)[0]))
        return Link(type=type, id=read, stub=embedded, keys=uses, detail=detail, columns=looked)
    keys = tuple(stub.items())

    def flattened(row: Row) -> Row:
        # What is not set here may be set on the record itself.
        return {key: row[path] for key, path in keys if row.get(path) not in (None, "")}

    looked = dict.fromkeys((*uses, *stub.values()))
    return Link(type=type, id=read, stub=flattened, keys=uses, detail=detail, columns=looked)


def query_param(
    param: str, *ops: str, exact: bool = False, membership: bool = False, many: bool = False
) -> Filter:
    """
    A filter that the vendor takes as one query parameter.

    `ops` are the operators that it can stand for (`eq` where none is named); with `many` several values go with commas.

    >>> asks("site_id", exact=True).push("eq", "5"), asks("site_id").push("contains", "5")
    ({'site_id': '5'}, None)
    >>> asks("assets", many=True).push("in", ["1", "2"])
    {'assets': '1,2'}
    """
    allowed = frozenset(ops or ("eq",))

    def push(op: str, asked: Any) -> Params | None:
        if op == "in" and isinstance(asked, list | tuple):
            if many and asked:
                return {param: ",".join(str(one) for one in asked)}
            return {param: str(asked[0])} if len(asked) == 1 and "eq" in allowed else None
        if op not in allowed or not isinstance(asked, str) or not asked.strip():
            return None
        return {param: asked}

    return Filter(push=push, exact=exact, membership=membership)


def enum_param(param: str, by_ours: Mapping[str, str], *, exact: bool = True) -> Filter:
    """
    An enum filter that the vendor takes as one of its own words.

    >>> words("status", {"RETIRED": "retired"}).push("eq", "RETIRED")
    {'status': 'retired'}
    """

    def push(op: str, asked: Any) -> Params | None:
        one = asked[0] if op == "in" and len(asked) == 1 else asked if op == "eq" else None
        word = by_ours.get(one) if isinstance(one, str) else None
        return None if word is None else {param: word}

    return Filter(push=push, exact=exact)
