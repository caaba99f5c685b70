"""
Trusted documents: the operator's file of them, written by the clients' build, each document under its id.

Read as Relay (`persisted_queries.json`), GraphQL Code Generator (`persisted-documents.json`) and Apollo's tools (the
persisted query manifest) write it.
"""

from codecs import BOM_UTF8
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
_ERRORS_LISTED = 20


def bare(document_id: str) -> str:
    """
    An id without the prefix that names its hash function.

    >>> bare("sha256:7dba4b"), bare("7dba4b")
    ('7dba4b', '7dba4b')
    """
    return document_id.removeprefix(_PREFIX)


def read_trusted(file: Path, documents: DocumentCache) -> Mapping[str, Document]:
    """
    The documents of a file by their bare ids, each checked as a caller's is.

    Raises SettingsError with the errors of all documents.
    """
    trusted: dict[str, Document] = {}
    errors: list[str] = []
    for name, text in _texts(file):
        try:
            document = documents.read(text)
        except RequestRefused as refused:
            errors += [f"{_SETTING}: {file.name}: {name}: {_message(error)}" for error in refused.errors]
            continue
        if trusted.setdefault(bare(name), document).text != text:
            errors.append(f"{_SETTING}: {file.name}: {name}: two documents have this id: keep one")
    if len(errors) > _ERRORS_LISTED:
        errors[_ERRORS_LISTED:] = [f"{_SETTING}: {file.name}: and {len(errors) - _ERRORS_LISTED} more faults"]
    if errors:
        raise SettingsError(errors)
    return trusted


def _texts(file: Path) -> Iterator[tuple[str, str]]:
    """Each document's id and text. Raises SettingsError if the file is of no known format."""
    try:
        content = msgspec.json.decode(file.read_bytes().removeprefix(BOM_UTF8))
    except OSError as exc:
        raise _unreadable(file, f"cannot be read ({exc.strerror}): give the path of a JSON file") from exc
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise _unreadable(file, "is not valid JSON") from exc
    if isinstance(content, dict) and content.get("format") == _MANIFEST:
        if content.get("version") != 1 or not isinstance(content.get("operations"), list):
            raise _unreadable(file, "is a manifest of a version that is not known: 1 is")
        pairs = [_manifest_entry(operation) for operation in content["operations"]]
    elif isinstance(content, dict):
        pairs = list(content.items())
    else:
        pairs = [None]
    for pair in pairs:
        if pair is None or not isinstance(pair[0], str) or not isinstance(pair[1], str):
            raise _unreadable(file, "holds no documents by their ids: write a JSON object from id to text")
        yield pair


def _manifest_entry(operation: Any) -> tuple[Any, Any] | None:
    return (operation.get("id"), operation.get("body")) if isinstance(operation, dict) else None


def _unreadable(file: Path, reason: str) -> SettingsError:
    return SettingsError([f"{_SETTING}: {file} {reason}"])


def _message(error: Mapping[str, Any]) -> str:
    positions = [
        f"line {location['line']}, column {location['column']}: " for location in error.get("locations", ())
    ]
    return f"{positions[0] if positions else ''}{error['message']}"
