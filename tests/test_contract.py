"""The schema against what was promised, and against the committed SDL."""

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import graphql
import pytest

from gateway import vendors
from gateway.errors import GatewayError
from schema.build import build_schema, sdl

ROOT = Path(__file__).parent.parent
CONTRACT = Path(__file__).with_name("contract.graphql")

# promised and not there yet; what lands is taken off, or the test fails
LATER: set[str] = set()


@pytest.fixture(scope="module")
def printed() -> str:
    return sdl(build_schema(vendors.load().values()))


def test_the_committed_sdl_is_the_schema(printed: str) -> None:
    committed = (files("schema") / "schema.graphql").read_text("utf-8")
    assert committed == printed, "run `make sdl` and look at the difference"


def test_nothing_promised_is_broken(printed: str) -> None:
    promised = graphql.build_schema(CONTRACT.read_text("utf-8"))
    changes = graphql.find_breaking_changes(promised, graphql.build_schema(printed))
    later = {f"{name} was removed." for name in LATER if "." not in name}
    later |= {f"Field {name} was removed." for name in LATER if "." in name}
    assert {change.description for change in changes} == later


def test_everything_has_a_description(printed: str) -> None:
    assert list(_undescribed(graphql.build_schema(printed))) == []


def _undescribed(schema: graphql.GraphQLSchema) -> Iterator[str]:
    """Coordinates of the types, fields, arguments and enum values that nobody described."""
    for name, kind in schema.type_map.items():
        if graphql.is_introspection_type(kind) or graphql.is_specified_scalar_type(kind):
            continue
        if not kind.description:
            yield name
        if isinstance(kind, graphql.GraphQLEnumType):
            yield from (f"{name}.{value}" for value, at in kind.values.items() if not at.description)
        elif isinstance(kind, graphql.GraphQLInputObjectType):
            yield from (f"{name}.{field}" for field, at in kind.fields.items() if not at.description)
        elif isinstance(kind, graphql.GraphQLObjectType | graphql.GraphQLInterfaceType):
            for field, of in kind.fields.items():
                if not of.description:
                    yield f"{name}.{field}"
                yield from (f"{name}.{field}({arg}:)" for arg, at in of.args.items() if not at.description)


def test_the_schema_is_described_and_each_scalar_specified(printed: str) -> None:
    schema = graphql.build_schema(printed)
    assert "assetCounts" in (schema.description or "")
    scalars = [kind for kind in schema.type_map.values() if isinstance(kind, graphql.GraphQLScalarType)]
    # `_Any` is of Federation's specification.
    own = [kind for kind in scalars if not graphql.is_specified_scalar_type(kind) and kind.name[0] != "_"]
    assert {kind.name for kind in own if kind.specified_by_url} == {kind.name for kind in own}


def kinds(printed: str, enum: str) -> set[str]:
    kind = graphql.build_schema(printed).type_map[enum]
    assert isinstance(kind, graphql.GraphQLEnumType)
    return set(kind.values)


def test_every_error_of_a_source_has_its_kind(printed: str) -> None:
    def below(kind: type[GatewayError]) -> Iterator[type[GatewayError]]:
        yield kind
        for narrower in kind.__subclasses__():
            yield from below(narrower)

    codes = {kind.code for kind in below(GatewayError) if kind.__module__ == "gateway.errors"}
    # Those two are never about a list of a source.
    assert kinds(printed, "SourceErrorKind") == codes - {"BAD_USER_INPUT", "OUTCOME_UNKNOWN"}


def test_every_user_error_has_its_kind(printed: str) -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "gateway").rglob("*.py")]
    sources += [path.read_text("utf-8") for path in (ROOT / "resolvers").rglob("*.py")]
    used = {
        code
        for text in sources
        for code in re.findall(r"(?:UserFault|Refusal|PartialFailure)\(\s*(?:code=)?\"([A-Z_]+)\"", text)
    }
    assert used
    assert used <= kinds(printed, "UserErrorKind")
