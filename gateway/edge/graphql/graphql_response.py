"""HTTP response of a GraphQL response map: its media type, and its status."""

from typing import Any

from starlette.responses import Response

from gateway.edge.graphql.response_stream import stream_format, whole_stream
from gateway.edge.media_types import GRAPHQL, JSON
from gateway.edge.responses import JsonResponse
from gateway.engine.graphql_errors import internal, request_error


def graphql_response(body: dict[str, Any], media_type: str | None, accept: str = "") -> Response:
    """The response in JSON, or, for a client that accepts no JSON, as the only one of a stream."""
    if media_type is None and (stream := stream_format(accept, accepts_json=False)) is not None:
        return whole_stream(body, stream)
    media_type = media_type or JSON
    # without data the request was never executed: 400; clients of plain JSON expect 200 all the same
    status = 400 if media_type == GRAPHQL and "data" not in body else 200
    try:
        return JsonResponse(body, media_type=media_type, status=status)
    except (TypeError, ValueError, OverflowError, RecursionError) as exc:
        return JsonResponse(
            {"data": None, "errors": [request_error("INTERNAL", internal(exc))]}, media_type=media_type
        )
