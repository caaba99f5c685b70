"""The schema as a subgraph of a federated graph: keys, names, and costs as `explain` has them."""

import re
from collections.abc import Iterator, Mapping, Sequence

import graphql
import pytest
import strawberry

from gateway import vendors
from gateway.cli.main import main
from gateway.engine.engine import Engine
from gateway.engine.explain import explain
from gateway.engine.explain.example_sources import example_sources
from gateway.engine.explain.groups import ExplainContext
from gateway.engine.explain.weights import field_weights
from gateway.engine.request import GraphQLRequest
from gateway.settings import LimitSettings
from schema.build import build_schema
from schema.federation.names import Prefix
from schema.federation.subgraph_sdl import subgraph_sdl

DIRECTIVES = """
directive @link(url: String!, import: [String!]) on SCHEMA
directive @key(fields: String!) repeatable on OBJECT
directive @shareable on OBJECT
directive @cost(weight: Int!) on OBJECT | FIELD_DEFINITION
directive @listSize(
  assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean
) on FIELD_DEFINITION
"""


@pytest.fixture(scope="module")
def schema() -> strawberry.Schema:
    return build_schema(vendors.load().values())


@pytest.fixture(scope="module")
def weights(schema: strawberry.Schema) -> Mapping[str, int]:
    return field_weights(schema._schema, example_sources(vendors.load()))


@pytest.fixture(scope="module")
def plain(schema: strawberry.Schema, weights: Mapping[str, int]) -> graphql.GraphQLSchema:
    return built(subgraph_sdl(schema, weights, Prefix()))


def built(text: str) -> graphql.GraphQLSchema:
    """The subgraph as GraphQL reads it, which refuses what is not valid."""
    return graphql.build_schema(DIRECTIVES + text)


def objects(subgraph: graphql.GraphQLSchema) -> Iterator[graphql.GraphQLObjectType]:
    for type_ in subgraph.type_map.values():
        if isinstance(type_, graphql.GraphQLObjectType) and not type_.name.startswith("__"):
            yield type_


def applied(node: graphql.Node | None) -> list[tuple[str, Mapping[str, object]]]:
    directives: Sequence[graphql.DirectiveNode] = getattr(node, "directives", None) or ()
    return [
        (
            directive.name.value,
            {
                argument.name.value: graphql.value_from_ast_untyped(argument.value)
                for argument in directive.arguments or ()
            },
        )
        for directive in directives
    ]


def test_every_node_is_an_entity_and_the_interface_is_none(plain: graphql.GraphQLSchema) -> None:
    for type_ in objects(plain):
        keys = [arguments["fields"] for name, arguments in applied(type_.ast_node) if name == "key"]
        is_node = "Node" in [interface.name for interface in type_.interfaces]
        assert keys == {
            "UnifiedAsset": ["id", "serialNumber", "assetTag"],
            "AssetHolder": ["email"],
        }.get(type_.name, ["id"] if is_node else []), type_.name
    assert applied(plain.type_map["Node"].ast_node) == []


def test_only_page_info_is_shareable_and_every_type_weighs_nothing(plain: graphql.GraphQLSchema) -> None:
    shareable = [type_.name for type_ in objects(plain) if ("shareable", {}) in applied(type_.ast_node)]
    assert shareable == ["PageInfo"]
    weighed = {type_.name for type_ in objects(plain) if ("cost", {"weight": 0}) in applied(type_.ast_node)}
    assert weighed == {type_.name for type_ in objects(plain)} - {"Query", "Mutation"}


def test_node_and_nodes_are_for_another_subgraph(plain: graphql.GraphQLSchema) -> None:
    assert plain.query_type is not None
    assert not {"node", "nodes"} & set(plain.query_type.fields)
    assert plain.mutation_type is not None


def test_a_page_of_assets_with_notes_costs_its_vendor_calls(plain: graphql.GraphQLSchema) -> None:
    """`assets(first: 20) { nodes { name notes } }` is 5 lists, and at Halo a call for each record."""
    assert plain.query_type is not None
    assert applied(plain.query_type.fields["assets"].ast_node) == [
        ("cost", {"weight": 5}),
        (
            "listSize",
            {
                "assumedSize": 50,
                "slicingArguments": ["first", "last"],
                "sizedFields": ["edges", "nodes"],
                "requireOneSlicingArgument": False,
            },
        ),
    ]
    asset = plain.type_map["Asset"]
    assert isinstance(asset, graphql.GraphQLObjectType)
    assert applied(asset.fields["notes"].ast_node) == [("cost", {"weight": 1})]
    assert applied(asset.fields["name"].ast_node) == []


@pytest.mark.parametrize(
    "query",
    [
        "{ assets { nodes { id } } }",
        "{ tickets { nodes { id } } }",
        "{ people { nodes { id } } }",
        "{ contracts { nodes { id } } }",
        "{ unifiedAssets { nodes { id } } }",
        "{ assetTypes { id } }",
        '{ nextAssetTag(source: "halo") }',
    ],
)
def test_a_root_field_weighs_what_explain_says_it_takes_at_least(
    query: str, schema: strawberry.Schema, weights: Mapping[str, int]
) -> None:
    context = ExplainContext(
        example_sources(vendors.load()), calls=100, max_page_size=500, caching=False, base_url=str
    )
    engine = Engine(schema, limits=LimitSettings(), introspection=True)
    explanation = explain(engine, GraphQLRequest(query, None, {}), context)
    (name,) = re.findall(r"^{ (\w+)", query)
    assert weights[f"Query.{name}"] == explanation.calls.least


def test_a_prefix_is_on_every_type_and_root_field(
    schema: strawberry.Schema, weights: Mapping[str, int], plain: graphql.GraphQLSchema
) -> None:
    prefixed = built(subgraph_sdl(schema, weights, Prefix("IT")))
    named = {name for name in prefixed.type_map if not name.startswith("__")}
    shared = named & set(plain.type_map)
    scalars = {name for name in shared if isinstance(plain.type_map[name], graphql.GraphQLScalarType)}
    assert shared - scalars == {"Query", "Mutation", "Node", "PageInfo"}
    assert {f"IT{name}" for name in plain.type_map if not name.startswith("__")} >= named - shared
    assert prefixed.query_type is not None
    assert plain.query_type is not None
    assert len(prefixed.query_type.fields) == len(plain.query_type.fields)
    assert str(prefixed.query_type.fields["itOrders"].type) == "ITOrderConnection!"
    assert all(name.startswith("it") for name in prefixed.query_type.fields)


def test_read_only_has_no_mutation_and_none_of_their_inputs(
    schema: strawberry.Schema, weights: Mapping[str, int]
) -> None:
    subgraph = built(subgraph_sdl(schema, weights, Prefix(), read_only=True))
    assert subgraph.mutation_type is None
    assert not {"CreateAssetInput", "Upload", "UserError"} & set(subgraph.type_map)


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--federation", "--prefix", "IT", "--read-only"]) == 0
    text = capsys.readouterr().out
    assert text.startswith('extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [')
    assert "type ITLocation implements Node" in text


@pytest.mark.parametrize(
    "arguments", [["--prefix", "IT"], ["--read-only"], ["--federation", "--prefix", "4"]]
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["schema", *arguments])
    assert "usage" in capsys.readouterr().err
