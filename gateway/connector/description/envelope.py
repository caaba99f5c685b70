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
#: Usual keys of the number of rows.
_COUNTS = ("record_count", "count", "total")
#: Keys that `reports_failure` reads.
FAILURE_KEYS = ("success", "ok", "error", "status", "status_code")
#: Keys of an explanation: beside no rows it is the reason for that, unless the answer says that all is well.
_EXPLANATIONS = ("errors", "message", "detail")


class UnknownEnvelope(Exception):
    """Unknown envelope: a JSON answer in which no list of records can be found. `keys` are its top-level keys."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(f"no list of records among {', '.join(keys) or 'nothing'}")
        self.keys = keys


def find_rows(body: Any, keys: Sequence[str] = (), *, single: bool = False) -> list[Any]:
    """
    Rows of a list answer: a bare array, the array under a known key, or the only array of objects in the envelope.

    With `single`, a single record is a list of one. An empty list is believed in a bare array, under a key in `keys`,
    or beside a count of zero, and nowhere if the answer reports a failure. Raises UnknownEnvelope.

    >>> find_rows([{"id": 1}]), find_rows({"assets": [{"id": 1}], "columns": [{"id": 9}]}, ("assets",))
    ([{'id': 1}], [{'id': 1}])
    >>> find_rows({"record_count": 1, "oddly_named": [{"id": 1}], "columns": []})
    [{'id': 1}]
    >>> find_rows({"record_count": 0, "columns": []}), find_rows({"data": []}, ("data",))
    ([], [])
    >>> find_rows({"success": False, "message": "sorry", "data": []}, ("data",))
    Traceback (most recent call last):
    gateway.connector.description.envelope.UnknownEnvelope: no list of records among data, message, success
    """
    if isinstance(body, list):
        return body
    if not isinstance(body, Mapping):
        raise UnknownEnvelope(())
    rows = _rows(body, keys)
    if rows:
        return rows
    if single and "id" in body and not reports_failure(body):
        return [body]
    if rows is not None and _is_believable(body, keys):
        return rows
    raise UnknownEnvelope(tuple(sorted(map(str, body)))[:12])


def _rows(body: Mapping[str, Any], keys: Sequence[str]) -> list[Any] | None:
    """The array of rows in an envelope, empty if there may be none; None if no array can be that of the rows."""
    for key in (*keys, *USUAL_KEYS):
        if isinstance(body.get(key), list):
            return list(body[key])
    arrays = [value for key, value in body.items() if key not in _SIDE_KEYS and isinstance(value, list)]
    object_arrays = [array for array in arrays if array and all(isinstance(row, Mapping) for row in array)]
    if len(object_arrays) == 1:
        return list(object_arrays[0])
    return [] if not object_arrays and _counts_zero(body) else None


def _is_believable(body: Mapping[str, Any], keys: Sequence[str]) -> bool:
    """True if an envelope without rows can be the answer of an empty list."""
    if reports_failure(body):
        return False
    if _counts_zero(body):
        return not body.get("errors")
    is_explained = any(body.get(key) for key in _EXPLANATIONS) and body.get("success") is not True
    return not is_explained and any(isinstance(body.get(key), list) for key in keys)


def _counts_zero(body: Mapping[str, Any]) -> bool:
    return any(body.get(key) == 0 and body[key] is not False for key in _COUNTS)


def reports_failure(body: Any) -> bool:
    """
    True if an answer's own words say that the request failed, whatever its status and its rows are.

    >>> reports_failure({"success": False, "data": [{"id": 1}]}), reports_failure({"error": "", "status_code": 200})
    (True, False)
    >>> reports_failure({"status_code": 500, "data": []}), reports_failure({"status": "error", "data": []})
    (True, True)
    """
    if not isinstance(body, Mapping):
        return False
    if any(body.get(key) in (False, "false") for key in ("success", "ok") if key in body):
        return True
    code, status = body.get("status_code"), body.get("status")
    if isinstance(code, int) and code >= 400:
        return True
    is_failed = isinstance(status, str) and status.casefold() in {"error", "fail", "failed", "failure"}
    return bool(body.get("error")) or (is_failed and "id" not in body)


def find_record(body: Any, native_id: str = "") -> Mapping[str, Any] | None:
    """
    Record of a get: the body itself, or inside `data` or `results`; of a list its only element, or that with the id.

    None if the list is empty. Raises UnknownEnvelope, also if the answer explains why there is none.

    >>> find_record({"data": [{"id": 123}]}), find_record({"id": 5}), find_record({"data": []})
    ({'id': 123}, {'id': 5}, None)
    >>> find_record([{"id": 1}, {"id": 2}], "2")
    {'id': 2}
    """
    if isinstance(body, Mapping) and "id" not in body:
        key = "data" if "data" in body else "results"
        rows = body.get(key)
        if isinstance(rows, list) and not rows and not _is_believable(body, (key,)):
            raise UnknownEnvelope(())
        body = body.get(key, body)
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
