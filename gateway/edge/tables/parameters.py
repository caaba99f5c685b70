"""The query parameters of a table: columns, sources, rows and switches. Everything is checked before any call."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from starlette.datastructures import QueryParams

from gateway.connector.description.ids import excerpt
from gateway.connector.fetching.source import Source
from gateway.errors import BadInput
from gateway.literals import parse_day, parse_moment
from gateway.tables.columns import KEYS, FlatColumn, FlatTable
from gateway.tables.formats import FileFormat
from gateway.tables.history.declarations import HISTORY_KEYS
from gateway.tables.history.rows import DateWindow
from gateway.tables.things.declarations import UNIFIED_ASSETS

_FLAGS = {"": True, "true": True, "1": True, "false": False, "0": False}
_MOST_ROWS = 2**31 - 1
_LONGEST_NUMBER = 12


@dataclass(frozen=True, kw_only=True)
class TableRequest:
    """
    The columns in the caller's order after those that every table has, None if none are named; the sources; the
    switches that are on.
    """

    columns: tuple[FlatColumn, ...] | None
    sources: Mapping[str, Source]
    is_all_sources: bool
    switches: frozenset[str]
    partial: bool
    live: bool
    changed_since: datetime | None
    limit: int | None
    window: DateWindow

    @property
    def names(self) -> list[str] | None:
        """The names of the columns, None if none are named."""
        return None if self.columns is None else [column.name for column in self.columns]


def read(
    table: FlatTable, fmt: FileFormat, query: QueryParams, sources: Mapping[str, Source]
) -> TableRequest:
    """The request that the query's parameters make. Raises BadInput."""
    known = {"columns", "limit", *fmt.switches}
    if table.has_records:
        known |= {"changed_since", "partial"}
    if table.has_records and table.name != UNIFIED_ASSETS:
        known.add("source")
    if table.resource is not None:
        known.add("live")
    if table.history_of is not None:
        known |= {"from", "to", *(() if table.history_of == UNIFIED_ASSETS else ("source",))}
    for name in query:
        if name not in known:
            raise BadInput(f"There is no parameter {excerpt(name)}: there are {', '.join(sorted(known))}.")
    chosen = _sources(_words(query, "source"), sources)
    names = _words(query, "columns")
    request = TableRequest(
        columns=_columns(names, table) if names else None,
        sources=chosen,
        is_all_sources=len(chosen) == len(sources),
        switches=frozenset(name for name in fmt.switches if _flag(query, name)),
        partial=_flag(query, "partial"),
        live=_flag(query, "live"),
        changed_since=_moment(query, "changed_since"),
        limit=_limit(query),
        window=DateWindow(first=_day(query, "from"), last=_day(query, "to")),
    )
    if request.live and (request.changed_since or _names_unread(request.columns)):
        raise BadInput(
            "`live=true` reads the sources now: it knows no `changed_since`, `row_changed_at` and `row_first_seen_at`."
        )
    return request


def _names_unread(columns: Sequence[FlatColumn] | None) -> bool:
    return any(not column.is_read for column in columns or ())


def _words(query: QueryParams, name: str) -> Sequence[str]:
    """All words of a parameter: separated by commas, or each in a parameter of its own."""
    parts = [part.strip() for written in query.getlist(name) for part in written.split(",")]
    words = [word for word in parts if word]
    if not words and name in query:
        raise BadInput(f"`{name}` names nothing: leave it out, or name what you want, separated by commas.")
    return words


def _columns(names: Iterable[str], table: FlatTable) -> tuple[FlatColumn, ...]:
    by_name = {column.name: column for column in table.columns}
    for name in names:
        if name not in by_name:
            near = difflib.get_close_matches(name, by_name, n=1)
            guess = f"did you mean {near[0]}? " if near else ""
            raise BadInput(f"{table.name} has no column {excerpt(name)}: {guess}`/tables` lists them.")
    keys = HISTORY_KEYS if table.history_of else KEYS if table.has_records else ()
    return tuple(by_name[name] for name in dict.fromkeys((*keys, *names)))


def _sources(names: Iterable[str], sources: Mapping[str, Source]) -> Mapping[str, Source]:
    chosen = {name.lower() for name in names}
    for name in sorted(chosen):
        if name not in sources:
            raise BadInput(f"There is no source named {excerpt(name)}: there are {', '.join(sources)}.")
    return {name: source for name, source in sources.items() if not chosen or name in chosen}


def _flag(query: QueryParams, name: str) -> bool:
    if name not in query:
        return False
    flag = _FLAGS.get(query[name].strip().lower())
    if flag is None:
        raise BadInput(f"`{name}` is true or false.")
    return flag


def _limit(query: QueryParams) -> int | None:
    written = query.get("limit")
    if written is None:
        return None
    text = written.strip()
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER else -1
    if not 0 <= number <= _MOST_ROWS:
        raise BadInput(f"`limit` is a whole number from 0 to {_MOST_ROWS}, not {excerpt(written)}.")
    return number


def _day(query: QueryParams, name: str) -> date | None:
    written = query.get(name)
    if written is None:
        return None
    try:
        return parse_day(written.strip())
    except ValueError as exc:
        raise BadInput(f"`{name}` is a day such as 2026-11-27, not {excerpt(written)}.") from exc


def _moment(query: QueryParams, name: str) -> datetime | None:
    written = query.get(name)
    if written is None:
        return None
    try:
        # A plus that was not escaped arrives as a blank.
        moment = parse_moment(written.strip().replace(" ", "+") if "T" in written else written.strip())
    except ValueError:
        moment = None
    if moment is None:
        raise BadInput(
            f"`{name}` is a moment such as 2026-11-27T08:30:00Z or a day such as 2026-11-27, not {excerpt(written)}."
        )
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as exc:
        raise BadInput(f"`{name}` is beyond the calendar.") from exc
