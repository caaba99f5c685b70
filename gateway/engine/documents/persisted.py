"""
Persisted documents: a request brings its document, or names one that is known by a hash or an id.

Known are the operator's trusted documents, and the texts that callers have registered with their hash, as the
automatic persisted queries of Apollo's clients and urql do: the hash alone first; if it is not known, text and hash.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from cachetools import LRUCache

from gateway.engine.documents.documents import Document, DocumentCache
from gateway.engine.documents.trusted import bare
from gateway.engine.graphql_errors import RequestRefused, request_error
from gateway.engine.request import GraphQLRequest

# Bounds of the registered texts: characters in all, and the characters that a text counts for at least.
_CACHE_CHARACTERS = 2_000_000
_LEAST_WEIGHT = 500


class PersistedDocuments:
    """
    Registry of persisted documents. With `only_trusted`, all other documents are refused.

    Callers' documents are cached in this process: another process answers PERSISTED_QUERY_NOT_FOUND, and the client
    then sends it the text.
    """

    def __init__(
        self, documents: DocumentCache, trusted: Mapping[str, Document], *, only_trusted: bool
    ) -> None:
        self._documents = documents
        self._trusted = trusted
        self._trusted_texts = {document.text: document for document in trusted.values()}
        self._only_trusted = only_trusted
        self._registered: LRUCache[str, str] = LRUCache(
            _CACHE_CHARACTERS, getsizeof=lambda text: max(_LEAST_WEIGHT, len(text))
        )

    def get(self, request: GraphQLRequest) -> Document:
        """The request's document. Raises RequestRefused."""
        document_id = _hash(request.extensions)
        if document_id is None and request.document_id is not None:
            document_id = bare(request.document_id)
        if request.query is not None:
            return self._of_text(request.query, document_id)
        if document_id is None:
            raise RequestRefused(
                [request_error("BAD_REQUEST", "The request names no document: give query or documentId")]
            )
        document = self._trusted.get(document_id)
        if document is not None:
            return document
        if self._only_trusted:
            raise _not_trusted()
        text = self._registered.get(document_id)
        if text is None:
            raise RequestRefused([request_error("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")])
        return self._documents.get(text)

    def _of_text(self, text: str, document_id: str | None) -> Document:
        trusted = self._trusted_texts.get(text)
        if trusted is not None:
            return trusted
        if self._only_trusted:
            raise _not_trusted()
        if document_id is not None and sha256(text.encode()).hexdigest() != document_id:
            raise RequestRefused(
                [request_error("BAD_REQUEST", "The given hash is not the SHA-256 of the query's text")]
            )
        document = self._documents.get(text)
        if document_id is not None and len(text) <= _CACHE_CHARACTERS:
            self._registered[document_id] = text
        return document


def _hash(extensions: Mapping[str, Any] | None) -> str | None:
    """The hash of the extension `persistedQuery`. Raises RequestRefused if it is not of version 1."""
    persisted_query = (extensions or {}).get("persistedQuery")
    if persisted_query is None:
        return None
    if (
        not isinstance(persisted_query, dict)
        or persisted_query.get("version") != 1
        or not isinstance(persisted_query.get("sha256Hash"), str)
    ):
        message = "The extension persistedQuery is not {version: 1, sha256Hash: text}"
        raise RequestRefused([request_error("BAD_REQUEST", message)])
    sha256_hash: str = persisted_query["sha256Hash"]
    return sha256_hash


def _not_trusted() -> RequestRefused:
    message = (
        "Only trusted documents are answered here, and this is none of them: add it to the operator's file"
    )
    return RequestRefused([request_error("FORBIDDEN", message)])
