"""Landing page at `/`: the gateway's paths with what each serves, and its sources with their health."""

import html
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from gateway.edge.health import SourceStatus
from gateway.edge.middleware.paths import root_of
from gateway.edge.pages.document import page_response

_EXPLANATIONS = {
    "UP": "its latest calls succeeded",
    "DEGRADED": "some of its latest calls failed",
    "DOWN": "its latest calls failed",
    "UNKNOWN": "not called yet",
}


@dataclass(frozen=True, kw_only=True)
class PathEntry:
    """A path of the gateway, relative to its root, and what it serves."""

    path: str
    title: str
    description: str


def landing_route(paths: Sequence[PathEntry], sources: Callable[[Scope], Sequence[SourceStatus]]) -> Route:
    """Route `/`. It calls no vendor. `sources` gives those that a request's caller may see."""

    async def landing(request: Request) -> Response:
        return page_response("Asset Gateway", _body(paths, sources(request.scope), root_of(request.scope)))

    return Route("/", landing)


def _body(paths: Iterable[PathEntry], sources: Sequence[SourceStatus], root: str) -> str:
    return (
        "<h1>Asset Gateway</h1><p>One GraphQL API over the IT-asset products of several vendors.</p>"
        f"<h2>Paths</h2><dl>{''.join(_path_entry(entry, root) for entry in paths)}</dl>"
        f"<h2>Sources</h2>{_sources_table(sources)}"
        '<p class="note">Health is that of the latest calls; this page calls no vendor. The guides for front-end '
        "developers, analysts and operators are in the folder <code>docs</code> of the gateway's source.</p>"
    )


def _path_entry(entry: PathEntry, root: str) -> str:
    return (
        f'<dt><a href="{html.escape(root + entry.path)}">{html.escape(entry.title)}</a></dt>'
        f"<dd>{html.escape(entry.description)}</dd>"
    )


def _sources_table(sources: Sequence[SourceStatus]) -> str:
    if not sources:
        return "<p>No source is configured.</p>"
    rows = "".join(_source_row(source) for source in sources)
    return f"<table><thead><tr><th>source<th>vendor<th>health<th></tr></thead><tbody>{rows}</tbody></table>"


def _source_row(source: SourceStatus) -> str:
    state = source.state.lower()
    error = f"; the last error was {source.last_error}" if source.last_error and state != "up" else ""
    explanation = f"{_EXPLANATIONS.get(source.state, '')}{error}"
    return (
        f"<tr><td>{html.escape(source.name)}<td>{html.escape(source.vendor)}"
        f'<td class="state {html.escape(state)}">{html.escape(state)}<td>{html.escape(explanation)}</tr>'
    )
