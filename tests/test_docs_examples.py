"""What the documents show can be run, and what they link to is there."""

import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gateway import settings, vendors
from gateway.app import open_sources, vendor_keys
from gateway.edge.graphiql.examples import TABS
from gateway.edge.graphiql.page import Tab
from gateway.sandbox import Company, make_company
from gateway.upstream.transport.via_httpx import HttpxTransport
from tests.support.gateway import sandbox, sandbox_sources

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(path: Path, kind: str) -> list[str]:
    return [found["text"] for found in BLOCK.finditer(path.read_text("utf-8")) if found["kind"] == kind]


def after(mark: str) -> str:
    found = BLOCK.search(README.read_text("utf-8"), README.read_text("utf-8").index(f"<!-- {mark} -->"))
    assert found is not None
    return found["text"]


async def test_the_first_query_has_the_answer_that_is_shown(demo: Company) -> None:
    async with sandbox(demo) as gateway:
        answer = await gateway.ask(after("first query"))
    assert answer.body == json.loads(after("its answer"))


def section(mark: str) -> list[tuple[str, str]]:
    """The kind and the text of each block from a mark to the next heading of the second level."""
    text = README.read_text("utf-8")
    start = text.index(f"<!-- {mark} -->")
    found = BLOCK.finditer(text, start, text.index("\n## ", start))
    return [(one["kind"], one["text"]) for one in found]


async def test_changes_have_the_answers_that_are_shown(demo: Company) -> None:
    told = [text for kind, text in section("changes") if kind in {"graphql", "json"}]
    assert len(told) == 8
    async with sandbox(demo) as gateway:
        for change, answer in zip(told[::2], told[1::2], strict=True):
            assert (await gateway.ask(change)).body == json.loads(answer)


@pytest.fixture
def shell(tmp_path: Path) -> tuple[Path, str]:
    """The command that is shown for a file of assets, and where the file is that is made before it."""
    (shown,) = [text for kind, text in section("changes") if kind == "sh"]
    file, curl = shown.replace("\\\n", "").split("\ncurl ")
    subprocess.run(["/bin/sh", "-c", file], cwd=tmp_path, check=True)
    return tmp_path, curl


async def test_the_file_that_is_shown_can_be_imported(demo: Company, shell: tuple[Path, str]) -> None:
    folder, curl = shell
    url, *rest = shlex.split(curl)
    options = list(zip(rest[::2], rest[1::2], strict=True))
    headers = dict(value.split(": ", 1) for option, value in options if option == "-H")
    fields = dict(value.split("=", 1) for option, value in options if option == "-F")
    name = fields.pop("0").removeprefix("@")
    async with sandbox(demo) as gateway:
        content = (folder / name).read_bytes()
        got = await gateway._client.post(
            "/" + url.split("/", 3)[3], data=fields, files={"0": (name, content)}, headers=headers
        )
    done = got.json()["data"]["importAssets"]
    assert (done["created"], done["updated"], done["userErrors"]) == (1, 0, [])
    assert len(done["rowErrors"]) == 1


@pytest.mark.parametrize("text", blocks(README, "json"))
def test_json_can_be_read(text: str) -> None:
    assert json.loads(text)


@pytest.mark.parametrize("text", blocks(README, "toml"))
def test_settings_in_toml_can_be_used(text: str, tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text(text, "utf-8")
    read = settings.load(config=config, environ={}, vendors=vendor_keys())
    assert [source.name for source in read.sources] == list(tomllib.loads(text)["sources"])
    assert open_sources(read, HttpxTransport())


@pytest.mark.parametrize("text", [text for text in blocks(README, "sh") if "export GATEWAY_" in text])
def test_settings_in_the_environment_can_be_used(text: str) -> None:
    lines = re.findall(r'^export (\w+)="?(.*?)"?(?: +#.*)?$', text, re.MULTILINE)
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


def test_the_sixth_vendor_is_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    (text,) = blocks(ROOT / "ARCHITECTURE.md", "python")
    names: dict[str, Any] = {}
    exec(text, names)
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


# --- links


DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("gateway/vendors/*/NOTES.md")])


def anchors(path: Path) -> set[str]:
    """The headings of a document as GitHub links to them."""
    heads = re.findall(r"^#+ (.*)$", re.sub(BLOCK, "", path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(BLOCK, "", path.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        assert there.is_relative_to(ROOT), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_are_named_are_there(path: Path) -> None:
    named = re.findall(r"`((?:[\w-]+/)*[\w-]+\.(?:py|toml|graphql))`", path.read_text("utf-8"))
    places = (ROOT, *(ROOT / name for name in ("gateway", "resolvers", "schema", "tests")))
    there = {str(one.relative_to(place)) for place in places for one in place.rglob("*.*")}
    there |= {one.rpartition("/")[2] for one in there}
    assert [one for one in named if one not in there and not (ROOT / one).is_file()] == []


def test_every_decision_has_its_four_headings() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(one.name[:4]) for one in decisions] == list(range(1, len(decisions) + 1))
    for one in decisions:
        heads = re.findall(r"^## (.*)$", one.read_text("utf-8"), re.MULTILINE)
        assert heads == ["Context", "Decision", "Consequences", "Status"], one.name
