"""The blocks of code in the pages about tools, run as their readers would: in their order, against a served gateway."""

import functools
import html
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from tests.clients.duckdb_files import with_httpfs
from tests.clients.served_gateway import COMMAND, ServedGateway
from tests.support.documents import ROOT, Block, blocks
from tests.support.postgresql import postgresql

#: The key of the demo's second caller.
_KEY = "demo-desk"
_SECONDS = 60
_PAGES = (ROOT / "docs/bi.md", *sorted((ROOT / "docs/tools").glob("*.md")))
#: Made for a project of dbt, where a template is filled in first.
_OF_DBT = "{{"


@dataclass(kw_only=True)
class Reader:
    """Somebody who follows a page, in a folder of his own. His sessions of Python and DuckDB last for the page."""

    gateway: ServedGateway
    folder: Path
    database: str | None
    connection: duckdb.DuckDBPyConnection
    names: dict[str, Any] = field(default_factory=dict)

    def follow(self, block: Block) -> None:
        """Run a block. Raises if it fails."""
        text = self._addressed(block.text)
        if block.kind == "python":
            exec(compile(text, str(block), "exec"), self.names)
        elif block.kind == "sql" and block.page.name == "postgresql.md":
            self._run_in_postgresql(text)
        elif block.kind == "sql":
            self.connection.execute(text).to_arrow_table()
        elif block.kind == "sh":
            self._run(["bash", "-e", "-c", text])
        elif block.kind == "r":
            self._run(["Rscript", "-e", text])

    def _addressed(self, text: str) -> str:
        for shown in ("http://127.0.0.1:8000", "https://assets.example.com"):
            text = text.replace(shown, self.gateway.url)
        # `fill` would need the sources' own settings
        text = text.replace("asset-gateway fill && asset-gateway export", "asset-gateway export")
        if self.database is not None:
            text = re.sub(r"postgresql://bi@db\.example\.com/\w+", self.database, text)
        text = re.sub(
            r"^(asset-gateway export --to 'postgresql.*)$",
            rf"\1 --from {self.gateway.url}",
            text,
            flags=re.MULTILINE,
        )
        return re.sub(r"\bKEY\b", _KEY, text)

    def _run(self, command: list[str]) -> None:
        path = os.pathsep.join(
            (str(Path(COMMAND).parent), str(Path(sys.executable).parent), os.environ["PATH"])
        )
        result = subprocess.run(
            command,
            cwd=self.folder,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert result.returncode == 0, result.stderr

    def _run_in_postgresql(self, text: str) -> None:
        assert self.database is not None
        with psycopg.connect(self.database, autocommit=True) as connection:
            for statement in filter(str.strip, text.split(";\n")):
                connection.execute(statement.encode())


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgresql() as address:
        yield address


@functools.cache
def missing_of_r(text: str) -> list[str]:
    """The packages of R that a block needs and this machine lacks."""
    names = re.findall(r"library\((\w+)\)", text)
    return [
        name
        for name in names
        if subprocess.run(["Rscript", "-e", f"library({name})"], capture_output=True, check=False).returncode
    ]


def runnable(page: Path) -> list[Block]:
    """What can be run on this machine."""
    shown = [block for block in blocks(page) if block.kind in ("python", "r", "sh", "sql")]
    has_r = shutil.which("Rscript") is not None
    return [
        block
        for block in shown
        if _OF_DBT not in block.text and (block.kind != "r" or (has_r and not missing_of_r(block.text)))
    ]


@pytest.mark.parametrize("page", [page for page in _PAGES if runnable(page)], ids=lambda page: page.stem)
def test_what_a_page_shows_can_be_done(
    gateway: ServedGateway, page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    shown = runnable(page)
    needs_database = page.name == "postgresql.md" or any("postgresql://" in block.text for block in shown)
    database = request.getfixturevalue("database") if needs_database else None
    (tmp_path / "models").mkdir()  # as in a project of dbt
    with duckdb.connect(config={"secret_directory": str(tmp_path / "secrets")}) as connection:
        reader = Reader(
            gateway=gateway, folder=tmp_path, database=database, connection=with_httpfs(connection)
        )
        for block in shown:
            try:
                reader.follow(block)
            except Exception as exc:
                exc.add_note(f"{block}:\n{block.text}")
                raise


def test_the_examples_of_the_page_of_tables_read_the_table(gateway: ServedGateway) -> None:
    request = urllib.request.Request(f"{gateway.url}/tables", headers={"Accept": "text/html"})
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
        details = answer.read().decode().partition('<details id="assets">')[2].partition("</details>")[0]
    shown = {
        tool: html.unescape(text) for tool, text in re.findall("<p>(.*?)<pre>(.*?)</pre>", details, re.DOTALL)
    }
    expected = {row["id"] for row in gateway.rows("/tables/assets.ndjson")}
    with duckdb.connect() as connection:
        rows = with_httpfs(connection).sql(shown["DuckDB"]).to_arrow_table()
    assert set(rows["id"].to_pylist()) == expected
    for tool in ("pandas", "polars"):
        names: dict[str, Any] = {}
        exec(shown[tool], names)
        assert set(names["rows"]["id"]) == expected
