"""The code of docs/frontend.md in its clients: Apollo Client, urql's Graphcache, GraphQL Code Generator."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import graphql
import httpx
import pytest

from gateway.testing.selections import types
from tests.support.documents import ROOT, blocks
from tests.support.npm import needs_npm

PAGE = ROOT / "docs" / "frontend.md"
SHOWN_ADDRESS = "http://127.0.0.1:8000"
#: The code's files, by the names that their first lines say.
FILES = {
    match[1]: block.text
    for block in blocks(PAGE)
    if block.kind in {"js", "ts"} and (match := re.match(r"// (\S+)\n", block.text))
}
_SECONDS = 240


def test_every_block_of_code_is_a_file() -> None:
    shown = [block for block in blocks(PAGE) if block.kind in {"js", "ts"}]
    assert len(FILES) == len(shown) >= 5


def test_the_lists_of_the_apollo_cache_are_all_that_there_are() -> None:
    policies = FILES["apollo.js"].partition("typePolicies")[2]
    shown: dict[str, set[str]] = {}
    for type_name, listed in re.findall(r"(\w+): lists\(([^)]*)\)", policies):
        shown[type_name] = set(re.findall(r'"(\w+)"', listed))
    (of_root,) = re.findall(r"\.\.\.lists\(([^)]*)\)", policies)
    shown["Query"] = set(re.findall(r'"(\w+)"', of_root))
    pages: dict[str, set[str]] = {}
    for name, kind in types().type_map.items():
        # `AssetHolder` is for routers of federated graphs.
        if isinstance(kind, graphql.GraphQLObjectType) and name != "AssetHolder":
            fields = {
                field
                for field, definition in kind.fields.items()
                if graphql.get_named_type(definition.type).name.endswith("Connection")
            }
            if fields:
                pages[name] = fields
    assert shown == pages


def test_types_with_an_id_that_is_no_record_s_are_not_taken_for_records() -> None:
    """`ChecklistItem.id` is global, so that a cache may take an item for a record."""
    with_id = {
        name
        for name, kind in types().type_map.items()
        if isinstance(kind, graphql.GraphQLObjectType)
        and "id" in kind.fields
        and not any(interface.name == "Node" for interface in kind.interfaces)
    }
    embedded = set(re.findall(r"(\w+): \{ keyFields: false \}", FILES["apollo.js"]))
    assert embedded == with_id - {"ChecklistItem"}


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=_SECONDS, check=False, env=os.environ
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    """The address of `asset-gateway demo`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "gateway", "demo", "--port", str(port)])
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        else:
            pytest.fail("the demo is not ready")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def project(demo: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the clients, the page's code and the checks; with the schema as the page says to get it."""
    folder = tmp_path_factory.mktemp("frontend")
    here = Path(__file__).parent
    for path in (*here.glob("*.json"), *here.glob("*.js")):
        shutil.copy(path, folder)
    run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=folder)
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text.replace(SHOWN_ADDRESS, demo))
    (folder / "schema.graphql").write_text(httpx.get(f"{demo}/graphql/schema").text)
    run("node", "introspect.js", cwd=folder)
    return folder


@pytest.mark.long
@needs_npm
@pytest.mark.timeout(_SECONDS)
def test_graphcache_prints_no_warning_and_puts_pages_together(project: Path) -> None:
    run("node", "check_urql.js", cwd=project)


@pytest.mark.long
@needs_npm
@pytest.mark.timeout(_SECONDS)
def test_apollo_client_pages_finds_by_id_and_updates_optimistically(project: Path) -> None:
    run("node", "check_apollo.js", cwd=project)


@pytest.mark.long
@needs_npm
@pytest.mark.timeout(_SECONDS)
def test_clients_hear_of_changes_over_websockets_and_http(project: Path, demo: str) -> None:
    run("node", "check_live.js", demo, cwd=project)


@pytest.mark.long
@needs_npm
@pytest.mark.timeout(_SECONDS)
def test_clients_show_the_first_part_of_an_answer_and_then_the_rest(project: Path, demo: str) -> None:
    run("node", "check_defer.js", demo, cwd=project)


@pytest.mark.long
@needs_npm
@pytest.mark.timeout(_SECONDS)
def test_generated_types_compile_with_a_switch_over_all_kinds(project: Path) -> None:
    run("npx", "graphql-codegen", "--config", "codegen.ts", cwd=project)
    options = ("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "esnext")
    run("npx", "tsc", *options, "--moduleResolution", "bundler", "src/advice.ts", cwd=project)
