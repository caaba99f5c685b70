"""The GraphQL request of a caller, and the request id that every log line about it carries."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request that is being answered, set at the edge."""


@dataclass(frozen=True)
class GraphQLRequest:
    """
    The parameters of GraphQL over HTTP, of the right types and otherwise unchecked.

    The document is `query`'s text, or one that is known here by `document_id` or by the hash in `extensions`.
    """

    query: str | None = None
    operation_name: str | None = None
    variables: Mapping[str, Any] | None = None
    extensions: Mapping[str, Any] | None = None
    document_id: str | None = None
