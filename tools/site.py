"""
The documentation as a web site, built into build/site by Zensical: `make site`.

Gathers docs/ and the documents outside it (`PAGES`), with relative links rewritten so that the same files work on
GitHub and on the site. Fails on a broken link, and if a page loads anything from another server.
"""

import posixpath
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
GATHERED = ROOT / "build" / "site-pages"
BUILT = ROOT / "build" / "site"
VENDORS = ("fiwit", "halo", "revnue", "s3s", "tether")
PAGES = {
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security-policy.md",
    "bench/README.md": "bench.md",
    "examples/snipe_it/README.md": "snipe-it.md",
} | {f"gateway/vendors/{vendor}/NOTES.md": f"connect/notes/{vendor}.md" for vendor in VENDORS}
"""File of the repository: page of the site. The files of docs/ keep their paths."""
LINKED = PAGES | {"README.md": "index.md", "docs/adr": "adr/index.md"}
"""As `PAGES`, with what is linked to and has another page on the site."""

LINK = re.compile(r"(?<=\]\()(?P<path>[^)\s:#]+)(?P<anchor>#[^)\s]*)?(?=\))")
LOADED = re.compile(
    r"<(?:link|script|img|iframe|source)\b[^>]*?(?:href|src)=[\"']?(?:https?:)?//|url\([\"']?(?:https?:)?//"
)


def main() -> None:
    """Builds the site."""
    gather()
    shutil.rmtree(BUILT, ignore_errors=True)
    zensical = Path(sys.executable).with_name("zensical")
    status = subprocess.run([zensical, "build", "--strict", "--clean"], cwd=ROOT, check=False).returncode
    if status:
        sys.exit(status)
    built = [path for path in BUILT.rglob("*.*") if path.suffix in {".html", ".css"}]
    outside = [str(path) for path in built if LOADED.search(path.read_text("utf-8"))]
    if outside:
        sys.exit(f"loads from another server: {', '.join(outside)}")
    print(f"{len(built)} files: {BUILT / 'index.html'}")


def gather() -> None:
    """Writes the pages and images that the site is built from."""
    shutil.rmtree(GATHERED, ignore_errors=True)
    shutil.copytree(ROOT / "docs", GATHERED)
    docs = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")}
    for path, page in (PAGES | {path: path.removeprefix("docs/") for path in docs}).items():
        text = (ROOT / path).read_text("utf-8")
        (GATHERED / page).parent.mkdir(exist_ok=True)
        (GATHERED / page).write_text(with_site_links(text, path, page), "utf-8")


def with_site_links(text: str, path: str, page: str) -> str:
    """
    The text of a document, with its links to documents as links between pages. Others stay, and fail the strict build.

    >>> with_site_links("[notes](../../gateway/vendors/halo/NOTES.md#ids)", "docs/connect/halo.md", "connect/halo.md")
    '[notes](notes/halo.md#ids)'
    """

    def site_link(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), match["path"]))
        if target not in LINKED and not target.startswith("docs/"):
            return match[0]
        linked = LINKED.get(target, target.removeprefix("docs/"))
        return posixpath.relpath(linked, posixpath.dirname(page) or ".") + (match["anchor"] or "")

    return LINK.sub(site_link, text)


if __name__ == "__main__":
    main()
