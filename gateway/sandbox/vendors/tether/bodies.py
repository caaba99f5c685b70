"""What Tether takes when an asset is written: field by field, with FastAPI's 422 for what does not fit."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation

import msgspec
from starlette.requests import Request

from gateway.sandbox.answers import read_body
from gateway.sandbox.table import Row
from gateway.sandbox.vendors.tether.rows import money
from gateway.sandbox.vendors.tether.sign_in import invalid

STATUSES = ("available", "deployed", "maintenance", "retired")


async def read_object(request: Request) -> Row:
    """The JSON object of a request's body, or 422."""
    try:
        content = msgspec.json.decode(await read_body(request), strict=True)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise invalid(("body", "json_invalid", "JSON decode error")) from None
    if not isinstance(content, dict):
        raise invalid(("body", "model_attributes_type", "Input should be a valid dictionary"))
    return content


def asset_fields(body: Row, *, whole: bool) -> Row:
    """The written fields, checked. `whole` asks for all, as PUT does; else what is left out is null."""
    faults: list[tuple[str, str, str]] = []
    fields: Row = {}
    for name, read in _READERS.items():
        if name not in body:
            if whole or name in {"asset_tag", "name"}:
                faults.append((f"body.{name}", "missing", "Field required"))
            fields[name] = {"status": "available", "notes": ""}.get(name)
            continue
        try:
            fields[name] = read(body[name])
        except ValueError as exc:
            faults.append((f"body.{name}", "value_error", str(exc)))
    if faults:
        raise invalid(*faults)
    return fields


def _needed(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("Input should be a valid string")
    return value


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("Input should be a valid string")
    return value


def status(value: object) -> str:
    """One of Tether's four words."""
    if not isinstance(value, str) or value not in STATUSES:
        raise ValueError("Input should be 'available', 'deployed', 'maintenance' or 'retired'")
    return value


def _number(value: object) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise ValueError("Input should be a valid integer")
    return value


def _date(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("Input should be a valid date")  # noqa: TRY004 - one exception for all faults
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError("Input should be a valid date in the format YYYY-MM-DD") from None


def _cost(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("Input should be a valid decimal")  # noqa: TRY004 - as above
    return money(amount(str(value)))


def amount(text: str) -> Decimal:
    """An amount of money that can be kept: finite, not negative, up to 12 digits."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("Input should be a valid decimal") from None
    if not number.is_finite() or not 0 <= number < 10**10:
        raise ValueError("Input should be a finite number from 0 to 9999999999.99")
    return number


_READERS: dict[str, Callable[[object], object]] = {
    "asset_tag": _needed,
    "name": _needed,
    "manufacturer": _text,
    "model": _text,
    "serial": _text,
    "status": status,
    "category_id": _number,
    "location_id": _number,
    "purchase_date": _date,
    "purchase_cost": _cost,
    "warranty_expiry": _date,
    "notes": _text,
}
