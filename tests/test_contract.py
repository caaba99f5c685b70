"""The schema against what was promised, and against the committed SDL."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import graphql
import pytest

from gateway import vendors
from schema.build import build_schema, sdl

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
