"""Request bodies of writes: JSON, a form, or multipart/form-data with files."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import msgspec


@dataclass(frozen=True)
class File:
    """A file to upload."""

    name: str
    content: bytes = field(repr=False)
    type: str = "application/octet-stream"


EncodedBody = tuple[str, bytes]
"""Content type and bytes."""


def encode_body(
    body: Any | None, *, form: Mapping[str, str] | None = None, files: Mapping[str, File] | None = None
) -> EncodedBody | None:
    """The encoded body: files together with the form's fields, a form, or JSON; None if all are None."""
    if files:
        return _multipart(form or {}, files, boundary=secrets.token_hex(16))
    if form is not None:
        return "application/x-www-form-urlencoded", urlencode(form).encode()
    if body is None:
        return None
    return "application/json", msgspec.json.Encoder(decimal_format="number").encode(body)


def _multipart(form: Mapping[str, str], files: Mapping[str, File], *, boundary: str) -> EncodedBody:
    """
    Form and files as multipart/form-data (RFC 7578).

    >>> _multipart({}, {"csv": File('a".csv', b"x", "text/csv")}, boundary="b")[1].decode().splitlines()[1]
    'Content-Disposition: form-data; name="csv"; filename="a%22.csv"'
    """
    parts = [(f'name="{_quote(name)}"', "", value.encode()) for name, value in form.items()]
    parts += [
        (
            f'name="{_quote(name)}"; filename="{_quote(file.name)}"',
            f"Content-Type: {file.type}\r\n",
            file.content,
        )
        for name, file in files.items()
    ]
    pieces = [
        f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n{kind}\r\n".encode() + content + b"\r\n"
        for head, kind, content in parts
    ]
    return f"multipart/form-data; boundary={boundary}", b"".join([*pieces, f"--{boundary}--\r\n".encode()])


def _quote(name: str) -> str:
    return quote(name, safe=" !#$&'()*+,-./:;<=>?@[]^_`{|}~")
