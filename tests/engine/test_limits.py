"""The limits rule: right against a naive count, and quick whatever it is given."""

import time

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_introspection_query,
    parse,
)
from hypothesis import given
from hypothesis import strategies as st

from gateway.engine.documents.limits import DocumentCost, check, costs
from gateway.errors import TooComplex
from gateway.settings import LimitSettings

LEAVES = st.sampled_from(["a", "b: a", "c @include(if: true)", "d: a @skip(if: false)"])
SPREADS = st.sampled_from(["...F0", "...F1 @include(if: true)", "...F2", "...Nobody"])


def selections(spreads: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        LEAVES | spreads,
        lambda inner: st.builds(
            lambda head, fields: f"{head} {{ {' '.join(fields)} }}",
            st.sampled_from(["a", "x: a", "... on Q", "... @include(if: true)", "__schema"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        max_leaves=8,
    )


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Documents whose fragments spread later ones only: a naive expansion ends."""
    definitions = [f"query {{ {' '.join(draw(st.lists(selections(SPREADS), min_size=1, max_size=3)))} }}"]
    for rank in range(3):
        later = [f"...F{other}" for other in range(rank + 1, 3)] or ["a"]
        definitions.append(f"fragment F{rank} on Q {{ {draw(selections(st.sampled_from(later)))} }}")
    return "\n".join(definitions)


def naive(document: DocumentNode) -> DocumentCost:
    """The cost by walking every spread anew."""
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    (operation,) = (
        definition for definition in document.definitions if isinstance(definition, OperationDefinitionNode)
    )
    seen = {"depth": 0, "roots": 0, "fields": 0, "aliases": 0, "directives": 0, "schemas": 0}
    introspects: list[bool] = []

    def walk(selection_set: SelectionSetNode, level: int, *, hidden: bool, top: bool) -> None:
        for node in selection_set.selections:
            seen["directives"] += len(node.directives or ())
            if isinstance(node, FieldNode):
                below = level if hidden else level + 1
                seen["depth"] = max(seen["depth"], below)
                seen["fields"] += 1
                seen["aliases"] += node.alias is not None
                seen["roots"] += top
                seen["schemas"] += node.name.value == "__schema"
                introspects.append(node.name.value in {"__schema", "__type"})
                if node.selection_set:
                    inner = hidden or node.name.value == "__schema"
                    walk(node.selection_set, below, hidden=inner, top=False)
            elif isinstance(node, FragmentSpreadNode):
                if fragment := fragments.get(node.name.value):
                    seen["directives"] += len(fragment.directives or ())
                    walk(fragment.selection_set, level, hidden=hidden, top=top)
            else:
                walk(node.selection_set, level, hidden=hidden, top=top)  # type: ignore[attr-defined]

    walk(operation.selection_set, 0, hidden=False, top=True)
    return DocumentCost(**seen, introspects=any(introspects))


@pytest.mark.long
@given(documents())
def test_the_counts_are_those_of_a_naive_expansion(text: str) -> None:
    document = parse(text)
    assert costs(document) == [naive(document)]


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("{ a { b { c { d } } } }", "levels"),
        ("{ a { ...A } } fragment A on Q { b { c { d } } }", "levels"),
        ("{ a: x b: x c: x d: x }", "aliases"),
        ("{ ...A } fragment A on Q { a b c d e f }", "first level"),
        ("query @a @a @a { x @a @a @a }", "directives"),
        ("{ __schema { a } ...A ...A } fragment A on Q { __schema { a } }", "__schema"),
        ("query ($a: Int @a @a @a @a @a @a) { x }", "directives"),
    ],
)
def test_one_more_than_allowed_is_refused(text: str, subject: str) -> None:
    limits = LimitSettings(depth=3, aliases=3, root_fields=5, directives=5)
    with pytest.raises(TooComplex, match=subject):
        check(parse(text), limits)


def test_exactly_what_is_allowed_passes() -> None:
    limits = LimitSettings(depth=2, aliases=2, root_fields=3, directives=1)
    check(parse("query A { a: x b: x c { d @a } } query B { x }"), limits)


def test_graphiqls_introspection_passes_the_default_limits() -> None:
    text = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
        one_of=True,
    )
    check(parse(text), LimitSettings())


def test_doubling_fragments_are_counted_at_once() -> None:
    chain = "".join(f"fragment F{rank} on Q {{...F{rank + 1} ...F{rank + 1}}}" for rank in range(25))
    document = parse(f"{{...F0}} {chain} fragment F25 on Q {{ a {{ b }} }}")
    begun = time.perf_counter()
    with pytest.raises(TooComplex):
        check(document, LimitSettings())
    assert time.perf_counter() - begun < 0.05


def test_cycles_and_long_chains_end() -> None:
    ring = "".join(f"fragment F{rank} on Q {{ a {{ ...F{(rank + 1) % 5000} }} }}" for rank in range(5000))
    assert costs(parse("{ ...F0 }" + ring))[0].depth <= 5000
