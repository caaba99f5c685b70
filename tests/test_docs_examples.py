"""What the documents show can be run, and what they link to is there."""

import doctest
import functools
import itertools
import json
import re
import shlex
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import graphql
import pytest

from gateway import settings, vendors
from gateway.app import open_catalog, open_sources, read_settings, vendor_keys
from gateway.cli import main as cli
from gateway.connector.description import fields, paging, resource
from gateway.edge.graphiql.examples import TABS
from gateway.edge.graphiql.page import Tab
from gateway.sandbox import Company, make_company
from gateway.sandbox.faults import Faulty, parse
from gateway.sandbox.server import create_apps
from gateway.testing.selections import types
from gateway.testing.upstreams import served
from gateway.upstream.transport.via_httpx import HttpxTransport
from tests.support.documents import BLOCK, DOCUMENTS, PAGES, ROOT, Block, blocks, blocks_of, name_of
from tests.support.gateway import sandbox, sandbox_sources

FAULT = re.compile(r"<!-- fault: (?P<fault>[\w:.]+) -->\n\Z")


@dataclass(frozen=True)
class Example:
    """An operation that a page shows, with the answer if it shows one, and the fault that a vendor has meanwhile."""

    operation: str
    answer: Any
    fault: str | None


def examples(page: Path) -> list[Example]:
    """The page's operations in their order."""
    text = page.read_text("utf-8")
    shown = [*blocks(page), Block(page, 0, "end", "")]
    return [
        Example(
            block.text, json.loads(after.text) if after.kind == "json" else None, fault_before(text, block)
        )
        for block, after in itertools.pairwise(shown)
        if block.kind == "graphql"
    ]


def fault_before(text: str, block: Block) -> str | None:
    match = FAULT.search(text.partition(f"```{block.kind}\n{block.text}")[0])
    return match["fault"] if match else None


@pytest.mark.parametrize("page", [page for page in PAGES if examples(page)], ids=name_of)
async def test_operations_have_the_answers_that_are_shown(demo: Company, page: Path) -> None:
    async with sandbox(demo) as gateway:
        for example in examples(page):
            if example.fault is not None:
                await check_with_fault(demo, example)
                continue
            if example.operation.startswith("subscription"):
                assert not graphql.validate(types(), graphql.parse(example.operation))
                continue
            answer = await gateway.ask(example.operation)
            if example.answer is None:
                assert not empty(answer.whole), example.operation
            else:
                assert answer.body == example.answer, example.operation


async def check_with_fault(demo: Company, example: Example) -> None:
    apps = create_apps(demo)
    vendor, fault = parse(example.fault or "", apps)
    async with sandbox(demo, handlers={vendor: served(Faulty(apps[vendor], fault=fault))}) as gateway:
        assert (await gateway.ask(example.operation)).body == example.answer


def curl_commands() -> list[str]:
    """The commands that ask the gateway, but the upload of a file."""
    lines = [line for block in blocks_of("sh") for line in block.text.replace("\\\n", "").splitlines()]
    return [line for line in lines if line.startswith("curl ") and "@" not in line]


def options_of(command: str) -> tuple[str, list[tuple[str, str]]]:
    """The path that a curl command asks for, and its options with their values."""
    words = iter(shlex.split(command.removeprefix("curl ").partition(" > ")[0]))
    urls, options = [], []
    for word in words:
        if word.startswith("-"):
            options.append((word, next(words)))
        else:
            urls.append(word)
    (url,) = urls
    return "/" + url.split("/", 3)[3], options


@pytest.mark.parametrize("command", curl_commands())
async def test_a_curl_command_is_answered(demo: Company, command: str) -> None:
    path, options = options_of(command)
    headers = dict(value.split(": ", 1) for option, value in options if option == "-H")
    data = [value for option, value in options if option == "-d"]
    async with sandbox(demo) as gateway:
        method = "POST" if data else "GET"
        answer = await gateway._client.request(method, path, headers=headers, content="".join(data))
    assert answer.status_code == 200
    assert answer.text
    assert not data or "errors" not in answer.json()


@pytest.fixture
def upload(tmp_path: Path) -> tuple[Path, str]:
    """The curl command that uploads a file of assets, and the folder of the file that is written before."""
    (shown,) = [block.text for block in blocks_of("sh") if "importAssets" in block.text]
    file, curl = shown.replace("\\\n", "").split("\ncurl ")
    subprocess.run(["/bin/sh", "-c", file], cwd=tmp_path, check=True)
    return tmp_path, curl


async def test_the_file_that_is_shown_can_be_imported(demo: Company, upload: tuple[Path, str]) -> None:
    folder, curl = upload
    path, options = options_of(curl)
    headers = dict(value.split(": ", 1) for option, value in options if option == "-H")
    fields = dict(value.split("=", 1) for option, value in options if option == "-F")
    name = fields.pop("0").removeprefix("@")
    async with sandbox(demo) as gateway:
        content = (folder / name).read_bytes()
        answer = await gateway._client.post(path, data=fields, files={"0": (name, content)}, headers=headers)
    payload = answer.json()["data"]["importAssets"]
    assert (payload["created"], payload["updated"], payload["userErrors"]) == (1, 0, [])
    assert len(payload["rowErrors"]) == 1


EXPLAIN_ENVIRON = {
    "GATEWAY_SOURCES__HALO__BASE_URL": "https://acme.halopsa.com/api",
    "GATEWAY_SOURCES__HALO__CLIENT_ID": "id",
    "GATEWAY_SOURCES__HALO__CLIENT_SECRET": "secret",
    "GATEWAY_SOURCES__TETHER__BASE_URL": "https://acme.atechsolutions.org/api",
    "GATEWAY_SOURCES__TETHER__TOKEN": "token",
}


def test_explain_prints_what_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (shown,) = [block.text for block in blocks_of("text") if block.text.startswith("$ asset-gateway explain")]
    command, _, output = shown.partition("\n")
    for name, value in EXPLAIN_ENVIRON.items():
        monkeypatch.setenv(name, value)
    assert cli.main(shlex.split(command)[2:]) == 0
    parts = [re.escape(part) for part in output.split("...\n")]
    assert re.fullmatch("(?s:.*)".join(parts), capsys.readouterr().out)


@pytest.mark.parametrize("block", blocks_of("json"), ids=str)
def test_json_can_be_read(block: Block) -> None:
    assert json.loads(block.text)


#: Pages whose blocks of TOML are parts of one file, for callers of the sandbox's sources.
ONE_FILE = frozenset({"callers.md", "roles.md"})


@pytest.mark.parametrize("name", sorted(ONE_FILE))
def test_settings_of_callers_can_be_used(name: str, tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    parts = [block.text for block in blocks_of("toml") if block.page.name == name]
    config.write_text("\n".join(parts), "utf-8")
    environ = {
        f"GATEWAY_SOURCES__{source.upper()}__{key}": value
        for source, keys in sandbox_sources().items()
        for key, value in keys.items()
    }
    read = read_settings(config, environ)
    assert read.roles


@pytest.mark.parametrize(
    "block", [block for block in blocks_of("toml") if block.page.name not in ONE_FILE], ids=str
)
def test_settings_in_toml_can_be_used(block: Block, tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text(block.text, "utf-8")
    read = settings.load(config=config, environ={}, vendors=vendor_keys())
    sources = list(tomllib.loads(block.text).get("sources", ()))
    assert [source.name for source in read.sources] == sources
    assert list(open_sources(read, HttpxTransport())) == sorted(sources)
    assert open_catalog(read).revision() == 0  # its decisions, if it has any, are sound


@pytest.mark.parametrize(
    "block", [block for block in blocks_of("sh") if "export GATEWAY_" in block.text], ids=str
)
def test_settings_in_the_environment_can_be_used(block: Block) -> None:
    lines = re.findall(r'^export (\w+)="?(.*?)"?(?: +#.*)?$', block.text, re.MULTILINE)
    read = settings.load(config=None, environ=dict(lines), vendors=vendor_keys())
    assert read.sources
    assert open_sources(read, HttpxTransport())


@pytest.fixture(scope="module")
def demo() -> Company:
    """What `asset-gateway demo` serves."""
    return make_company(seed=1, assets=400)


def empty(found: Any) -> bool:
    """Whether a list is empty anywhere on the first two levels of an answer."""
    return any(one == [] or (isinstance(one, dict) and one.get("nodes") == []) for one in found.values())


@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.title)
async def test_an_example_of_graphiql_finds_something(demo: Company, tab: Tab) -> None:
    async with sandbox(demo) as gateway:
        answer = await gateway.ask(tab.query, **dict(tab.variables or {}))
    assert not empty(answer.whole)


async def test_the_examples_change_nothing_until_they_are_told_to(demo: Company) -> None:
    changes = [tab.query for tab in TABS if tab.query.strip().startswith("mutation")]
    assert changes
    async with sandbox(demo) as gateway:
        for change in changes:
            (tried,) = (await gateway.ask(change)).whole.values()
            assert tried["planned"]
            assert tried["userErrors"] == []
            assert not [call for call in gateway.calls if call.method != "GET"]
            (done,) = (await gateway.ask(change.replace("dryRun: true", "dryRun: false"))).whole.values()
            assert done["asset"]["status"] == "IN_USE"
            assert [call.method for call in gateway.calls if call.method != "GET"] == ["POST"]
            gateway.upstreams.forget()


async def test_the_device_in_the_examples_is_known_to_every_vendor(demo: Company) -> None:
    (tab,) = [tab for tab in TABS if "assetsBySerialNumber" in tab.query]
    async with sandbox(demo) as gateway:
        found = (await gateway.ask(tab.query)).whole["assetsBySerialNumber"]
    assert sorted(one["source"]["name"] for one in found) == sorted(sandbox_sources())


def declarations() -> list[Block]:
    """The vendors that the documents declare."""
    pages = (ROOT / "ARCHITECTURE.md", ROOT / "docs" / "vendors.md")
    return [block for page in pages for block in blocks(page) if "VENDOR = " in block.text]


@pytest.mark.parametrize("block", declarations(), ids=str)
def test_the_vendor_of_the_example_is_sound(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[str, Any] = {}
    exec(block.text, names)
    vendor = names["VENDOR"]
    monkeypatch.setattr(vendors, "load", lambda: {vendor.name: vendor})
    environ = {
        "GATEWAY_SOURCES__ACME__BASE_URL": "https://acme.example",
        "GATEWAY_SOURCES__ACME__API_KEY": "k",
    }
    read = settings.load(config=None, environ=environ, vendors=vendor_keys())
    assert open_sources(read, HttpxTransport())["acme"].operations == [
        "asset.get",
        "asset.list",
        "location.get",
        "location.list",
    ]


def test_the_words_of_the_description_do_what_is_shown() -> None:
    shown = "\n".join(block.text for block in blocks(ROOT / "docs" / "vendors.md") if block.kind == "pycon")
    test = doctest.DocTestParser().get_doctest(shown, {}, "vendors.md", "docs/vendors.md", 0)
    said: list[str] = []
    results = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert results.attempted > 30
    assert results.failed == 0, "".join(said)


def test_every_word_of_the_description_is_explained() -> None:
    page = (ROOT / "docs" / "vendors.md").read_text("utf-8")
    modules = (resource, paging, fields)
    words = {
        name
        for module in modules
        for name, declared in vars(module).items()
        if getattr(declared, "__module__", "") == module.__name__ and not name.startswith("_")
    }
    helpers = {"get_path", "get_path_column", "memoize_per_table"}
    assert {word for word in words - helpers if word not in page} == set()


# --- links


def anchors(path: Path) -> set[str]:
    """The headings of a document as GitHub links to them."""
    heads = re.findall(r"^#+ (.*)$", re.sub(BLOCK, "", path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(BLOCK, "", path.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        assert there.is_relative_to(ROOT), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_files_that_are_named_are_there(path: Path) -> None:
    names = re.findall(r"`((?:[\w-]+/)*[\w-]+\.(?:py|toml|graphql))`", path.read_text("utf-8"))
    assert [name for name in names if name not in file_names() and not (ROOT / name).is_file()] == []


@functools.cache
def file_names() -> set[str]:
    """Files as documents call them: from the root, from within a room, or by their last name alone."""
    rooms = [
        ROOT / room
        for room in ("gateway", "resolvers", "schema", "tests", "docs", "deploy", "examples", "tools")
    ]
    files = {room: [*room.rglob("*.*")] for room in rooms} | {
        ROOT: [*ROOT.glob("*.*"), *ROOT.glob("bench/*.*")]
    }
    inside = {str(file.relative_to(room)) for room, names in files.items() for file in names}
    whole = {str(file.relative_to(ROOT)) for names in files.values() for file in names}
    return inside | whole | {name.rpartition("/")[2] for name in whole}


def test_every_decision_has_its_four_headings() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("0*.md"))
    assert [int(one.name[:4]) for one in decisions] == list(range(1, len(decisions) + 1))
    for one in decisions:
        heads = re.findall(r"^## (.*)$", one.read_text("utf-8"), re.MULTILINE)
        assert heads == ["Context", "Decision", "Consequences", "Status"], one.name
