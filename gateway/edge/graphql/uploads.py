"""File uploads: a request with files, as the GraphQL multipart request specification says."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import msgspec
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from gateway.connector.writing.uploads import UploadedFile
from gateway.edge.responses import HttpProblem
from gateway.literals import is_digits

MULTIPART = "multipart/form-data"
#: One of these is required: a page of another site can send a form with the browser's credentials, but not these.
PREFLIGHT = (b"apollo-require-preflight", b"graphql-require-preflight", b"x-requested-with")
_FILES = 10
_FIELDS = 2


def check_preflight(headers: Mapping[bytes, bytes]) -> None:
    """Raise HttpProblem if no header proves that the caller is no page of another site (CSRF)."""
    if not any(headers.get(name, b"").strip() for name in PREFLIGHT):
        names = "Apollo-Require-Preflight, GraphQL-Require-Preflight or X-Requested-With"
        raise HttpProblem(400, f"A request with files needs one of the headers {names}, with any value")


async def read_multipart(headers: Headers, body: bytes) -> Any:
    """
    The request's parameters, with each file put into the variables at its paths in `map`. Raises HttpProblem if they
    are not as the specification says.
    """
    form = await _parse_form(headers, body)
    try:
        operations = _decode_field(form, "operations")
        files = _decode_field(form, "map")
        if not isinstance(operations, dict):
            raise HttpProblem(400, "The part operations is not a JSON object")
        if not isinstance(files, Mapping):
            raise HttpProblem(400, "The part map is not a JSON object")
        for name, paths in files.items():
            file = form.get(name)
            if not isinstance(file, UploadFile):
                raise HttpProblem(400, "The part map names a file that is not there")
            if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
                raise HttpProblem(400, "The part map does not give a list of paths for each file")
            uploaded = UploadedFile(file.filename or "", await file.read())
            for path in paths:
                _set_file(operations, path, uploaded)
    finally:
        await form.close()
    return operations


async def _parse_form(headers: Headers, body: bytes) -> FormData:
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


def _decode_field(form: FormData, name: str) -> Any:
    text = form.get(name)
    if not isinstance(text, str):
        raise HttpProblem(400, f"The part {name} is missing")
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise HttpProblem(400, f"The part {name} is not valid JSON") from None


def _set_file(operations: dict[str, Any], path: str, file: UploadedFile) -> None:
    """
    Replace the null at a path of the operations by the file.

    >>> operations = {"variables": {"input": {"file": None}}}
    >>> _set_file(operations, "variables.input.file", UploadedFile("a.csv", b"x"))
    >>> operations["variables"]["input"]["file"]
    UploadedFile(name='a.csv')
    """
    *outer, last = path.split(".")
    container: Any = operations
    for segment in outer:
        container = _child(container, segment)
    if path.split(".", maxsplit=1)[0] != "variables" or not outer or _child(container, last) is not None:
        raise HttpProblem(400, "The part map names a place that is no null in the variables")
    if isinstance(container, list):
        container[int(last)] = file
    else:
        container[last] = file


def _child(container: Any, segment: str) -> Any:
    if isinstance(container, dict) and segment in container:
        return container[segment]
    if isinstance(container, list) and is_digits(segment) and int(segment) < len(container):
        return container[int(segment)]
    raise HttpProblem(400, "The part map names a place that the operations do not have")
