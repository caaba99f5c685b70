"""Writing to the sandbox's Revnue: a whole record each time, relations as ids, faults named by field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.sandbox.vendors.revnue import words
from gateway.sandbox.vendors.revnue.account import Account, Row


class Invalid(Exception):
    """A body that is answered with 400: messages by field."""

    def __init__(self, faults: dict[str, list[str]]) -> None:
        super().__init__("invalid")
        self.faults = faults


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where a value stands: which field, and which ids its relation may have."""

    name: str
    known: frozenset[int]


def record(account: Account, body: object, fields: Mapping[str, str]) -> Row:
    """
    The values of every field: those that `body` does not name are null. Faults are told all at once.

    `country` and the other relations take an integer id only, never the object or name that is read.
    """
    if not isinstance(body, dict):
        raise Invalid({"non_field_errors": ["Invalid data. Expected a dictionary."]})
    keys = account.keys()
    values: Row = {}
    faults: dict[str, list[str]] = {}
    for name, kind in fields.items():
        given = body.get("asset_usage_status", body.get(name)) if kind == "usage" else body.get(name)
        try:
            values[name] = _KINDS[kind](given, _Place(name=name, known=keys.get(name, frozenset())))
        except ValueError as exc:
            faults[name] = [str(exc)]
    if faults:
        raise Invalid(faults)
    return values


def _text(value: Any, _place: _Place) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise ValueError("Not a valid string.")


def _required(value: Any, place: _Place) -> str:
    text = _text(value, place)
    if text is None:
        raise ValueError("This field is required.")
    if not text.strip():
        raise ValueError("This field may not be blank.")
    return text


def _integer(value: Any, _place: _Place) -> int | None:
    if value is None:
        return None
    try:
        return int(value)
    except (TypeError, ValueError) as exc:
        raise ValueError("A valid integer is required.") from exc


def _key(value: Any, place: _Place) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"Incorrect type. Expected pk value, received {type(value).__name__}.")  # noqa: TRY004
    if value not in place.known:
        raise ValueError(f'Invalid pk "{value}" - object does not exist.')
    return value


def _choice(value: Any, place: _Place) -> str | None:
    if value is None or value == "":
        return None
    if value in words.CHOICES[place.name]:
        return str(value)
    raise ValueError(f'"{value}" is not a valid choice.')


def _date(value: Any, _place: _Place) -> date | None:
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as exc:
        raise ValueError("Date has wrong format. Use one of these formats instead: YYYY-MM-DD.") from exc


def _money(value: Any, _place: _Place) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation as exc:
        raise ValueError("A valid number is required.") from exc
    if isinstance(value, bool) or not amount.is_finite():
        raise ValueError("A valid number is required.")
    return amount


def _category(value: Any, _place: _Place) -> Row | None:
    if value is None:
        return None
    if not isinstance(value, dict) or value.get("id") not in words.CATEGORIES:
        raise ValueError("Invalid category - object does not exist.")
    return {"id": value["id"], "subcategory": value.get("subcategory")}


def _usage(value: Any, _place: _Place) -> int | None:
    """The usage status by its id or by its word: the documents know both."""
    if value is None:
        return None
    for key, word in words.USAGE.items():
        if value in (key, word) and not isinstance(value, bool):
            return key
    raise ValueError(f'"{value}" is not a valid choice.')


def _template(value: Any, _place: _Place) -> Row | None:
    """A form's values as a list of `{id, value}`, not by name as they are read."""
    if value is None:
        return None
    form = next(
        (known for known in words.FORMS if isinstance(value, dict) and known.id == value.get("id")), None
    )
    fields = value.get("fields") if isinstance(value, dict) else None
    if form is None or not isinstance(fields, list):
        raise ValueError("Invalid template: an id and a list of fields are expected.")
    known = {field.id for field in form.fields}
    values = {part.get("id"): part.get("value") for part in fields if isinstance(part, dict)}
    if len(values) != len(fields) or not values.keys() <= known:
        raise ValueError("Invalid template: unknown field.")
    return {"id": form.id, "values": values}


_KINDS: dict[str, Callable[[Any, _Place], object]] = {
    "text": _text, "required": _required, "integer": _integer, "key": _key, "choice": _choice, "date": _date,
    "money": _money, "category": _category, "usage": _usage, "template": _template,
}  # fmt: skip


def save_asset(account: Account, body: object, key: int | None = None) -> Row:
    """Keep a new asset, or replace that with this id: what the body leaves out becomes null."""
    values = record(account, body, words.ASSET_FIELDS)
    now = account.tick()
    old = account.assets[key] if key else None
    if old is None:
        fresh = max(account.assets, default=88_140) + 11
        kept: Row = {"id": fresh, "form": 1, "created": now, "region": None}
    else:
        kept = {name: old[name] for name in ("id", "form", "created", "region")}
    row = kept | values | {"modified": now}
    account.assets[row["id"]] = row
    return row


def save_contract(account: Account, body: object, key: int | None = None) -> Row:
    """Keep a new contract or replace one; `contract_type` stays what it was."""
    values = record(account, body, words.CONTRACT_FIELDS)
    old = account.contracts[key] if key else None
    if old is not None:
        values |= {"id": old["id"], "form": old["form"], "contract_type": old["contract_type"]}
    else:
        if values["contract_type"] is None:
            raise Invalid({"contract_type": ["This field is required."]})
        values |= {"id": max(account.contracts, default=5200) + 17, "form": 1}
    account.contracts[values["id"]] = values
    return values
