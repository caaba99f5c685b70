"""What is asked of a table: its columns and sources, and switches. Everything is checked before any call."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from gateway.connector.description.ids import excerpt
from gateway.connector.fetching.source import Source
from gateway.edge.tables.columns import KEYS, Column, Table
from gateway.edge.tables.costs import default_columns
from gateway.edge.tables.format import Format
from gateway.errors import BadInput

_FLAGS = {"": True, "true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The columns in the caller's order after those that every table has, the sources, and the switches that are on."""

    columns: tuple[Column, ...]
    sources: Mapping[str, Source]
    switches: frozenset[str]
    partial: bool


def read(table: Table, fmt: Format, query: QueryParams, sources: Mapping[str, Source]) -> Asked:
    """What the query's parameters ask for. Raises BadInput."""
    known = {"columns", "source", "partial", *fmt.switches}
    for name in query:
        if name not in known:
            raise BadInput(f"There is no parameter {excerpt(name)}: there are {', '.join(sorted(known))}.")
    chosen = _sources(_words(query, "source"), sources)
    names = _words(query, "columns")
    return Asked(
        columns=_columns(names, table) if names else default_columns(table, list(chosen.values())),
        sources=chosen,
        switches=frozenset(name for name in fmt.switches if _flag(query, name)),
        partial=_flag(query, "partial"),
    )


def _words(query: QueryParams, name: str) -> Sequence[str]:
    """All words of a parameter: separated by commas, or each in a parameter of its own."""
    given = [part.strip() for written in query.getlist(name) for part in written.split(",")]
    words = [word for word in given if word]
    if not words and name in query:
        raise BadInput(f"`{name}` names nothing: leave it out, or name what you want, separated by commas.")
    return words


def _columns(names: Iterable[str], table: Table) -> tuple[Column, ...]:
    by_name = {column.name: column for column in table.columns}
    for name in names:
        if name not in by_name:
            near = difflib.get_close_matches(name, by_name, n=1)
            guess = f"did you mean {near[0]}? " if near else ""
            raise BadInput(f"{table.name} has no column {excerpt(name)}: {guess}`/tables` lists them.")
    return tuple(by_name[name] for name in dict.fromkeys((*KEYS, *names)))


def _sources(names: Iterable[str], sources: Mapping[str, Source]) -> Mapping[str, Source]:
    wanted = {name.lower() for name in names}
    for name in sorted(wanted):
        if name not in sources:
            raise BadInput(f"There is no source named {excerpt(name)}: there are {', '.join(sources)}.")
    return {name: source for name, source in sources.items() if not wanted or name in wanted}


def _flag(query: QueryParams, name: str) -> bool:
    if name not in query:
        return False
    found = _FLAGS.get(query[name].strip().lower())
    if found is None:
        raise BadInput(f"`{name}` is true or false.")
    return found
