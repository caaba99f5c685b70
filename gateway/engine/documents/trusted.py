"""
The operator's file of trusted documents: what their clients' build wrote down, each under its id.

Read as Relay (`persisted_queries.json`), GraphQL Code Generator (`persisted-documents.json`) and Apollo's tools (the
persisted query manifest) write it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from gateway.engine.documents.documents import Document, DocumentCache
from gateway.engine.graphql_errors import RequestRefused
from gateway.settings import SettingsError

_SETTING = "GATEWAY_DOCUMENTS__FILE"
_MANIFEST = "apollo-persisted-query-manifest"
# Clients and files write the hash with it or without.
_PREFIX = "sha256:"
_FAULTS_TOLD = 20


def bare(document_id: str) -> str:
    """
    An id without the prefix that says how it was made.

    >>> bare("sha256:7dba4b"), bare("7dba4b")
    ('7dba4b', '7dba4b')
    """
    return document_id.removeprefix(_PREFIX)


def read_trusted(file: Path, documents: DocumentCache) -> Mapping[str, Document]:
    """
    The documents of a file by their bare ids, each checked as a caller's is.

    Raises SettingsError with what is wrong with them.
    """
    found: dict[str, Document] = {}
    faults: list[str] = []
    for name, text in _texts(file):
        try:
            document = documents.read(text)
        except RequestRefused as refused:
            faults += [f"{_SETTING}: {file.name}: {name}: {_told(error)}" for error in refused.errors]
            continue
        if found.setdefault(bare(name), document).text != text:
            faults.append(f"{_SETTING}: {file.name}: {name}: two documents have this id: keep one")
    if len(faults) > _FAULTS_TOLD:
        faults[_FAULTS_TOLD:] = [f"{_SETTING}: {file.name}: and {len(faults) - _FAULTS_TOLD} more faults"]
    if faults:
        raise SettingsError(faults)
    return found


def _texts(file: Path) -> Iterator[tuple[str, str]]:
    """Each document's id and text. Raises SettingsError where the file is none of those that are known."""
    try:
        told = msgspec.json.decode(file.read_bytes())
    except OSError as exc:
        raise _unreadable(file, f"cannot be read ({exc.strerror}): give the path of a JSON file") from exc
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise _unreadable(file, "is not valid JSON") from exc
    if isinstance(told, dict) and told.get("format") == _MANIFEST:
        if told.get("version") != 1 or not isinstance(told.get("operations"), list):
            raise _unreadable(file, "is a manifest of a version that is not known: 1 is")
        pairs = [_operation(one) for one in told["operations"]]
    elif isinstance(told, dict):
        pairs = list(told.items())
    else:
        pairs = [None]
    for pair in pairs:
        if pair is None or not isinstance(pair[0], str) or not isinstance(pair[1], str):
            raise _unreadable(file, "holds no documents by their ids: write a JSON object from id to text")
        yield pair


def _operation(told: Any) -> tuple[Any, Any] | None:
    return (told.get("id"), told.get("body")) if isinstance(told, dict) else None


def _unreadable(file: Path, what: str) -> SettingsError:
    return SettingsError([f"{_SETTING}: {file} {what}"])


def _told(error: Mapping[str, Any]) -> str:
    places = [f"line {at['line']}, column {at['column']}: " for at in error.get("locations", ())]
    return f"{places[0] if places else ''}{error['message']}"
