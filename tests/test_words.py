"""
The language of the code: names say what they hold, and a class name means one thing.

The words are those that were once overused here. A room that is not in `ALLOWED` has none of them.
"""

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("gateway", "resolvers", "schema")
VAGUE = frozenset(
    [
        "one",
        "some",
        "several",
        "found",
        "told",
        "made",
        "given",
        "wanted",
        "asked",
        "at",
        "left",
        "here",
        "there",
        "both",
        "further",
        "more",
        "said",
        "kept",
        "looked",
        "place",
        "places",
    ]
)
#: Names of the public schema, `CheckoutEvent.at`, and of hypothesis, `given`.
ALLOWED = {"schema": 1, "gateway/testing": 2}
QUESTION = re.compile(r"(What|Whether|How|Where|Who|Whose|Whom|Why|Which|That)\b")


def modules(package: str) -> Iterator[tuple[str, str]]:
    """The room and the text of each module, the sandbox's simulators left out."""
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).parts
        if "sandbox" not in parts:
            yield "/".join(parts[:-1][:3]), path.read_text("utf-8")


def vague(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.NAME and token.string in VAGUE)


@pytest.mark.parametrize("package", PACKAGES)
def test_identifiers_say_what_they_hold(package: str) -> None:
    counts: dict[str, Counter[str]] = {}
    for room, text in modules(package):
        counts.setdefault(room, Counter()).update(vague(text))
    over = {room: dict(words) for room, words in counts.items() if words.total() > ALLOWED.get(room, 0)}
    assert over == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_name_their_subject_first(package: str) -> None:
    questions = [
        docstring.partition("\n")[0]
        for _, text in modules(package)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if (docstring := ast.get_docstring(node)) is not None and QUESTION.match(docstring)
    ]
    assert questions == []


@pytest.mark.parametrize("package", PACKAGES)
def test_class_names_are_unique(package: str) -> None:
    names = Counter(
        node.name
        for _, text in modules(package)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_vague_identifiers_are_counted() -> None:
    assert vague("for one in rows:\n    found = one  # one found\n") == {"one": 2, "found": 1}
