"""What a Tether tenant keeps, and what may happen to it: the rules behind the sandbox's routes."""

from collections.abc import Iterable, Mapping

from starlette.exceptions import HTTPException

from gateway.sandbox.clock import Clock
from gateway.sandbox.company import Company
from gateway.sandbox.table import Row, Table, row_id
from gateway.sandbox.vendors.tether import rows
from gateway.sandbox.vendors.tether.sign_in import invalid

SEARCHED = ("asset_tag", "name", "serial", "model", "manufacturer")
SORTED = (
    "asset_tag", "name", "manufacturer", "model", "serial", "status", "purchase_date", "purchase_cost",
    "warranty_expiry",
)  # fmt: skip


class Store:
    """The assets of one tenant with what belongs to them. Refusals are HTTPExceptions."""

    def __init__(self, company: Company, asset_limit: int) -> None:
        self.categories = Table(rows.categories(company))
        self.locations = Table(rows.locations(company))
        self.employees = Table(rows.employees(company))
        self.assets = Table(rows.assets(company, self.categories))
        self.by_tag = {str(row["asset_tag"]): row_id(row) for row in self.assets}
        self._history = rows.past_events(company, self.assets)
        self._last_id = self.assets.next_id() - 1
        self._limit = asset_limit
        self._clock = Clock(company.now)

    def asset(self, number: int) -> Row:
        """One asset, or 404."""
        row = self.assets.get(number)
        if row is None:
            raise HTTPException(404, detail="Asset not found")
        return row

    def history(self, number: int) -> list[Row]:
        """What happened to an asset, oldest first."""
        self.asset(number)
        return self._history[number]

    def find(self, wanted: Mapping[str, str]) -> Iterable[Row]:
        """The assets that these query parameters ask for, in their order."""
        rows: Iterable[Row] = self.assets
        if term := wanted.get("q", "").casefold():
            rows = [row for row in rows if any(term in str(row[key] or "").casefold() for key in SEARCHED)]
        if word := wanted.get("status"):
            rows = [row for row in rows if row["status"] == word]
        for key in ("category", "location"):
            if text := wanted.get(f"{key}_id"):
                number = _integer(f"query.{key}_id", text)
                rows = [row for row in rows if _linked(row[key]) == number]
        column = wanted.get("sort", "asset_tag")
        return _ordered(rows, column if column in SORTED else "asset_tag", down=wanted.get("order") == "desc")

    def room_for(self, count: int) -> None:
        """402 where the plan does not allow so many more assets."""
        if len(self.assets) + count > self._limit:
            raise HTTPException(402, detail=f"Asset limit reached: your plan allows {self._limit} assets")

    def create(self, fields: Row) -> Row:
        """A new asset from checked fields."""
        self.room_for(1)
        self._last_id += 1
        self._history[self._last_id] = []
        return self._keep({"id": self._last_id, "assigned_to": None}, fields)

    def replace(self, number: int, fields: Row) -> Row:
        """An asset with all its fields written anew. Who holds it stays, as long as it is deployed."""
        return self._keep(self.asset(number), fields)

    def _keep(self, old: Row, fields: Row) -> Row:
        number, tag = row_id(old), str(fields["asset_tag"])
        if self.by_tag.get(tag, number) != number:
            raise HTTPException(400, detail=f"Asset tag '{tag}' already exists")
        rest = {key: value for key, value in fields.items() if not key.endswith("_id")}
        row = old | rest
        row["category"] = _link(self.categories, fields["category_id"], "Category")
        row["location"] = _link(self.locations, fields["location_id"], "Location")
        if row["status"] != "deployed":
            row["assigned_to"] = None
        self.by_tag.pop(str(old.get("asset_tag")), None)
        self.by_tag[tag] = number
        row = {key: row[key] for key in _KEYS}
        self.assets.put(row)
        return row

    def delete(self, number: int) -> None:
        """Forget an asset and its history."""
        row = self.asset(number)
        self.assets.remove(number)
        del self.by_tag[str(row["asset_tag"])]
        del self._history[number]

    def check_out(self, number: int, employee: int, *, note: str, by: str) -> Row:
        """Hand an available asset to an employee."""
        row = self.asset(number)
        holder = self.employees.get(employee)
        if holder is None:
            raise HTTPException(404, detail="Employee not found")
        if row["status"] != "available":
            raise HTTPException(400, detail=f"Asset is not available (current status: {row['status']})")
        self.assign(number, holder)
        self._note("checkout", number, str(holder["name"]), note=note, by=by)
        return self.asset(number)

    def assign(self, number: int, holder: Row) -> None:
        """Say who holds an asset, without a line in its history."""
        assigned = {"id": holder["id"], "name": holder["name"]}
        self.assets.put(self.asset(number) | {"status": "deployed", "assigned_to": assigned})

    def check_in(self, number: int, *, note: str, by: str) -> Row:
        """Take a deployed asset back."""
        row = self.asset(number)
        if row["status"] != "deployed":
            raise HTTPException(400, detail=f"Asset is not deployed (current status: {row['status']})")
        holder = row["assigned_to"]
        name = str(holder["name"]) if isinstance(holder, dict) else ""
        self.assets.put(row | {"status": "available", "assigned_to": None})
        self._note("checkin", number, name, note=note, by=by)
        return self.asset(number)

    def _note(self, action: str, number: int, employee: str, *, note: str, by: str) -> None:
        event = rows.event(action, employee, by=by, note=note, at=self._clock.tick())
        self._history[number].append(event)


_KEYS = (
    "id", "asset_tag", "name", "manufacturer", "model", "serial", "status", "category", "location",
    "assigned_to", "purchase_date", "purchase_cost", "warranty_expiry", "notes",
)  # fmt: skip


def _ordered(rows: Iterable[Row], column: str, *, down: bool) -> list[Row]:
    """Missing values are greatest, as in PostgreSQL; ties by id."""

    def key(row: Row) -> tuple[bool, float, str, int]:
        value = row[column]
        amount = float(str(value)) if column == "purchase_cost" and value is not None else 0.0
        sign = -1 if down else 1  # ties stay by id in both directions
        return value is None, amount, str(value or ""), sign * row_id(row)

    return sorted(rows, key=key, reverse=down)


def _linked(link: object) -> object:
    return link["id"] if isinstance(link, dict) else None


def _link(table: Table, number: object, what: str) -> Row | None:
    if number is None:
        return None
    row = table.get(number) if isinstance(number, int) else None
    if row is None:
        raise HTTPException(400, detail=f"{what} {number} does not exist")
    return {"id": row["id"], "name": row["name"]}


def _integer(where: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        message = "Input should be a valid integer, unable to parse string as an integer"
        raise invalid((where, "int_parsing", message))
    return int(text)
