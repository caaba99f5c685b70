"""Tether's CSV export and import: rows are matched by their tag, and one bad row spoils no other."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from starlette.exceptions import HTTPException

from gateway.sandbox.table import Row, Table, row_id
from gateway.sandbox.vendors.tether.bodies import STATUSES, amount
from gateway.sandbox.vendors.tether.rows import money
from gateway.sandbox.vendors.tether.store import Store

COLUMNS = (
    "asset_tag", "name", "manufacturer", "model", "serial", "status", "category", "location", "assigned_to",
    "purchase_date", "purchase_cost", "warranty_expiry", "notes",
)  # fmt: skip
DATES = ("%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y")
FIRST_ROW = 2  # the header is row 1


def written_csv(rows: Iterable[Row]) -> str:
    """These assets as CSV, with the columns that an import takes."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(COLUMNS)
    table.writerows([_cell(row[column]) for column in COLUMNS] for row in rows)
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return str(value["name"])
    return "" if value is None else str(value)


def import_csv(store: Store, content: bytes) -> Row:
    """
    Create and update assets from a CSV file: how many, and the rows that could not be taken.

    400 where the file is no CSV with a tag in each row, 402 for the whole file where the plan has no room.
    """
    try:
        text = content.decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise HTTPException(400, detail="The file is not a CSV file in UTF-8") from None
    header = [name.strip().lower() for name in lines[0]] if lines else []
    if "asset_tag" not in header:
        raise HTTPException(400, detail="Missing required column 'asset_tag'")
    rows = [
        (number, {name: cell.strip() for name, cell in zip(header, line, strict=False) if name in COLUMNS})
        for number, line in enumerate(lines[1:], FIRST_ROW)
        if any(cell.strip() for cell in line)
    ]
    store.room_for(len({row["asset_tag"] for _, row in rows if row.get("asset_tag")} - store.by_tag.keys()))
    done = {"created": 0, "updated": 0}
    errors: list[Row] = []
    for number, row in rows:
        try:
            done[_import_row(store, row)] += 1
        except ValueError as exc:
            errors.append({"row": number, "error": str(exc)})
    return done | {"errors": errors}


def _import_row(store: Store, row: dict[str, str]) -> str:
    tag = row.get("asset_tag")
    if not tag:
        raise ValueError("Missing asset_tag")
    old = store.assets.get(store.by_tag[tag]) if tag in store.by_tag else None
    fields = _before(old) | {"asset_tag": tag} | _given(row)
    fields["name"] = fields["name"] or tag
    if not fields["status"]:
        fields["status"] = "deployed" if row.get("assigned_to") else "available"
    for key, table in (("category", store.categories), ("location", store.locations)):
        if name := row.get(key):
            fields[f"{key}_id"] = row_id(_named(table, name))
    kept = store.replace(row_id(old), fields) if old else store.create(fields)
    if row.get("assigned_to") and kept["status"] == "deployed":
        store.assign(row_id(kept), _employee(store.employees, row["assigned_to"]))
    return "updated" if old else "created"


def _before(old: Row | None) -> Row:
    """The fields as they are, in the words of a write."""
    fields: Row = dict.fromkeys((*COLUMNS, "category_id", "location_id")) | {"notes": ""} | (old or {})
    for key in ("category", "location", "assigned_to"):
        link = fields.pop(key)
        fields[f"{key}_id"] = link["id"] if isinstance(link, dict) else None
    return {key: value for key, value in fields.items() if key not in {"id", "assigned_to_id"}}


def _given(row: dict[str, str]) -> Row:
    given: Row = {}
    for column, cell in row.items():
        if column in {"asset_tag", "category", "location", "assigned_to"}:
            continue
        if column == "status":
            given[column] = _status(cell, assigned=bool(row.get("assigned_to")))
        elif column in {"purchase_date", "warranty_expiry"}:
            given[column] = _date(cell) if cell else None
        elif column == "purchase_cost":
            given[column] = (
                money(amount(cell.translate({ord(sign): None for sign in "$, "}))) if cell else None
            )
        else:
            given[column] = cell or (None if column != "notes" else "")
    return given


def _status(cell: str, *, assigned: bool) -> str:
    if not cell:
        return "deployed" if assigned else "available"
    if cell.lower() not in STATUSES:
        message = f"Invalid status '{cell}'"
        raise ValueError(message)
    return cell.lower()


def _date(cell: str) -> str:
    for form in DATES:
        try:
            return datetime.strptime(cell, form).date().isoformat()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    message = f"Invalid date '{cell}'"
    raise ValueError(message)


def _named(table: Table, name: str) -> Row:
    """The row of this name, made where there is none."""
    for row in table:
        if str(row["name"]).casefold() == name.casefold():
            return row
    row = {"id": table.next_id(), "name": name}
    table.put(row)
    return row


def _employee(table: Table, who: str) -> Row:
    """The employee of this name or e-mail, made where there is none."""
    wanted = who.casefold()
    for row in table:
        if wanted in {str(row["name"]).casefold(), str(row["email"]).casefold()}:
            return row
    email = who if "@" in who else None
    row = {"id": table.next_id(), "name": who, "email": email, "phone": None, "department": None}
    table.put(row)
    return row
