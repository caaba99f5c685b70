"""The examples of M, of the pages and of `/tables`, as Microsoft's own parser reads them."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.edge.tables.page import _EXAMPLES
from tests.support.documents import blocks_of
from tests.support.npm import needs_npm

HERE = Path(__file__).parent
_SECONDS = 200


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("power_query")
    for name in ("package.json", "package-lock.json", "parse_m.js"):
        shutil.copy(HERE / name, folder)
    install = ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(install, cwd=folder, check=True, timeout=_SECONDS)
    return folder


def parse(project: Path, *texts: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", "parse_m.js"],
        cwd=project,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


@pytest.mark.long
@needs_npm
@pytest.mark.timeout(_SECONDS)
def test_every_example_of_m_is_m(project: Path) -> None:
    shown = [example for tool, example in _EXAMPLES.items() if "(M)" in tool]
    pages = [block.text for block in blocks_of("m")]
    assert shown
    assert len(pages) >= 2
    parsed = parse(
        project, *pages, *(example.format(base="http://127.0.0.1", name="assets") for example in shown)
    )
    assert parsed.returncode == 0, parsed.stderr
    assert parse(project, "let a = in a").returncode != 0
