"""Assets' QR pictures, fetched from the vendor: a browser never gets to know the vendor's address."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.edge.responses import HttpProblem, problem_response
from gateway.errors import BadInput, GatewayError, UpstreamRejected
from resolvers.context import RequestContext

_PNG = b"\x89PNG\r\n\x1a\n"


def picture_route(new_context: Callable[[Request], RequestContext]) -> Route:
    """`/assets/{id}/qr.png`: the picture, 404 where the asset has none, 502 where its vendor fails."""

    async def qr(request: Request) -> Response:
        context = new_context(request)
        try:
            return await _qr(context, request.path_params["id"])
        except BadInput as exc:
            return problem_response(HttpProblem(400, exc.message, code=exc.code))
        except GatewayError as exc:
            return problem_response(HttpProblem(502, exc.message, code=exc.code))
        finally:
            await context.close()

    return Route("/assets/{id}/qr.png", qr)


async def _qr(context: RequestContext, written: str) -> Response:
    wanted = context.checked_id(written, "Asset")
    source = context.sources[wanted.source]
    missing = problem_response(HttpProblem(404, "This asset has no QR picture.", code="NOT_FOUND"))
    call = source.calls.get("asset.qr")
    if call is None:
        return missing
    try:
        found = await source.upstream.picture(call.path.replace("{id}", wanted.native), reads=context.reads)
    except UpstreamRejected as exc:
        if exc.status in {404, 410}:
            return missing
        raise
    if not found.body.startswith(_PNG):
        raise source.upstream.invalid_response("a picture was promised, something else came")
    return Response(found.body, media_type="image/png", headers={"cache-control": "private, max-age=3600"})
