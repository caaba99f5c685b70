"""The release recipe: the changelog's section is dated, and the version is set in one place."""

import re
import runpy
import tomllib

import pytest

from tests.support.documents import ROOT

CHANGELOG, PROJECT = ROOT / "CHANGELOG.md", ROOT / "pyproject.toml"
TOOL = runpy.run_path(str(ROOT / "tools" / "release.py"))
dated, with_version = TOOL["dated"], TOOL["with_version"]

BEFORE = (
    "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A field.\n\n## [0.1.0] - 2026-01-02\n\n- The first.\n"
)
AFTER = (
    "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-03-04\n\n### Added\n\n- A field.\n\n"
    "## [0.1.0] - 2026-01-02\n\n- The first.\n"
)


def test_the_unreleased_section_gets_the_version_and_the_day() -> None:
    assert dated(BEFORE, "0.2.0", "2026-03-04") == AFTER


@pytest.mark.parametrize("version", ["0.3.0", "0.2.0"])
def test_nothing_is_released_twice_or_empty(version: str) -> None:
    with pytest.raises(ValueError, match=r"CHANGELOG\.md has"):
        dated(AFTER, version, "2026-03-05")


def test_only_the_projects_version_is_set() -> None:
    before = PROJECT.read_text("utf-8")
    after = with_version(before, "9.8.7")
    assert tomllib.loads(after)["project"]["version"] == "9.8.7"
    assert len(set(after.splitlines()) ^ set(before.splitlines())) == 2


def test_the_changelog_can_be_released_and_knows_this_version() -> None:
    changelog = CHANGELOG.read_text("utf-8")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert changelog.count("## [Unreleased]\n") == 1
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)
    assert released[:1] == [version]
