"""Answers in parts: read off a multipart response, and put together as a client does."""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from graphql import DirectiveNode, InlineFragmentNode, NameNode, SelectionSetNode, parse, print_ast, visit
from graphql.language import Visitor


def parts_of(answer: httpx.Response) -> list[Any]:
    """The bodies of a multipart response's parts."""
    assert answer.headers["content-type"].startswith('multipart/mixed;boundary="graphql"'), answer.text
    assert answer.text.endswith("\r\n--graphql--\r\n")
    opening, *parts, end = answer.text.split("\r\n--graphql")
    assert (opening, end) == ("", "--\r\n")
    heads, bodies = zip(*(part.split("\r\n\r\n") for part in parts), strict=True)
    assert set(heads) == {"\r\ncontent-type: application/json"}
    read = [json.loads(body) for body in bodies]
    assert [part["hasNext"] for part in read] == [True] * (len(read) - 1) + [False]
    return read


def merged(parts: Sequence[Mapping[str, Any]]) -> tuple[Any, list[Any]]:
    """The data and the errors of all parts, in either form."""
    first, *others = parts
    data, errors = first["data"], list(first.get("errors", ()))
    paths = {entry["id"]: entry["path"] for entry in first.get("pending", ())}
    for part in others:
        for entry in part.get("incremental", ()):
            target = data
            for step in entry["path"] if "path" in entry else paths[entry["id"]]:
                target = target[step]
            if entry["data"] is not None:
                _merge(target, entry["data"])
        for entry in (*part.get("incremental", ()), *part.get("completed", ())):
            errors += entry.get("errors", ())
    completed = [entry["id"] for part in others for entry in part.get("completed", ())]
    assert sorted(completed) == sorted(paths)
    return data, errors


def _merge(target: Any, patch: Any) -> None:
    for key, value in patch.items() if isinstance(patch, dict) else enumerate(patch):
        if isinstance(value, dict | list) and value and _has(target, key):
            _merge(target[key], value)
        elif isinstance(target, list):
            assert target[key] == value
        else:
            target[key] = value


def _has(target: Any, key: Any) -> bool:
    return isinstance(target, list) or target.get(key) is not None


def with_defer(query: str, chance: random.Random) -> str:
    """The query with some fields of its selections in fragments with `@defer`, and some of these outside as well."""

    class Deferring(Visitor):
        def leave_selection_set(self, node: SelectionSetNode, *_: object) -> SelectionSetNode | None:
            deferred = [selection for selection in node.selections if chance.random() < 0.3]
            if not deferred or chance.random() < 0.4:
                return None
            rest = [
                selection
                for selection in node.selections
                if selection not in deferred or chance.random() < 0.2
            ]
            directive = DirectiveNode(name=NameNode(value="defer"))
            fragment = InlineFragmentNode(
                directives=(directive,), selection_set=SelectionSetNode(selections=tuple(deferred))
            )
            place = chance.randint(0, len(rest))
            return SelectionSetNode(selections=(*rest[:place], fragment, *rest[place:]))

    return print_ast(visit(parse(query), Deferring()))
