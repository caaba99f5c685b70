"""Reads a request with files, as the GraphQL multipart request specification says. The files' places are in `map`."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import msgspec
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from gateway.connector.writing.uploads import UploadedFile
from gateway.edge.responses import HttpProblem

MULTIPART = "multipart/form-data"
#: One of these has to come along: a page of another site can send a form with the browser's credentials, but not these.
PREFLIGHT = (b"apollo-require-preflight", b"graphql-require-preflight", b"x-requested-with")
_FILES = 10
_FIELDS = 2


def check_preflight(headers: Mapping[bytes, bytes]) -> None:
    """Raises Unanswerable where no header shows that the caller is no page of another site."""
    if not any(headers.get(name, b"").strip() for name in PREFLIGHT):
        names = "Apollo-Require-Preflight, GraphQL-Require-Preflight or X-Requested-With"
        raise HttpProblem(400, f"A request with files needs one of the headers {names}, with any value")


async def read_multipart(headers: Headers, body: bytes) -> Any:
    """
    The request's parameters, each file in its place among the variables. Raises Unanswerable where they are not as
    the specification says.
    """
    form = await _form(headers, body)
    try:
        asked = _json(form, "operations")
        places = _json(form, "map")
        if not isinstance(asked, dict):
            raise HttpProblem(400, "The part operations is not a JSON object")
        if not isinstance(places, Mapping):
            raise HttpProblem(400, "The part map is not a JSON object")
        for name, paths in places.items():
            file = form.get(name)
            if not isinstance(file, UploadFile):
                raise HttpProblem(400, "The part map names a file that is not there")
            if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
                raise HttpProblem(400, "The part map does not give a list of paths for each file")
            uploaded = UploadedFile(file.filename or "", await file.read())
            for path in paths:
                _put(asked, path, uploaded)
    finally:
        await form.close()
    return asked


async def _form(headers: Headers, body: bytes) -> FormData:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body
        yield b""

    parser = MultiPartParser(
        headers, stream(), max_files=_FILES, max_fields=_FIELDS, max_part_size=max(1, len(body))
    )
    try:
        return await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError):
        raise HttpProblem(400, "The body is not multipart/form-data as the specification says") from None


def _json(form: FormData, name: str) -> Any:
    found = form.get(name)
    if not isinstance(found, str):
        raise HttpProblem(400, f"The part {name} is missing")
    try:
        return msgspec.json.decode(found)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise HttpProblem(400, f"The part {name} is not valid JSON") from None


def _put(asked: dict[str, Any], path: str, file: UploadedFile) -> None:
    """
    Put the file where a null stands for it.

    >>> asked = {"variables": {"input": {"file": None}}}
    >>> _put(asked, "variables.input.file", Uploaded("a.csv", b"x"))
    >>> asked["variables"]["input"]["file"]
    Uploaded(name='a.csv')
    """
    *outer, last = path.split(".")
    at: Any = asked
    for step in outer:
        at = _inner(at, step)
    if path.split(".", maxsplit=1)[0] != "variables" or not outer or _inner(at, last) is not None:
        raise HttpProblem(400, "The part map names a place that is no null in the variables")
    if isinstance(at, list):
        at[int(last)] = file
    else:
        at[last] = file


def _inner(outer: Any, step: str) -> Any:
    if isinstance(outer, dict) and step in outer:
        return outer[step]
    if isinstance(outer, list) and step.isascii() and step.isdecimal() and int(step) < len(outer):
        return outer[int(step)]
    raise HttpProblem(400, "The part map names a place that the operations do not have")
