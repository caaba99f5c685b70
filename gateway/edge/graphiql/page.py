"""GraphiQL's page, which a browser gets at the GraphQL endpoint: from our own files, with example queries."""

import html
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

STATIC = Path(__file__).with_name("static")
"""Folder of the files to serve at `static_path(endpoint)`."""

# 'unsafe-inline' is for styles only: React and CodeMirror insert style elements
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The header to send with the page."""


@dataclass(frozen=True, kw_only=True)
class Tab:
    """
    An example query in a tab of GraphiQL.

    The title becomes a comment above the query; GraphiQL names the tab after the operation.
    """

    title: str
    query: str
    variables: Mapping[str, object] | None = None
    headers: Mapping[str, str] | None = None


def page(*, endpoint: str, tabs: Sequence[Tab], vendor: Path = STATIC / "vendor") -> str:
    """HTML of GraphiQL for the endpoint at this path; if its files were never built, a page that says so."""
    substitutions = {"static": html.escape(static_path(endpoint)), "endpoint": html.escape(endpoint)}
    if missing := missing_files(vendor):
        return _template("missing.html").substitute(substitutions, missing=html.escape(", ".join(missing)))
    settings = {"endpoint": endpoint, "tabs": [_tab_settings(tab) for tab in tabs]}
    return _template("page.html").substitute(substitutions, settings=_encode_json_for_html(settings))


def static_path(endpoint: str) -> str:
    """
    Path at which the page expects the files of `STATIC`.

    >>> static_path("/graphql")
    '/graphql/ide'
    """
    return endpoint.rstrip("/") + "/ide"


def missing_files(vendor: Path) -> list[str]:
    """Names of GraphiQL's built files that are missing in this folder."""
    packages = tomllib.loads((STATIC / "vendor.toml").read_text("utf-8"))["package"]
    names = [file["to"] for package in packages for file in package["file"]]
    return [name for name in names if not (vendor / name).is_file()]


def _template(name: str) -> Template:
    return Template((STATIC / name).read_text("utf-8"))


def _tab_settings(tab: Tab) -> dict[str, str]:
    """Settings of a tab for GraphiQL: the text of each of its editors."""
    comment = "".join(f"# {line}\n" for line in tab.title.splitlines())
    texts = {"query": f"{comment}{tab.query.strip()}\n"}
    if tab.variables is not None:
        texts["variables"] = json.dumps(tab.variables, indent=2, ensure_ascii=False)
    if tab.headers is not None:
        texts["headers"] = json.dumps(tab.headers, indent=2, ensure_ascii=False)
    return texts


def _encode_json_for_html(value: object) -> str:
    r"""
    JSON that cannot end the script element around it.

    >>> _encode_json_for_html("</script>")
    '"\\u003c/script>"'
    """
    return json.dumps(value).replace("<", "\\u003c")
