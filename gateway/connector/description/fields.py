"""Constructors of a vendor's declarations: a function for each kind of field, link and filter."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo
from functools import lru_cache, wraps
from operator import itemgetter
from typing import Any, ParamSpec, TypeVar

from gateway.connector.description import convert
from gateway.connector.description.convert_columns import ConvertColumn, column_converter, distinct_converter
from gateway.connector.description.number_forms import number_form
from gateway.connector.description.resource import Field, Filter, Link
from gateway.connector.description.row_types import Params, ReadColumn, ReferenceTables, Row
from gateway.connector.description.vendor_dates import USUAL_DATES, VendorDates
from gateway.literals import is_digits

T = TypeVar("T")
P = ParamSpec("P")

#: Values that stand for none.
_EMPTY = (None, "")

DetailRule = str | Callable[[Row, ReferenceTables], str | None] | None


def _shared(declare: Callable[P, T]) -> Callable[P, T]:
    """`declare`, run once for equal arguments: accounts of a vendor share the declarations that are alike."""
    cached: Callable[P, T] = lru_cache(maxsize=1024)(declare)  # type: ignore[assignment] # hashed at run time

    @wraps(declare)
    def shared(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return cached(*args, **kwargs)
        except TypeError:  # arguments that have no hash
            return declare(*args, **kwargs)

    return shared


def get_path(row: Any, path: str) -> Any:
    """
    Value at a dotted path of a row, or None if the path leads nowhere.

    >>> get_path({"category": {"name": "Laptop"}}, "category.name")
    'Laptop'
    >>> get_path({"category": "Laptop"}, "category.name")
    """
    for key in path.split("."):
        if row.__class__ is not dict and not isinstance(row, Mapping):
            return None
        row = row.get(key)
    return row


def get_path_column(path: str, convert_column: ConvertColumn = list) -> ReadColumn:
    """
    Column reader: a function that gives the value at a dotted path of each row, or None, converted with all others.

    >>> get_path_column("category.name")([{"category": {"name": "Laptop"}}, {"category": "Laptop"}, {}], {})
    ['Laptop', None, None]
    """
    key, *nested_keys = path.split(".")
    get_key = itemgetter(key)

    def column(rows: Sequence[Row], _: ReferenceTables) -> list[Any]:
        try:
            values = list(map(get_key, rows))
        except KeyError:
            values = [row.get(key) for row in rows]
        for nested_key in nested_keys:
            values = [outer.get(nested_key) if isinstance(outer, dict) else None for outer in values]
        return convert_column(values)

    return column


@_shared
def value(
    *paths: str,
    convert: Callable[[Any], Any],
    convert_all: ConvertColumn | None = None,
    detail: DetailRule = None,
    order: str | None = None,
    counts_unread: bool = False,
) -> Field:
    """
    Field with the converted value of the first path that has a value. Empty text counts only if no later path has more.

    `convert_all` converts a whole column, if that is cheaper than `convert` for each value. With `counts_unread`,
    values that cannot be converted are counted.
    """
    keys = tuple(dict.fromkeys(path.split(".", 1)[0] for path in paths))
    is_plain = len(paths) == 1 and "." not in paths[0]
    convert_column = convert_all or column_converter(convert)
    first_column, *fallback_columns = [get_path_column(path, convert_column) for path in paths]

    def read(row: Row, _: ReferenceTables) -> Any:
        converted = None
        for path in paths:
            converted = convert(get_path(row, path))
            if converted is not None and converted != "":
                return converted
        return converted

    def read_column(rows: Sequence[Row], tables: ReferenceTables) -> list[Any]:
        values = first_column(rows, tables)
        for column in fallback_columns:
            if all(values):
                break
            pairs = zip(values, column(rows, tables), strict=True)
            values = [fallback if value is None or value == "" else value for value, fallback in pairs]
        return values

    def is_unread(row: Row) -> bool:
        return any(get_path(row, path) not in _EMPTY for path in paths)

    return Field(
        read=read,
        read_column=read_column if fallback_columns else first_column,
        is_unread=is_unread if counts_unread else None,
        keys=keys,
        detail=detail,
        order=order,
        any_of=len(keys) > 1,
        key=paths[0] if is_plain else None,
        convert=convert if is_plain else None,
    )


def text(*paths: str, detail: DetailRule = None) -> Field:
    """Field of text of one line: without blanks at its ends, null if there is nothing else."""
    return value(*paths, convert=convert.text, detail=detail)


def free_text(*paths: str, detail: DetailRule = None) -> Field:
    """Field of free text (notes, descriptions): unchanged."""
    return value(*paths, convert=convert.free_text, detail=detail)


def integer(*paths: str, detail: DetailRule = None) -> Field:
    """Field of a whole number."""
    return value(*paths, convert=convert.integer, detail=detail, counts_unread=True)


def money(*paths: str, form: str | None = None, detail: DetailRule = None) -> Field:
    """
    Amount in the vendor's currency, as an exact decimal. `form` is an example of how the vendor writes it as text.

    >>> money("cost", form="1.250,00").read({"cost": "3.499,90"}, {})
    Decimal('3499.90')
    """
    read = convert.decimal if form is None else number_form(form)
    return value(*paths, convert=read, detail=detail, counts_unread=True)


def flag(*paths: str, detail: DetailRule = None) -> Field:
    """Field that is true or false."""
    return value(*paths, convert=convert.flag, detail=detail)


def day(
    *paths: str, dates: VendorDates = USUAL_DATES, detail: DetailRule = None, order: str | None = None
) -> Field:
    """Field of a calendar day; null if that is one of the vendor's null dates."""
    return value(*paths, convert=dates.day, convert_all=dates.days, detail=detail, order=order)


@_shared
def moment(
    *paths: str,
    dates: VendorDates = USUAL_DATES,
    zone: tzinfo = UTC,
    detail: DetailRule = None,
    order: str | None = None,
) -> Field:
    """Field of a date and time in UTC; a value without an offset is local to `zone`. Null as `day`."""
    in_zone, column_in_zone = dates.moments_in(zone)
    return value(*paths, convert=in_zone, convert_all=column_in_zone, detail=detail, order=order)


@_shared
def identity(*paths: str) -> Field:
    """Field of a native id: that at the first path that has a value, which no other stands for if it is no id."""
    if len(paths) == 1:
        return value(*paths, convert=convert.identity)

    def read(row: Row) -> str | None:
        values = (get_path(row, path) for path in paths)
        return convert.identity(next((value for value in values if not convert.is_blank(value)), None))

    keys = tuple(dict.fromkeys(path.split(".", 1)[0] for path in paths))
    return replace(computed(read, *keys), any_of=True)


@_shared
def raw(path: str, *, detail: DetailRule = None) -> Field:
    """Field of the vendor's JSON, not converted."""
    return replace(value(path, convert=lambda value: value, detail=detail), raw=True)


def computed(
    read: Callable[[Row], Any],
    *uses: str,
    optional_keys: tuple[str, ...] = (),
    detail: DetailRule = None,
    raw: bool = False,
) -> Field:
    """Computed field: `read` derives it from the row's keys `uses`, and from the keys `also`, which are optional."""
    columns = dict.fromkeys((*uses, *optional_keys)) if uses else None
    return Field(
        read=lambda row, _: read(row),
        read_column=lambda rows, _: list(map(read, rows)),
        keys=uses,
        detail=detail,
        columns=columns,
        raw=raw,
    )


@_shared
def is_present(path: str) -> Field:
    """Boolean field: true if the row has a value at the path."""
    return value(
        path,
        convert=lambda value: value is not None,
        convert_all=lambda column: [value is not None for value in column],
    )


def constant(value: Any) -> Field:
    """Field with the same value in every row."""
    return Field(
        read=lambda _row, _tables: value, read_column=lambda rows, _: [value] * len(rows), columns={}
    )


def mapped(path: str | Sequence[str], words: Mapping[str, str], *, default: str) -> Field:
    """
    Enum field: the vendor's word mapped to our enum's value, case and outer blanks ignored; `default` for others.

    Of several paths the first that has a text counts.

    >>> status = mapped("status", {"deployed": "IN_USE"}, default="UNKNOWN")
    >>> status.read({"status": "Deployed"}, {}), status.read({"status": 7}, {})
    ('IN_USE', 'UNKNOWN')
    """
    folded = {word.casefold(): ours for word, ours in words.items()}

    def convert_word(word: str | None) -> str:
        return default if word is None else folded.get(word.casefold(), default)

    word = text(path) if isinstance(path, str) else text(*path)
    convert_words = distinct_converter(convert_word)
    return replace(
        word,
        read=lambda row, tables: convert_word(word.read(row, tables)),
        read_column=lambda rows, tables: convert_words(word.values(rows, tables)),
        key=None,
        convert=None,
    )


def memoize_per_table(table: str, make: Callable[[Mapping[str, Any]], T]) -> Callable[[ReferenceTables], T]:
    """
    Memoized function of a reference table: `make` runs once for each version of the table.

    A table is the same object as long as it is cached.
    """
    source: Mapping[str, Any] | None = None
    result: T

    def derive(tables: ReferenceTables) -> T:
        nonlocal source, result
        if tables[table] is not source:
            source, result = tables[table], make(tables[table])
        return result

    return derive


def from_table(path: str, table: str, name: str = "name") -> Field:
    """Looked-up field: the value `name` of the record in the reference table `table` whose id the row has at `path`."""

    def index(records: Mapping[str, Any]) -> Mapping[Any, Any]:
        values = {native_id: record.get(name) for native_id, record in records.items()}
        by_number = {int(native_id): value for native_id, value in values.items() if is_digits(native_id)}
        return {**values, **by_number}

    values_by_id = memoize_per_table(table, index)
    column = get_path_column(path)

    def read_column(rows: Sequence[Row], tables: ReferenceTables) -> list[Any]:
        values = values_by_id(tables)
        return [
            values.get(raw if raw.__class__ is int else convert.identity(raw)) for raw in column(rows, tables)
        ]

    def read(row: Row, tables: ReferenceTables) -> Any:
        return read_column((row,), tables)[0]

    return Field(read=read, read_column=read_column, keys=(path.split(".", 1)[0],), refs=(table,))


@_shared
def link(
    type: str,
    id: str,
    *,
    stub: str | Mapping[str, str] | None = None,
    null_ids: tuple[str, ...] = (),
    detail: DetailRule = None,
) -> Link:
    """
    Link by the native id at the path `id`; the ids in `none` mean that no record is linked.

    `stub` says where the row holds fields of the linked record: the path of a nested object, or a mapping from the
    linked record's own keys to paths in this row.
    """
    target = identity(id)

    def read(row: Row, tables: ReferenceTables) -> str | None:
        native_id: str | None = target.read(row, tables)
        return None if native_id in null_ids else native_id

    def read_column(rows: Sequence[Row], tables: ReferenceTables) -> list[str | None]:
        return [None if native_id in null_ids else native_id for native_id in target.values(rows, tables)]

    id_keys = (id.split(".", 1)[0],)
    if stub is None:
        return Link(type=type, id=read, id_column=read_column, keys=id_keys, detail=detail)
    if isinstance(stub, str):
        object_path = stub

        def embedded(row: Row) -> Row | None:
            nested = get_path(row, object_path)
            return nested if isinstance(nested, Mapping) else None

        columns = dict.fromkeys((*id_keys, object_path.split(".", 1)[0]))
        return Link(
            type=type,
            id=read,
            id_column=read_column,
            stub=embedded,
            keys=id_keys,
            detail=detail,
            columns=columns,
        )
    pairs = tuple(stub.items())

    def flattened(row: Row) -> Row:
        # A value that this row lacks may be set on the record itself.
        return {key: row[path] for key, path in pairs if not convert.is_blank(row.get(path))}

    columns = dict.fromkeys((*id_keys, *stub.values()))
    return Link(
        type=type,
        id=read,
        id_column=read_column,
        stub=flattened,
        keys=id_keys,
        detail=detail,
        columns=columns,
    )


def query_param(
    param: str, *ops: str, exact: bool = False, membership: bool = False, comma_separated: bool = False
) -> Filter:
    """
    Filter that the vendor applies through the query parameter `param`.

    `ops` are the operators that the parameter supports (`eq` by default); with `many` it takes a list of values,
    separated by commas.

    >>> query_param("site_id", exact=True).push("eq", "5"), query_param("site_id").push("contains", "5")
    ({'site_id': '5'}, None)
    >>> query_param("assets", comma_separated=True).push("in", ["1", "2"])
    {'assets': '1,2'}
    """
    allowed = frozenset(ops or ("eq",))

    def push(op: str, operand: Any) -> Params | None:
        if op == "in" and isinstance(operand, list | tuple):
            if comma_separated and operand:
                return {param: ",".join(map(str, operand))}
            return {param: str(operand[0])} if len(operand) == 1 and "eq" in allowed else None
        if op not in allowed or not isinstance(operand, str) or not operand.strip():
            return None
        return {param: operand}

    return Filter(push=push, exact=exact, membership=membership)


def enum_param(param: str, by_ours: Mapping[str, str], *, exact: bool = True) -> Filter:
    """
    Enum filter that the vendor applies through the query parameter `param`, with its own word for each of our values.

    >>> enum_param("status", {"RETIRED": "retired"}).push("eq", "RETIRED")
    {'status': 'retired'}
    """

    def push(op: str, operand: Any) -> Params | None:
        value = operand[0] if op == "in" and len(operand) == 1 else operand if op == "eq" else None
        word = by_ours.get(value) if isinstance(value, str) else None
        return None if word is None else {param: word}

    return Filter(push=push, exact=exact)
