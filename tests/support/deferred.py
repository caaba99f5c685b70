"""Answers in parts: read off a multipart response, and put together as a client does."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx


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
