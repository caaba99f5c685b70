"""The rows inside a vendor's list answer. Only what is recognised counts: an odd envelope is a fault, never no rows."""

from collections.abc import Mapping, Sequence
from typing import Any

# Halo sends these beside the rows; they are about the screen, not about the records.
_SIDE = frozenset(
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
#: Under which keys vendors have their rows, beside those that are documented.
USUAL = ("data", "results", "items")


class UnknownEnvelope(Exception):
    """The answer is JSON, but no list of records can be made out in it. `keys` are its top-level names."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(f"no list of records among {', '.join(keys) or 'nothing'}")
        self.keys = keys


def find_rows(body: Any, keys: Sequence[str] = (), *, single: bool = False) -> list[Any]:
    """
    The rows of a list answer: a bare array, the array under a known key, or the only array of objects there is.

    With `single`, a record alone is a list of one.

    >>> rows([{"id": 1}]), rows({"assets": [{"id": 1}], "columns": [{"id": 9}]}, ("assets",))
    ([{'id': 1}], [{'id': 1}])
    >>> rows({"record_count": 1, "oddly_named": [{"id": 1}], "columns": []})
    [{'id': 1}]
    >>> rows({"record_count": 0, "columns": []})
    []
    >>> rows({"error": "sorry"})
    Traceback (most recent call last):
    gateway.connector.description.envelope.OddEnvelope: no list of records among error
    """
    if isinstance(body, list):
        return body
    if not isinstance(body, Mapping):
        raise UnknownEnvelope(())
    for key in (*keys, *USUAL):
        if isinstance(body.get(key), list):
            return list(body[key])
    if single and "id" in body:
        return [body]
    arrays = {key: found for key, found in body.items() if key not in _SIDE and isinstance(found, list)}
    filled = [found for found in arrays.values() if found and all(isinstance(row, Mapping) for row in found)]
    if len(filled) == 1:
        return list(filled[0])
    if not filled and body.get("record_count") == 0:
        return []
    others = [found for key, found in body.items() if key not in _SIDE and key not in arrays]
    if (
        not filled
        and len(arrays) == 1
        and [] in arrays.values()
        and not any(isinstance(o, str) for o in others)
    ):
        return []
    raise UnknownEnvelope(tuple(sorted(map(str, body)))[:12])


def find_record(body: Any, native_id: str = "") -> Mapping[str, Any] | None:
    """
    The record of a get: as it is, inside `data` or `results`, or the only element of a list, or that with the id.

    None where the list is empty.

    >>> one({"data": [{"id": 123}]}), one({"id": 5}), one({"data": []}), one([{"id": 1}, {"id": 2}], "2")
    ({'id': 123}, {'id': 5}, None, {'id': 2})
    """
    if isinstance(body, Mapping) and "id" not in body:
        body = body.get("data", body.get("results", body))
    if isinstance(body, list):
        if not body:
            return None
        meant = [row for row in body if isinstance(row, Mapping) and str(row.get("id")) == native_id]
        if not meant and len(body) > 1:
            raise UnknownEnvelope(())
        body = (meant or body)[0]
    if not isinstance(body, Mapping):
        raise UnknownEnvelope(())
    return body
