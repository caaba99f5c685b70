"""The documents for readers: the README, the pages of the site, and the blocks of code in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
"""What a user reads. Examples and generated tables may stand in any of them."""
DOCUMENTS = sorted({*ROOT.glob("*.md"), *PAGES, *ROOT.glob("gateway/vendors/*/NOTES.md")})
"""All documents whose links are checked."""
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of code in a page."""

    page: Path
    number: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{name_of(self.page)}-{self.number}"


def name_of(page: Path) -> str:
    """The page's path from the root folder on."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """The page's blocks in their order."""
    matches = BLOCK.finditer(page.read_text("utf-8"))
    return [Block(page, number, match["kind"], match["text"]) for number, match in enumerate(matches, 1)]


def blocks_of(kind: str) -> list[Block]:
    """All pages' blocks of a kind."""
    return [block for page in PAGES for block in blocks(page) if block.kind == kind]


def lines_of_tables(pattern: str) -> Iterator[tuple[str, ...]]:
    """The groups of a pattern in all pages and the security policy, line by line."""
    for page in (*PAGES, ROOT / "SECURITY.md"):
        for match in re.finditer(pattern, page.read_text("utf-8"), re.MULTILINE):
            yield match.groups()
