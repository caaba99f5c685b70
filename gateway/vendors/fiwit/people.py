"""Fiwit users (Fiwit API, "Users"). The text says `/users`, the example `/teams`; its answer is a Ruby hash."""

import re
from typing import Any

import msgspec

from gateway.connector.description.combined_fields import joined
from gateway.connector.description.fields import identity, is_present, text
from gateway.connector.description.resource import List, Resource, Ttl
from gateway.upstream.http.decode import read_json

_STRING = r'"(?:[^"\\]|\\.)*"'
_RUBY = re.compile(rf"({_STRING})|(=>)|\b(nil)\b")


def users(body: bytes) -> Any:
    """
    Decoded list of users, from JSON or from Ruby's notation of the same. Raises ValueError if it is neither.

    >>> users(b'[{"id"=>1024, "email"=>"a=>b@fiwit.io", "role"=>nil}]')
    [{'id': 1024, 'email': 'a=>b@fiwit.io', 'role': None}]
    """
    try:
        return read_json(body)
    except msgspec.DecodeError:
        json_text = _RUBY.sub(lambda match: match[1] or (":" if match[2] else "null"), body.decode())
        return read_json(json_text.encode())


PEOPLE = Resource(
    type="Person",
    list=List(path="/users", fallback_path="/teams", decode=users, ttl=Ttl.REFERENCE),
    fields={
        "native_id": identity("id"),
        "name": joined("first_name", "last_name"),
        "email": text("email"),
        "role": text("role"),
        "hidden": is_present("deleted_at"),
    },
)
