"""How Revnue's lists behave: field filters, ordering by names that are not response fields, envelopes."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal
from urllib.parse import urlencode

from starlette.requests import Request

from gateway.sandbox.vendors.revnue import words
from gateway.sandbox.vendors.revnue.account import Account, Row

Envelope = Literal["array", "object", "page"]

_ORDERS: dict[str, Callable[[Row], object]] = {
    "asset_id": lambda row: row["id"],
    "asset_name": lambda row: str(row["name"]).casefold(),
    "created_date": lambda row: row["created"],
    "modified_date": lambda row: row["modified"],
    **{
        name: (lambda row, name=name: row[name])  # type: ignore[misc]
        for name in ("support_start_date", "support_end_date", "warranty_start_date", "warranty_end_date")
    },
}


def assets(account: Account, query: Mapping[str, str]) -> list[Row]:
    """The assets that are asked for, in the asked order. Text filters find a part, in any case."""
    rows = list(account.assets.values())
    for parameter, name in (
        ("name", "name"),
        ("serial_number", "serial_number"),
        ("manufacturer_name", "manufacturer"),
    ):
        term = query.get(parameter, "").lower()
        if term:
            rows = [row for row in rows if term in str(row[name] or "").lower()]
    if query.get("custom_form_id") or query.get("custom_form_name"):
        rows = [row for row in rows if _has_value(account, row, query)]
    return _ordered(rows, query.get("ordering", ""))


def _has_value(account: Account, row: Row, query: Mapping[str, str]) -> bool:
    template = account.asset(row)["template"]
    if template is None or str(template["id"]) != query.get("custom_form_id"):
        return False
    value = template["fields"].get(query.get("custom_form_name", ""))
    return value is not None and str(value) == query.get("custom_form_value")


def _ordered(rows: list[Row], ordering: str) -> list[Row]:
    """Rows by the named orders, as PostgreSQL does it: nulls last, or first where it is descending."""
    for name in reversed([part.strip() for part in ordering.split(",")]):
        value = _ORDERS.get(name.removeprefix("-"))
        if value:
            rows = _by(rows, value, reverse=name.startswith("-"))
    return rows


def _by(rows: list[Row], value: Callable[[Row], object], *, reverse: bool) -> list[Row]:
    def rank(row: Row) -> tuple[bool, str]:
        found = value(row)
        if isinstance(found, int):
            return (False, f"{found:012}")
        return (found is None, found.isoformat() if isinstance(found, datetime) else str(found or ""))

    return sorted(rows, key=rank, reverse=reverse)


def part(row: Row, request: str | None) -> Row:
    """What `req` asks for of an asset as it is read: its warranty, its support, or everything."""
    if request not in {"warranty", "support"}:
        return row
    ends = {"warranty": "end_of_life_date", "support": "end_of_support_date"}[request]
    return {
        name: value
        for name, value in row.items()
        if name in {"id", "name", ends} or name.startswith(f"{request}_")
    }


def wrapped(rows: Sequence[Row], request: Request, *, envelope: Envelope, page_size: int) -> object:
    """
    A list in one of the envelopes that are possible: the documents show none.

    `array`: bare. `object`: one row alone, several under `data`. `page`: Django REST Framework's pages.
    """
    if envelope == "array":
        return list(rows)
    if envelope == "object":
        return rows[0] if len(rows) == 1 else {"data": list(rows)}
    number = request.query_params.get("page", "1")
    page = int(number) if number.isdecimal() else 1
    start = (page - 1) * page_size
    last = start + page_size >= len(rows)
    return {
        "count": len(rows),
        "next": None if last else _address(request, page + 1),
        "previous": None if page <= 1 else _address(request, page - 1),
        "results": list(rows[start : start + page_size]),
    }


def _address(request: Request, page: int) -> str:
    query = {**request.query_params, "page": str(page)}
    return f"{str(request.url).partition('?')[0]}?{urlencode(query)}"


def forms() -> list[Row]:
    """The custom form templates."""
    return [
        {
            "id": form.id,
            "name": form.name,
            "form_title": form.name,
            "type": form.type,
            "form_desc": "",
            "is_active": form.id not in words.INACTIVE_FORMS,
            "is_default": form.id == words.FORMS[0].id,
            "fields": [
                {
                    "id": field.id,
                    "name": field.name,
                    "data_type": field.data_type,
                    "is_active": True,
                    "order": order,
                }
                for order, field in enumerate(form.fields, 1)
            ],
        }
        for form in words.FORMS
    ]


def customers() -> list[Row]:
    """The customers."""
    return [
        {"id": key, "name": name, "customer_no": f"C-{key}", "status": "active"}
        for key, name in words.CUSTOMERS.items()
    ]


def companies(account: Account) -> list[Row]:
    """The companies of the account."""
    return [{"id": words.COMPANY_ID, "name": account.company.name}]
