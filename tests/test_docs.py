"""
The documents say what the code does.

Tables between `<!-- table: ... -->` and `<!-- end -->` are generated from the code: `make docs` updates them.
"""

import argparse
import ast
import dataclasses
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import graphql
import pytest

from gateway import errors, settings
from gateway.app import open_sources, vendor_keys
from gateway.cli import main as cli
from gateway.connector.description.field_names import USUAL_NAMES
from gateway.connector.description.record_fields import RECORD_FIELDS
from gateway.settings import OidcSettings, ProxySettings, Settings, SourceKey
from gateway.settings.keys import COMMON
from gateway.testing.selections import fields
from gateway.upstream.transport.via_httpx import HttpxTransport
from tests.support.documents import PAGES, ROOT, lines_of_tables, name_of
from tests.support.gateway import sandbox_sources

VENDORS = ("s3s", "tether", "fiwit", "halo", "revnue")
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
TABLE = re.compile(r"(<!-- table: (?P<name>[\w ]+) -->\n)(?P<table>.*?)(?=<!-- end -->)", re.DOTALL)


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
    if isinstance(found, bool):
        return f"`{str(found).lower()}`"
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


def decisions() -> str:
    lines = [("decision", "status")]
    for path in sorted((ROOT / "docs" / "adr").glob("0*.md")):
        text = path.read_text("utf-8")
        title = text.partition("\n")[0].removeprefix("# ")
        lines.append((f"[{title}]({path.name})", text.partition("## Status")[2].strip().partition("\n")[0]))
    return rows(*lines)


def record_fields() -> str:
    """The names that a description may use for each type, with what the schema says of them."""
    lines = [("record", "name", "type", "what")]
    for type_name, names in RECORD_FIELDS.items():
        for name in sorted(names):
            outer, _, inner = name.partition(".")
            field = fields(type_name)[camel(outer)]
            if inner:
                field = fields(graphql.get_named_type(field.type).name)[camel(inner)]
            what = (field.description or "").split(". ")[0].removesuffix(".").replace("|", "\\|")
            shown = str(graphql.get_nullable_type(field.type)).replace("!", "")
            lines.append((f"`{type_name}`", f"`{name}`", f"`{shown}`", what))
    return rows(*lines)


def camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


ROOM = re.compile(r"<!-- table: room ([\w ]+) -->")


def room(name: str) -> str:
    """The modules of a package, with the first sentence of what each says of itself."""
    folder = ROOT / name.replace(" ", "/")
    lines = [("file", "")]
    for path in sorted(folder.glob("*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        if path.name == "__init__.py":
            first, lines[0] = " ".join(docstring.partition("\n\n")[0].split()), lines[0]
            lines[0] = ("file", first.removesuffix("."))
        else:
            lines.append(
                (f"`{path.name}`", " ".join(docstring.partition("\n\n")[0].split()).removesuffix("."))
            )
    return rows(*lines)


def rooms() -> list[str]:
    return ROOM.findall(ARCHITECTURE.read_text("utf-8"))


def test_every_room_has_its_table() -> None:
    packages = {
        " ".join(path.parent.relative_to(ROOT).parts)
        for package in ("gateway", "resolvers", "schema")
        for path in (ROOT / package).rglob("__init__.py")
        if "vendors" not in path.parts and len(list(path.parent.glob("*.py"))) > 1
    }
    assert sorted(rooms()) == sorted(packages)


def tables() -> dict[str, Callable[[], str]]:
    each = {vendor: (lambda vendor=vendor: one_vendor(vendor)) for vendor in VENDORS}
    return {
        "every source": every_source,
        "usual names": usual_names,
        "record fields": record_fields,
        "operations": operations,
        "decisions": decisions,
        **each,
        **{f"room {name}": partial(room, name) for name in rooms()},
    }


def renewed(text: str) -> str:
    """A page with its tables generated anew."""
    made = tables()
    return TABLE.sub(lambda match: match[1] + made[match["name"]](), text)


def shown_tables() -> list[tuple[str, str]]:
    """The name and the text of each generated table in the pages."""
    texts = [page.read_text("utf-8") for page in (*PAGES, ARCHITECTURE)]
    return [(match["name"], match["table"]) for text in texts for match in TABLE.finditer(text)]


def test_every_table_is_shown_once() -> None:
    assert sorted(name for name, _ in shown_tables()) == sorted(tables())


@pytest.mark.parametrize("name", sorted(tables()))
def test_a_table_says_what_the_code_says(name: str) -> None:
    assert dict(shown_tables())[name] == tables()[name](), "run `make docs`"


# --- names


def shown_settings() -> list[tuple[str, str]]:
    """The other settings and their defaults, off the pages' tables."""
    lines = lines_of_tables(r"^\| `(GATEWAY_[A-Z_]+)` \| (`[^`]*`|none) \|")
    return [(name, default.strip("`")) for name, default in lines]


def real_settings() -> dict[str, str]:
    read = Settings()
    parts: dict[str, Any] = {
        "AUDIT__": read.audit,
        "CACHE__": read.cache,
        "CORS__": read.cors,
        "UPSTREAM__": read.upstream,
        "DOCUMENTS__": read.documents,
        "FEDERATION__": read.federation,
        "LIMITS__": read.limits,
        "LIVE__": read.live,
        "LOG__": read.log,
        "TABLES__": read.tables,
    }
    found: dict[str, Any] = {
        "GATEWAY_AUTH__API_KEYS": read.auth.api_keys,
        "GATEWAY_AUTH__POLICY": read.auth.policy,
        "GATEWAY_IDE": read.ide,
        "GATEWAY_INTROSPECTION": read.introspection,
        "GATEWAY_RELOAD": read.reload,
        "GATEWAY_DRAIN_SECONDS": read.drain_seconds,
        "GATEWAY_PUBLIC_URL": read.public_url,
        "GATEWAY_IDENTITY__FILE": read.identity.file,
    }
    for prefix, part in parts.items():
        found |= {
            f"GATEWAY_{prefix}{one.name.upper()}": getattr(part, one.name) for one in dataclasses.fields(part)
        }
    for section, kind in (("OIDC", OidcSettings), ("PROXY", ProxySettings)):
        for one in dataclasses.fields(kind):
            found[f"GATEWAY_AUTH__{section}__{one.name.upper()}"] = (
                None if one.default is dataclasses.MISSING else one.default
            )
    return {name: "none" if value in (None, (), "") else str(value).lower() for name, value in found.items()}


def test_every_setting_is_shown_with_its_default() -> None:
    real = real_settings()
    assert dict(shown_settings()).keys() == real.keys()
    assert [(name, default) for name, default in shown_settings() if real[name] != default] == []


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


def test_every_error_code_is_shown() -> None:
    page = (ROOT / "docs" / "errors.md").read_text("utf-8")
    assert len(codes()) > 15
    assert codes() <= set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE))


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in cli._parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_a_command_is_shown_with_its_options(name: str) -> None:
    ((line,),) = lines_of_tables(rf"^\| `asset-gateway {name}\b(.*?)` \|")
    parser = dict(commands())[name]
    nested = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    parsers = [parser, *(inner for action in nested for inner in action.choices.values())]
    actions = [action for each in parsers for action in each._actions]
    options = {option for action in actions for option in action.option_strings} - {"-h", "--help"}
    assert set(re.findall(r"--[a-z-]+", line)) == options


@pytest.mark.parametrize("vendor", sorted(vendor_keys()))
def test_a_vendor_has_its_page_and_its_notes(vendor: str) -> None:
    page = (ROOT / "docs" / "connect" / f"{vendor}.md").read_text("utf-8")
    assert f"<!-- table: {vendor} -->" in page
    notes = ROOT / "gateway" / "vendors" / vendor / "NOTES.md"
    assert f"(../../{name_of(notes)})" in page
    marks = re.findall(
        r"^\| (declared|tested|resilient|complete) \| (.+?) \| (.+?) \|$",
        notes.read_text("utf-8"),
        re.MULTILINE,
    )
    assert [mark for mark, _, _ in marks] == ["declared", "tested", "resilient", "complete"]
    assert {state for _, state, _ in marks} <= {"yes", "partly", "no", "exempt"}


def test_every_dependency_is_shown_with_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = [re.split(r"[^\w-]", one, maxsplit=1)[0] for one in project["dependencies"]]
    text = ARCHITECTURE.read_text("utf-8").partition("## Dependencies")[2].partition("## Glossary")[0]
    told = re.findall(r"^\| ([\w-]+) \|", text, re.MULTILINE)
    assert told[1:] == names  # the first is the table's head


if __name__ == "__main__":
    for page in (*PAGES, ARCHITECTURE):
        page.write_text(renewed(page.read_text("utf-8")), "utf-8")
