"""The documentation site has every page, under links that work there and on GitHub."""

import runpy
import tomllib
from typing import Any

import pytest

from tests.support.documents import ROOT

TOOL = runpy.run_path(str(ROOT / "tools" / "site.py"))
PAGES, with_site_links = TOOL["PAGES"], TOOL["with_site_links"]


@pytest.mark.parametrize(
    ("link", "path", "page", "expected"),
    [
        (
            "../../gateway/vendors/halo/NOTES.md#ids",
            "docs/connect/halo.md",
            "connect/halo.md",
            "notes/halo.md#ids",
        ),
        ("../ARCHITECTURE.md", "docs/queries.md", "queries.md", "architecture.md"),
        ("docs/limits.md", "SECURITY.md", "security-policy.md", "limits.md"),
        ("README.md", "ARCHITECTURE.md", "architecture.md", "index.md"),
        ("#rules", "ARCHITECTURE.md", "architecture.md", "#rules"),
        ("https://semver.org", "CONTRIBUTING.md", "contributing.md", "https://semver.org"),
        ("../LICENSE", "docs/index.md", "index.md", "../LICENSE"),
    ],
)
def test_a_link_works_on_the_site(link: str, path: str, page: str, expected: str) -> None:
    assert with_site_links(f"[text]({link})", path, page) == f"[text]({expected})"


def linked(navigation: Any) -> set[str]:
    """The pages of the navigation."""
    if isinstance(navigation, str):
        return {navigation}
    entries = navigation.values() if isinstance(navigation, dict) else navigation
    return set().union(*map(linked, entries))


def test_the_navigation_has_every_page() -> None:
    navigation = linked(tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]["nav"])
    docs = ROOT / "docs"
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")} | set(PAGES.values())
    pages = {page for page in pages if not page.startswith(("adr/0", "connect/notes/"))}
    assert navigation == pages
