"""Envelopes: the rows inside a vendor's list answer. An unknown envelope is an error, never an empty list."""

from collections.abc import Mapping, Sequence
from typing import Any

# Halo sends these arrays beside the rows; they describe the screen, not the records.
_SIDE_KEYS = frozenset(
    {
        "columns",
        "statuses",
        "priorities",
        "agents",
        "folders",
        "actionsdetails",
        "xtypeunamecancreatenew",
        "links",
        "errors",
    }
)
#: Usual keys of the rows in an envelope, tried after the documented ones.
USUAL_KEYS = ("data", "results", "items")


class UnknownEnvelope(Exception):
    """Unknown envelope: a JSON answer in which no list of records can be found. `keys` are its top-level keys."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(f"no list of records among {', '.join(keys) or 'nothing'}")
        self.keys = keys


def find_rows(body: Any, keys: Sequence[str] = (), *, single: bool = False) -> list[Any]:
    """
    Rows of a list answer: a bare array, the array under a known key, or the only array of objects in the envelope.

    With `single`, a single record is a list of one. Raises UnknownEnvelope.

    >>> find_rows([{"id": 1}]), find_rows({"assets": [{"id": 1}], "columns": [{"id": 9}]}, ("assets",))
    ([{'id': 1}], [{'id': 1}])
    >>> find_rows({"record_count": 1, "oddly_named": [{"id": 1}], "columns": []})
    [{'id': 1}]
    >>> find_rows({"record_count": 0, "columns": []})
    []
    >>> find_rows({"error": "sorry"})
    Traceback (most recent call last):
    gateway.connector.description.envelope.UnknownEnvelope: no list of records among error
    """
    if isinstance(body, list):
        return body
    if not isinstance(body, Mapping):
        raise UnknownEnvelope(())
    for key in (*keys, *USUAL_KEYS):
        if isinstance(body.get(key), list):
            return list(body[key])
    if single and "id" in body:
        return [body]
    values = {key: value for key, value in body.items() if key not in _SIDE_KEYS}
    arrays = [value for value in values.values() if isinstance(value, list)]
    object_arrays = [array for array in arrays if array and all(isinstance(row, Mapping) for row in array)]
    if len(object_arrays) == 1:
        return list(object_arrays[0])
    if not object_arrays and body.get("record_count") == 0:
        return []
    if arrays == [[]] and not any(isinstance(value, str) for value in values.values()):
        return []
    raise UnknownEnvelope(tuple(sorted(map(str, body)))[:12])


def find_record(body: Any, native_id: str = "") -> Mapping[str, Any] | None:
    """
    Record of a get: the body itself, or inside `data` or `results`; of a list its only element, or that with the id.

    None if the list is empty. Raises UnknownEnvelope.

    >>> find_record({"data": [{"id": 123}]}), find_record({"id": 5}), find_record({"data": []})
    ({'id': 123}, {'id': 5}, None)
    >>> find_record([{"id": 1}, {"id": 2}], "2")
    {'id': 2}
    """
    if isinstance(body, Mapping) and "id" not in body:
        body = body.get("data", body.get("results", body))
    if isinstance(body, list):
        if not body:
            return None
        matches = [row for row in body if isinstance(row, Mapping) and str(row.get("id")) == native_id]
        if not matches and len(body) > 1:
            raise UnknownEnvelope(())
        body = (matches or body)[0]
    if not isinstance(body, Mapping):
        raise UnknownEnvelope(())
    return body
