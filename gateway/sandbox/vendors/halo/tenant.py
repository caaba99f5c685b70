"""The state of the sandbox's Halo tenant: its tables, made from the company, changed by what is written."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from gateway.sandbox.company import Company
from gateway.sandbox.vendors.halo import words
from gateway.sandbox.vendors.halo.values import Row


class Table:
    """Rows by id, in the order of their ids."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._rows: dict[int, Row] = {row["id"]: row for row in sorted(rows, key=lambda row: row["id"])}

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def get(self, key: object) -> Row | None:
        """The row with this id."""
        return self._rows.get(key) if isinstance(key, int) else None

    def next_id(self) -> int:
        """An id above all that are in use."""
        return max(self._rows, default=0) + 1

    def put(self, row: Row) -> None:
        """Keep this row in the place of the one with its id."""
        self._rows[row["id"]] = row

    def remove(self, key: int) -> bool:
        """Forget a row; False where there is none."""
        return self._rows.pop(key, None) is not None


class Tenant:
    """Everything that one Halo tenant knows. Filled by the modules that know each table's rows."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.clients = Table()
        self.sites = Table()
        self.users = Table()
        self.agents = Table()
        self.contracts = Table()
        self.suppliers = Table(
            {"id": key, "name": name, "inactive": False} for key, name in words.SUPPLIERS.items()
        )
        self.assets = Table()
        self.tickets = Table()
        self.licences = Table()
        self.readings = Table()
        self.certificates = Table()
        self.asset_changes: list[Row] = []
        self.licence_changes: list[Row] = []
        self.licence_roles: list[Row] = []
        self.device_licences: list[Row] = []
        self.software: list[Row] = []
        self.installations: list[Row] = []
        self.field_values: dict[int, dict[int, object]] = {}
        self.custom_values: dict[int, dict[int, object]] = {}
        self.asset_users: dict[int, list[int]] = {}
        self.ticket_assets: dict[int, list[int]] = {}
        kinds = sorted({ticket.kind for ticket in company.tickets})
        self.ticket_kinds = {21 + 2 * place: kind for place, kind in enumerate(kinds)}
        self._writes = 0

    def tick(self) -> datetime:
        """The time of a write: a second after the one before, so that equal histories have equal times."""
        self._writes += 1
        return self.company.now + timedelta(seconds=self._writes)

    def name(self, table: Table, key: object) -> str | None:
        """The name of the row with this id, where there is one."""
        row = table.get(key)
        return None if row is None else str(row["name"])
