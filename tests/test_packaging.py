"""What an installation of the wheel holds, and that no other package has its import names."""

import hashlib
import json
import tomllib
from importlib.metadata import distribution, distributions
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

import gateway
import resolvers
import schema
from gateway.edge.graphiql.page import STATIC

OURS = "asset-gateway"


@pytest.mark.parametrize("name", ["gateway", "resolvers", "schema"])
def test_nobody_else_owns_our_import_names(name: str) -> None:
    # PyPI's `schema` installs a folder of that name over ours without a word
    owners = {
        found.name
        for found in distributions()
        for file in found.files or ()
        if file.parts[0] in {name, f"{name}.py"}
    }
    assert owners <= {OURS}


@pytest.mark.parametrize("package", [gateway, resolvers, schema], ids=lambda package: package.__name__)
def test_the_tested_packages_are_the_installed_ones(package: ModuleType) -> None:
    installed = distribution(OURS)
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    editable = origin.get("dir_info", {}).get("editable", False)
    root = url2pathname(urlsplit(origin["url"]).path) if editable else str(installed.locate_file(""))
    assert package.__file__ is not None
    assert Path(package.__file__).resolve().parents[1] == Path(root).resolve()


def test_graphiql_is_there_as_pinned() -> None:
    packages = tomllib.loads((STATIC / "vendor.toml").read_text("utf-8"))["package"]
    pinned = {file["to"]: file["sha256"] for package in packages for file in package["file"]}
    there = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in (STATIC / "vendor").iterdir()
    }
    assert there == pinned


def test_the_command_is_installed() -> None:
    (command,) = distribution(OURS).entry_points.select(group="console_scripts")
    assert command.name == "asset-gateway"
    assert callable(command.load())


@pytest.mark.parametrize("package", [gateway, resolvers, schema], ids=lambda package: package.__name__)
def test_the_packages_are_marked_as_typed(package: ModuleType) -> None:
    assert package.__file__ is not None
    assert Path(package.__file__).with_name("py.typed").is_file()
