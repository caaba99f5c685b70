"""Arguments that are filled in from a template are those that graphql-core coerces anew."""

from typing import Any

import graphql
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from gateway.engine.execution.argument_template import ArgumentTemplate

SCHEMA = graphql.build_schema(
    """
    scalar Anything
    enum Colour { RED GREEN }
    input Deep { text: String = "default" number: Int list: [String!] deep: Deep colour: Colour any: Anything }
    type Query { field(a: Int = 7, deep: Deep, list: [Deep!], colours: [Colour], any: Anything): Int }
    """
)
VARIABLES = "query($i: Int, $s: String, $l: [String!], $d: Deep, $c: Colour, $x: Anything)"
LITERALS = {
    "a": ["1", "$i", "null"],
    "deep": [
        "$d",
        "{text: $s, number: $i}",
        "{deep: {deep: {list: $l, colour: $c}}, number: 3}",
        '{list: ["a", $s]}',
        "{list: $s}",
        "{any: {inner: $x}}",
        "{any: $x}",
        "null",
    ],
    "list": ["[$d, {number: $i}]", "{number: $i}", "[]"],
    "colours": ["[RED, $c]", "RED", "$c"],
    "any": ["$x", "[$x, 1]", '{a: "$x"}'],
}
arguments = st.dictionaries(st.sampled_from(sorted(LITERALS)), st.integers(0, 7)).map(
    lambda chosen: ", ".join(
        f"{name}: {LITERALS[name][at % len(LITERALS[name])]}" for name, at in chosen.items()
    )
)
values = st.fixed_dictionaries(
    {},
    optional={
        "i": st.none() | st.integers(-5, 5),
        "s": st.none() | st.text(max_size=3),
        "l": st.none() | st.lists(st.text(max_size=2), max_size=2),
        "d": st.none() | st.just({"number": 1, "deep": {"list": ["x"]}}),
        "c": st.none() | st.sampled_from(["RED", "GREEN"]),
        "x": st.none() | st.just({"a": [1, {"b": None}]}) | st.just([]) | st.just("text"),
    },
)


def outcome(definition: graphql.GraphQLField, node: graphql.FieldNode, variables: VariableValues) -> Any:
    try:
        return get_argument_values(definition, node, variables)
    except graphql.GraphQLError as exc:
        return exc.message


@given(arguments, values)
def test_a_filled_template_is_what_is_coerced_anew(text: str, raw: dict[str, Any]) -> None:
    document = graphql.parse(f"{VARIABLES} {{ field{f'({text})' if text else ''} }}")
    operation = document.definitions[0]
    assert isinstance(operation, graphql.OperationDefinitionNode)
    node = operation.selection_set.selections[0]
    assert isinstance(node, graphql.FieldNode)
    assert SCHEMA.query_type is not None
    definition = SCHEMA.query_type.fields["field"]
    variables = get_variable_values(SCHEMA, operation.variable_definitions or (), raw)
    assert isinstance(variables, VariableValues)
    template = ArgumentTemplate.of(definition, node)
    filled = None if template is None else template.fill(variables.coerced)
    if filled is not None:
        assert filled == outcome(definition, node, variables)


def test_a_scalar_that_reads_a_variable_as_a_part_of_it_has_no_template() -> None:
    written = graphql.GraphQLScalarType("Written", parse_value=repr)
    field = graphql.GraphQLField(graphql.GraphQLInt, args={"any": graphql.GraphQLArgument(written)})
    for text, has_template in (("$x", True), ("[$x, 1]", False), ("[1]", True)):
        node = graphql.parse(f"{{ field(any: {text}) }}").definitions[0].selection_set.selections[0]  # type: ignore[attr-defined]
        assert (ArgumentTemplate.of(field, node) is not None) is has_template
