"""
The documents say what the code does.

README's tables between `<!-- table: ... -->` and `<!-- end -->` are made from the code: to write them anew, run
`python tests/test_docs.py` in the root folder.
"""

import argparse
import ast
import dataclasses
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway import errors, settings
from gateway.app import open_sources, vendor_keys
from gateway.cli import main as cli
from gateway.connector.description.field_names import USUAL_NAMES
from gateway.settings import Settings, SourceKey
from gateway.settings.keys import COMMON
from gateway.upstream.transport.via_httpx import HttpxTransport
from tests.support.gateway import sandbox_sources

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
VENDORS = ("s3s", "tether", "fiwit", "halo", "revnue")
TABLE = re.compile(r"(<!-- table: (?P<name>[\w ]+) -->\n)(?P<table>.*?)(?=<!-- end -->)", re.DOTALL)
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


# --- the tables


def rows(*lines: tuple[str, ...]) -> str:
    head, *rest = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    return "\n".join([head, "|" + "---|" * len(lines[0]), *rest, ""])


def written(key: SourceKey) -> str:
    """A setting's default, as an operator would write it."""
    if key.name.endswith("_fields"):
        return "the usual names"
    default = key.default
    if isinstance(default, Mapping):
        default = ",".join(f"{name}={ours}" for name, ours in default.items())
    if isinstance(default, tuple):
        default = ",".join(default)
    return f"`{default}`" if default not in (None, "") else ""


def number(found: Any) -> str:
    return f"`{found:g}`" if isinstance(found, float | int) else f"`{found}`" if found else ""


def every_source() -> str:
    declared = vendor_keys()
    lines: list[tuple[str, ...]] = [("setting", "what", *VENDORS)]
    for key in COMMON:
        defaults = [declared[vendor].defaults.get(key.name, key.default) for vendor in VENDORS]
        told = [number(default) or ("required" if key.required else "") for default in defaults]
        lines.append((f"`{key.name.upper()}`", key.help, *told))
    return rows(*lines)


def one_vendor(vendor: str) -> str:
    declared = vendor_keys()[vendor]
    either = {name for group in declared.one_of for name in group}
    ways = ", or ".join(" and ".join(f"`{name.upper()}`" for name in group) for group in declared.one_of)
    lines = [("setting", "kind", "what", "default")]
    for key in declared.keys:
        default = f"required: {ways}" if key.name in either else "required" if key.required else written(key)
        lines.append((f"`{key.name.upper()}`", key.kind, key.help, default))
    return rows(*lines)


def usual_names() -> str:
    return rows(("field", "names"), *((name, ", ".join(names)) for name, names in USUAL_NAMES.items()))


def operations() -> str:
    environ = {
        f"GATEWAY_SOURCES__{name.upper()}__{key}": value
        for name, keys in sandbox_sources().items()
        for key, value in keys.items()
    }
    sources = open_sources(
        settings.load(config=None, environ=environ, vendors=vendor_keys()), HttpxTransport()
    )
    can = {vendor: [one.split(".") for one in sources[vendor].operations] for vendor in VENDORS}
    kinds = sorted({kind for verbs in can.values() for kind, _ in verbs})
    return rows(
        ("what", *VENDORS),
        *(
            (f"`{kind}`", *(", ".join(verb for of, verb in can[vendor] if of == kind) for vendor in VENDORS))
            for kind in kinds
        ),
    )


def tables() -> dict[str, Callable[[], str]]:
    each = {vendor: (lambda vendor=vendor: one_vendor(vendor)) for vendor in VENDORS}
    return {"every source": every_source, "usual names": usual_names, "operations": operations, **each}


def renewed(text: str) -> str:
    """README with its tables made anew."""
    made = tables()
    return TABLE.sub(lambda found: found[1] + made[found["name"]](), text)


def test_readme_has_every_table() -> None:
    found = [match["name"] for match in TABLE.finditer(README.read_text("utf-8"))]
    assert sorted(found) == sorted(tables())


@pytest.mark.parametrize("name", sorted(tables()))
def test_a_table_says_what_the_code_says(name: str) -> None:
    (told,) = [match["table"] for match in TABLE.finditer(README.read_text("utf-8")) if match["name"] == name]
    assert told == tables()[name](), "run `python tests/test_docs.py`"


# --- names


def told_settings() -> dict[str, str]:
    """The other settings and their defaults, off README's table."""
    lines = re.findall(r"^\| `(GATEWAY_[A-Z_]+)` \| (.*?) \|", README.read_text("utf-8"), re.MULTILINE)
    return {name: default.strip("`") for name, default in lines}


def real_settings() -> dict[str, str]:
    read = Settings()
    parts: dict[str, Any] = {
        "AUTH__": read.auth,
        "CACHE__": read.cache,
        "UPSTREAM__": read.upstream,
        "DOCUMENTS__": read.documents,
        "LIMITS__": read.limits,
    }
    found: dict[str, Any] = {"GATEWAY_IDE": read.ide, "GATEWAY_INTROSPECTION": read.introspection}
    for prefix, part in parts.items():
        found |= {
            f"GATEWAY_{prefix}{one.name.upper()}": getattr(part, one.name) for one in dataclasses.fields(part)
        }
    return {name: "none" if value in (None, ()) else str(value).lower() for name, value in found.items()}


def test_every_setting_and_its_default_is_told() -> None:
    assert told_settings() == real_settings()


def codes() -> set[str]:
    """Every code of the error tree, and every one that the edge and the engine give by name."""
    kinds = [found for found in vars(errors).values() if isinstance(found, type)]
    found = {kind.code for kind in kinds if issubclass(kind, errors.GatewayError)}
    for path in (*(ROOT / "gateway" / "edge").rglob("*.py"), *(ROOT / "gateway" / "engine").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.findall(r"\A[A-Z]+(?:_[A-Z]+)+\Z", node.value))
            if isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.Constant):
                found.add(str(node.value.value))
    return found


def test_every_error_code_is_told() -> None:
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", README.read_text("utf-8"), re.MULTILINE))
    assert len(codes()) > 15
    assert codes() <= told


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in cli._parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_a_command_is_told_with_its_options(name: str) -> None:
    (line,) = re.findall(rf"^\| `asset-gateway {name}\b(.*?)` \|", README.read_text("utf-8"), re.MULTILINE)
    parser = dict(commands())[name]
    options = {option for action in parser._actions for option in action.option_strings} - {"-h", "--help"}
    assert set(re.findall(r"--[a-z-]+", line)) == options


@pytest.mark.parametrize("vendor", sorted(vendor_keys()))
def test_a_vendor_has_its_section_and_its_notes(vendor: str) -> None:
    readme = README.read_text("utf-8")
    assert f"<!-- table: {vendor} -->" in readme
    notes = ROOT / "gateway" / "vendors" / vendor / "NOTES.md"
    assert f"({notes.relative_to(ROOT)})" in readme
    marks = re.findall(
        r"^\| (declared|tested|resilient|complete) \| (.+?) \| (.+?) \|$",
        notes.read_text("utf-8"),
        re.MULTILINE,
    )
    assert [mark for mark, _, _ in marks] == ["declared", "tested", "resilient", "complete"]
    assert {state for _, state, _ in marks} <= {"yes", "partly", "no", "exempt"}


def test_every_dependency_is_told_with_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = [re.split(r"[^\w-]", one, maxsplit=1)[0] for one in project["dependencies"]]
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    told = re.findall(r"^\| ([\w-]+) \|", text[text.index("## Dependencies") :], re.MULTILINE)
    assert told[1:] == names  # the first is the table's head


if __name__ == "__main__":
    README.write_text(renewed(README.read_text("utf-8")), "utf-8")
