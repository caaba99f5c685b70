"""404 as a page, for a browser."""

import html

from starlette.responses import Response
from starlette.types import Scope

from gateway.edge.middleware.paths import root_of, route_path
from gateway.edge.pages.document import page_response

_LONGEST_PATH = 200


def not_found_page(scope: Scope) -> Response:
    """The page for a path that does not exist, with a link to the landing page."""
    path = route_path(scope)
    shown = path if len(path) <= _LONGEST_PATH else f"{path[:_LONGEST_PATH]}…"
    body = (
        f"<h1>Not found</h1><p>There is nothing at <code>{html.escape(shown)}</code>.</p>"
        f'<p><a href="{html.escape(root_of(scope))}">The start page</a> lists the paths of this gateway.</p>'
    )
    return page_response("Not found", body, status=404)
