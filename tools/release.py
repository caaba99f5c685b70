"""
A release: `make release VERSION=0.3.0`.

Dates the changelog's Unreleased section, sets the version in pyproject.toml, commits and tags. Pushes nothing.
"""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHANGELOG = ROOT / "CHANGELOG.md"
PROJECT = ROOT / "pyproject.toml"
VERSION = re.compile(r"\d+\.\d+\.\d+")


def main() -> None:
    """Makes the commit and the tag."""
    version = sys.argv[1] if len(sys.argv) == 2 else ""
    if not VERSION.fullmatch(version):
        sys.exit("Name the version: make release VERSION=0.3.0")
    if git("status", "--porcelain"):
        sys.exit("There are uncommitted changes: commit or stash them first.")
    try:
        changelog = dated(CHANGELOG.read_text("utf-8"), version, datetime.now(UTC).date().isoformat())
    except ValueError as exc:
        sys.exit(str(exc))
    CHANGELOG.write_text(changelog, "utf-8")
    PROJECT.write_text(with_version(PROJECT.read_text("utf-8"), version), "utf-8")
    git("commit", "--quiet", "--all", "--message", f"Version {version}")
    git("tag", "--annotate", f"v{version}", "--message", f"Version {version}")
    print(f"Committed and tagged v{version}. To publish it: git push --follow-tags")


def dated(changelog: str, version: str, day: str) -> str:
    """
    The changelog with its Unreleased section under the version and the day, below an empty Unreleased section.
    Raises ValueError if there is nothing to release.
    """
    head, mark, rest = changelog.partition("## [Unreleased]\n")
    unreleased, heading, older = rest.partition("\n## [")
    if not mark or not unreleased.strip():
        raise ValueError("CHANGELOG.md has nothing under Unreleased.")
    if f"\n## [{version}]" in changelog:
        raise ValueError(f"CHANGELOG.md has a section for {version} already.")
    return f"{head}{mark}\n## [{version}] - {day}\n{unreleased}{heading}{older}"


def with_version(project: str, version: str) -> str:
    """pyproject.toml with the project's version."""
    return re.sub(r'^version = "[^"]*"$', f'version = "{version}"', project, count=1, flags=re.MULTILINE)


def git(*arguments: str) -> str:
    """The output of a git command in the root folder."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout


if __name__ == "__main__":
    main()
