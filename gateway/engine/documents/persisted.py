"""
Which document a request means: one that it brings, or one that is known here already by a hash or an id.

Known are the operator's trusted documents, and the texts that callers have registered with their hash, as the
automatic persisted queries of Apollo's clients and urql do: the hash alone first; where it is not known, text and hash.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from cachetools import LRUCache

from gateway.engine.documents.documents import Document, DocumentCache
from gateway.engine.documents.trusted import bare
from gateway.engine.graphql_errors import RequestRefused, request_error
from gateway.engine.request import GraphQLRequest

# Texts that callers have registered: in all so many characters, and at most as many texts as that leaves room for.
_KEPT_CHARACTERS = 2_000_000
_LEAST_WEIGHT = 500


class PersistedDocuments:
    """
    Finds documents. With `only_trusted`, nothing else is run.

    What callers register is kept in this process: another one does not know it, says so, and is told the text.
    """

    def __init__(
        self, documents: DocumentCache, trusted: Mapping[str, Document], *, only_trusted: bool
    ) -> None:
        self._documents = documents
        self._trusted = trusted
        self._trusted_texts = {one.text: one for one in trusted.values()}
        self._only_trusted = only_trusted
        self._registered: LRUCache[str, str] = LRUCache(
            _KEPT_CHARACTERS, getsizeof=lambda text: max(_LEAST_WEIGHT, len(text))
        )

    def get(self, request: GraphQLRequest) -> Document:
        """The request's document. Raises Refused."""
        known_as = _hash(request.extensions)
        if known_as is None and request.document_id is not None:
            known_as = bare(request.document_id)
        if request.query is not None:
            return self._of_text(request.query, known_as)
        if known_as is None:
            raise RequestRefused(
                [request_error("BAD_REQUEST", "The request names no document: give query or documentId")]
            )
        found = self._trusted.get(known_as)
        if found is not None:
            return found
        if self._only_trusted:
            raise _not_trusted()
        text = self._registered.get(known_as)
        if text is None:
            raise RequestRefused([request_error("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")])
        return self._documents.get(text)

    def _of_text(self, text: str, known_as: str | None) -> Document:
        found = self._trusted_texts.get(text)
        if found is not None:
            return found
        if self._only_trusted:
            raise _not_trusted()
        if known_as is not None and sha256(text.encode()).hexdigest() != known_as:
            raise RequestRefused(
                [request_error("BAD_REQUEST", "The given hash is not the SHA-256 of the query's text")]
            )
        document = self._documents.get(text)
        if known_as is not None and len(text) <= _KEPT_CHARACTERS:
            self._registered[known_as] = text
        return document


def _hash(extensions: Mapping[str, Any] | None) -> str | None:
    """The hash of the extension `persistedQuery`. Raises Refused where that is not of the protocol's first version."""
    told = (extensions or {}).get("persistedQuery")
    if told is None:
        return None
    if not isinstance(told, dict) or told.get("version") != 1 or not isinstance(told.get("sha256Hash"), str):
        message = "The extension persistedQuery is not {version: 1, sha256Hash: text}"
        raise RequestRefused([request_error("BAD_REQUEST", message)])
    found: str = told["sha256Hash"]
    return found


def _not_trusted() -> RequestRefused:
    message = (
        "Only trusted documents are answered here, and this is none of them: add it to the operator's file"
    )
    return RequestRefused([request_error("FORBIDDEN", message)])
