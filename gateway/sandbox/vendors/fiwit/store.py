"""What a Fiwit account keeps, and what may be written to it: the rules behind the sandbox's routes."""

import string
from datetime import datetime

from starlette.exceptions import HTTPException

from gateway.sandbox.clock import Clock
from gateway.sandbox.company import Company
from gateway.sandbox.generate import dice
from gateway.sandbox.table import Row, Table, row_id
from gateway.sandbox.vendors.fiwit import rows

PRIORITIES = ("low", "medium", "high", "urgent")


class Refused(Exception):
    """A write that Fiwit does not take: what is wrong with which field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field} {message}")
        self.errors = {field: [message]}


class Store:
    """The rows of one account."""

    def __init__(self, company: Company) -> None:
        made = rows.definitions(company)
        self.asset_types = Table(made.asset_types)
        self.asset_fields = Table(made.asset_fields)
        self.ticket_types = Table(made.ticket_types)
        self.ticket_fields = Table(made.ticket_fields)
        self.locations = Table(rows.locations(company))
        self.users = Table(rows.users(company))
        self.assets = Table(rows.assets(company, made))
        self.tickets = Table(rows.tickets(company, made))
        self._seed = company.seed
        self._clock = Clock(company.now)
        self._last_value = 180_000

    def pairing_token(self, asset: int) -> str:
        """The token that pairs a machine with this asset: told in answers to writes only."""
        letters = string.ascii_letters + string.digits
        return "".join(dice(self._seed, "fiwit", "pairing", asset).choices(letters, k=24))

    def write_asset(self, body: Row, old: Row | None) -> Row:
        """A new asset, or the old one with what the body says. Unknown keys are left aside, as Rails does."""
        links = {"assigned_id": self.users, "location_id": self.locations, "asset_type_id": self.asset_types}
        now = self._clock.tick()
        blank = {"name": None, "ip_address": None, "custom_field_values": []} | dict.fromkeys(links)
        row = self._started(self.assets, old, blank, now) | _links(body, links)
        for key in ("name", "ip_address"):
            if key in body:
                row[key] = _text(key, body[key])
        if not row["name"]:
            raise Refused("name", "can't be blank")
        row["custom_field_values"] = self._values(body, row, kind="Asset", fields=self.asset_fields, now=now)
        self.assets.put(_in_order(row, _ASSET_KEYS))
        return row

    def write_ticket(self, body: Row, old: Row | None) -> Row:
        """A new ticket, or the old one with what the body says. Without a name it is called by its number."""
        links = {"assigned_id": self.users, "ticket_type_id": self.ticket_types}
        now = self._clock.tick()
        blank: Row = {
            "name": f"T-{len(self.tickets) + 1}",
            "status": "new",
            "priority": None,
            "status_changed_at": rows.stamp(now),
            "intercom_url": None,
            "custom_field_values": [],
        }
        row = self._started(self.tickets, old, blank | dict.fromkeys(links), now) | _links(body, links)
        if body.get("name"):
            row["name"] = _text("name", body["name"])
        for key, words in (("priority", PRIORITIES), ("status", tuple(rows.STATUSES.values()))):
            if key in body:
                row[key] = _word(key, body[key], words)
        if old and row["status"] != old["status"]:
            row["status_changed_at"] = rows.stamp(now)
        row["custom_field_values"] = self._values(
            body, row, kind="Ticket", fields=self.ticket_fields, now=now
        )
        self.tickets.put(_in_order(row, _TICKET_KEYS))
        return row

    def _started(self, table: Table, old: Row | None, blank: Row, now: datetime) -> Row:
        if old:
            return old | {"updated_at": rows.stamp(now)}
        own: Row = {"id": table.next_id(), "user_id": rows.CREATOR}
        return own | rows.stamps(now, now) | blank

    def _values(self, body: Row, row: Row, *, kind: str, fields: Table, now: datetime) -> list[Row]:
        """The row's custom field values with the written ones: by their own id, else by their field's."""
        kept = row["custom_field_values"]
        values: list[Row] = list(kept) if isinstance(kept, list) else []
        written = body.get("custom_field_values", [])
        if not isinstance(written, list) or not all(isinstance(item, dict) for item in written):
            raise Refused("custom_field_values", "is invalid")
        for item in written:
            place = _place(values, item)
            text = None if item.get("value") is None else str(item["value"])
            if place is not None:
                values[place] = values[place] | {"value": text, "updated_at": rows.stamp(now)}
                continue
            field = item.get("custom_field_id")
            if not isinstance(field, int) or field not in fields:
                raise Refused("custom_field_values.custom_field", "must exist")
            self._last_value += 1
            entity = (kind, row_id(row))
            values.append(rows.value_row(self._last_value, text, entity=entity, field=field, at=now))
        return values


_ASSET_KEYS = (
    "id", "name", "user_id", "created_at", "updated_at", "assigned_id", "location_id", "asset_type_id",
    "team_id", "deleted_at", "ip_address", "custom_field_values",
)  # fmt: skip
_TICKET_KEYS = (
    "id", "name", "status", "priority", "status_changed_at", "assigned_id", "user_id", "ticket_type_id",
    "team_id", "created_at", "updated_at", "deleted_at", "intercom_url", "custom_field_values",
)  # fmt: skip


def found(table: Table, text: str) -> Row:
    """The row with this id; 410 for one that was removed, 404 for one that never was."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    row = table.get(number)
    if row is None:
        first = next((row_id(each) for each in table), 1)
        raise HTTPException(410 if first < number < table.next_id() else 404)
    return row


def _in_order(row: Row, keys: tuple[str, ...]) -> Row:
    return {key: row[key] for key in keys}


def _links(body: Row, links: dict[str, Table]) -> Row:
    written: Row = {}
    for key, table in links.items():
        if key not in body:
            continue
        number = body[key]
        if number is not None and (not isinstance(number, int) or number not in table):
            raise Refused(key.removesuffix("_id"), "must exist")
        written[key] = number
    return written


def _place(values: list[Row], item: Row) -> int | None:
    key = "custom_field_id" if item.get("id") is None else "id"
    return next((place for place, value in enumerate(values) if value[key] == item.get(key)), None)


def _text(key: str, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Refused(key, "is invalid")
    return value


def _word(key: str, value: object, words: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in words:
        raise Refused(key, "is not included in the list")
    return value
