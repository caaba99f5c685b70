"""Errors of a GraphQL response: each with a code, and none with internals of the gateway or of a vendor."""

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError, ValueNode

from gateway.engine.request import REQUEST_ID
from gateway.errors import GatewayError

_log = logging.getLogger(__name__)

# graphql-core repeats names and values of the document in its messages, of any length
_LONGEST = 500
# the end of a message, with up to five names
_SUGGESTION = re.compile(r" Did you mean (?:the enum value )?.*\Z", re.DOTALL)

#: Equal errors of one field that are told one by one, each with the path of its null.
EQUAL_ERRORS = 20
#: The extension that says how many equal errors there were, if they are more than that.
COUNT = "count"

Entry = dict[str, Any]
"""One entry of `errors`: message, locations and path where known, and extensions with the code."""


class RequestRefused(Exception):
    """The request cannot be run. `errors` are the response's."""

    def __init__(self, errors: Sequence[Entry]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = tuple(errors)


def request_error(code: str, message: str) -> Entry:
    """An error about the request as a whole."""
    return {"message": message, "extensions": {"code": code}}


def from_document(error: GraphQLError, code: str) -> Entry:
    """An error of graphql-core about the document: its message quotes the caller."""
    return _entry(_shortened(error.message), {"code": code}, error)


def from_execution(errors: Iterable[GraphQLError]) -> list[Entry]:
    """
    Errors of fields, sorted by path, so that equal requests get equal responses; or of the variables.

    Messages of a GatewayError, and of graphql-core about arguments and variables, are public. Any other error is logged
    under the request's id, and is INTERNAL in the response.
    """
    return _without_repeats(sorted(map(_from_field, errors), key=_by_path))


def from_reported(reported: Iterable[tuple[GatewayError, Sequence[str | int]]]) -> list[Entry]:
    """Errors that resolvers reported beside their values, sorted by path."""
    entries = [
        {"message": error.message, "path": list(path), "extensions": error.extensions()}
        for error, path in reported
    ]
    return _without_repeats(sorted(entries, key=_by_path))


def without_suggestions(entries: Iterable[Entry]) -> list[Entry]:
    """
    The errors without graphql-core's "Did you mean": it names what the schema has, which callers without introspection
    are not to learn.
    """
    return [{**entry, "message": _SUGGESTION.sub("", entry["message"])} for entry in entries]


def internal(cause: BaseException) -> str:
    """Log an unforeseen exception. Gives the message for the response."""
    _log.error("request %s: not foreseen", REQUEST_ID.get(), exc_info=cause)
    return f"Internal error (request id {REQUEST_ID.get()})"


def _from_field(error: GraphQLError) -> Entry:
    cause = _cause(error)
    if isinstance(cause, GatewayError):
        return _entry(cause.message, cause.extensions(), error)
    if isinstance(cause, GraphQLError) and _is_about_input(cause, at_field=error.path is not None):
        return _entry(_shortened(error.message), {"code": "BAD_USER_INPUT"}, error)
    if error.path is None and isinstance(cause, ValueError):
        # a scalar refuses a variable's value, in words for the caller
        return _entry(_shortened(error.message), {"code": "BAD_USER_INPUT"}, error)
    return _entry(internal(cause), {"code": "INTERNAL"}, error)


def _without_repeats(entries: Sequence[Entry]) -> list[Entry]:
    """
    The entries, of many equal ones only the first: those that differ by the indices in their paths alone. Each of them
    then has their number as the extension `count`.
    """
    if len(entries) <= EQUAL_ERRORS:
        return list(entries)
    groups: defaultdict[tuple[Any, ...], list[Entry]] = defaultdict(list)
    for entry in entries:
        field = tuple(step for step in entry.get("path", ()) if isinstance(step, str))
        groups[field, entry["message"], entry["extensions"]["code"]].append(entry)
    for group in groups.values():
        if len(group) > EQUAL_ERRORS:
            for entry in group[:EQUAL_ERRORS]:
                entry["extensions"].setdefault(COUNT, len(group))
            del group[EQUAL_ERRORS:]
    return sorted((entry for group in groups.values() for entry in group), key=_by_path)


def _cause(error: GraphQLError) -> BaseException:
    """The exception that the field raised, under graphql-core's wrapping."""
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _is_about_input(error: GraphQLError, *, at_field: bool) -> bool:
    """True for an error of graphql-core about variables (there is no field yet) or about an argument's value."""
    return not at_field or (
        bool(error.nodes) and all(isinstance(node, ValueNode) for node in error.nodes or ())
    )


def _entry(message: str, extensions: Mapping[str, Any], error: GraphQLError) -> Entry:
    entry: Entry = {"message": message}
    if error.locations:
        entry["locations"] = [
            {"line": location.line, "column": location.column} for location in error.locations
        ]
    if error.path is not None:
        entry["path"] = list(error.path)
    if error.extensions and COUNT in error.extensions:
        return {**entry, "extensions": {**extensions, COUNT: error.extensions[COUNT]}}
    return {**entry, "extensions": dict(extensions)}


def _shortened(message: str) -> str:
    return message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"


def _by_path(entry: Entry) -> tuple[list[tuple[bool, int, str]], str, str]:
    path = entry.get("path", ())
    steps = [(True, 0, step) if isinstance(step, str) else (False, step, "") for step in path]
    return steps, str(entry["extensions"].get("source", "")), entry["message"]
