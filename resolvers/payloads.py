"""Mutation payloads. A failure is an error beside the payload, so that the mutations after it go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.connector.fetching.source import Source
from gateway.connector.writing.request_body import UserFault
from gateway.connector.writing.send import WriteRequest
from gateway.errors import GatewayError


@dataclass(frozen=True)
class MutationPayload:
    """The fields of a mutation's answer by their Python names, and the errors beside it."""

    answer: Mapping[str, Any]
    errors: tuple[GatewayError, ...] = ()


def payload(
    fields: Mapping[str, Any],
    *,
    source: Source | None = None,
    refused: Sequence[UserFault] = (),
    planned: Sequence[WriteRequest] | None = None,
    error: GatewayError | None = None,
) -> MutationPayload:
    """A mutation's payload: `fields` and the fields that all mutations have."""
    requests = None
    if planned is not None and source is not None:
        requests = [request.to_schema(source) for request in planned]
    answer = {
        "warnings": [],
        **fields,
        "user_errors": [fault.to_schema() for fault in refused],
        "planned": requests,
    }
    return MutationPayload(answer, () if error is None else (error,))
