"""Proxy of assets' QR pictures: fetched from the vendor, whose address a browser never sees."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from gateway.connector.description.ids import GlobalId
from gateway.edge.responses import HttpProblem, problem_response
from gateway.errors import BadInput, GatewayError, UpstreamRejected
from resolvers.context import RequestContext

_PNG = b"\x89PNG\r\n\x1a\n"


def picture_route(new_context: Callable[[Scope], RequestContext]) -> Route:
    """Route `/assets/{id}/qr.png`: the picture, 404 if the asset has none, 502 if its vendor fails."""

    async def qr(request: Request) -> Response:
        context = new_context(request.scope)
        try:
            return await _qr_response(context, request.path_params["id"])
        except BadInput as exc:
            return problem_response(HttpProblem(400, exc.message, code=exc.code))
        except GatewayError as exc:
            return problem_response(HttpProblem(502, exc.message, code=exc.code))
        finally:
            await context.close()

    return Route("/assets/{id}/qr.png", qr)


async def _qr_response(context: RequestContext, text: str) -> Response:
    asset_id = context.visible_id(text, "Asset")
    missing = problem_response(HttpProblem(404, "This asset has no QR picture.", code="NOT_FOUND"))
    if asset_id is None or not await _is_seen(context, asset_id):
        return missing
    source = context.sources[asset_id.source]
    call = source.calls.get("asset.qr")
    if call is None:
        return missing
    path = call.path.replace("{id}", asset_id.native_id)
    try:
        picture = await source.upstream.get_public(path, reads=context.reads)
    except UpstreamRejected as exc:
        if exc.status in {404, 410}:
            return missing
        raise
    if not picture.body.startswith(_PNG):
        raise source.upstream.invalid_response("a picture was promised, something else came")
    return Response(picture.body, media_type="image/png", headers={"cache-control": "private, max-age=3600"})


async def _is_seen(context: RequestContext, asset_id: GlobalId) -> bool:
    """True if the caller sees the asset and may read its picture's address."""
    if context.rights is None:
        return True
    if context.rights.is_hidden({"Asset.qrCodeUrl"}, ("Asset",), asset_id.source):
        return False
    if not context.has_seen(asset_id):
        await context.look_up(asset_id)
    return context.has_seen(asset_id)
