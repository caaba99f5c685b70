"""
Values of assets' records as they are reconciled: by field, in the schema's words. In lists only what the sources' lists
and reference tables tell is read; of single things also what only a record's own call tells.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.connector.description.warranty import status as status_by_end
from gateway.connector.description.warranty import today
from gateway.connector.fetching.by_id import is_reference_table
from gateway.connector.fetching.session import session_of
from gateway.connector.records.column_reader import RecordGroups
from gateway.connector.records.record import Record
from gateway.errors import GatewayError
from gateway.identity import PersonValue, PlaceValue, RecordValues, TermValue
from gateway.identity.fields import UNIFIED_FIELDS
from resolvers.context import RequestContext
from resolvers.links import LinkResolver, hydrate_records

#: The connector's name of each unified field that is a plain value.
PLAIN = {
    "name": "name",
    "assetTag": "asset_tag",
    "serialNumber": "serial_number",
    "manufacturer": "manufacturer",
    "model": "model",
    "status": "status",
    "category": "category",
    "organisation": "organisation",
    "ipAddress": "ip_address",
    "macAddress": "mac_address",
    "purchaseDate": "purchase_date",
    "purchaseCost": "purchase_cost",
}
LINKS = {"location": "location", "assignedTo": "assigned_to"}
TERMS = {"warranty": ("WARRANTY", "warranty"), "support": ("SUPPORT", "support")}
TERM_FIELDS = (
    "status",
    "type",
    "provider",
    "start_date",
    "end_date",
    "end_of_life_date",
    "contact_phone",
    "contact_email",
    "notes",
)
#: A record's value to be compared takes as long as so many rows of other work.
_ROWS_OF_A_VALUE = 4
_LINKED = {"location": ("name", "country"), "assignedTo": ("name", "email")}


def names_of(field: str) -> tuple[str, ...]:
    """
    The connector's names of what a unified field reads.

    >>> names_of("assetTag"), names_of("warranty")
    (('asset_tag',), ('warranty.',))
    """
    if field in TERMS:
        return (f"{field}.",)
    return (PLAIN.get(field) or LINKS[field],)


def _names_inside(field: str) -> Sequence[str]:
    """The same, with each of the values of a warranty or support."""
    if field in TERMS:
        return [f"{field}.{part}" for part in TERM_FIELDS]
    return names_of(field)


def value_names(fields: Sequence[str]) -> list[str]:
    """The connector's names of all that values of these fields are read from."""
    return [*(name for field in fields for name in _names_inside(field)), "updated_at"]


ALL_NAMES = (*(name for field in UNIFIED_FIELDS for name in names_of(field)), "updated_at")


class ValueReader:
    """
    Reader of the records' values. `errors` are those that kept values from being read; such a value is none.
    `linked` are the records that links point at, by (record's id, field).
    """

    def __init__(self, ctx: RequestContext, *, is_single: bool) -> None:
        self._ctx = ctx
        self._is_single = is_single
        self.errors: list[GatewayError] = []
        self.linked: dict[tuple[str, str], Record] = {}

    async def read(self, records: Sequence[Record], fields: Sequence[str]) -> list[RecordValues]:
        """The values of these fields of records, in their order. Others run after each field."""
        if not records:
            return []
        await self._prepare(records, value_names(fields))
        groups = RecordGroups(records)
        columns: dict[str, Sequence[Any]] = {}
        for field in fields:
            if field in PLAIN:
                columns[field] = self._column(groups, PLAIN[field])
            elif field in LINKS:
                columns[field] = await self._linked_column(records, field)
            else:
                columns[field] = self._terms(groups, field)
            await self._ctx.time_slice.pause(_ROWS_OF_A_VALUE * len(records))
        changed = self._column(groups, "updated_at")
        names = tuple(columns)
        rows = zip(*columns.values(), strict=True) if columns else [()] * len(records)
        return [
            RecordValues(
                record.id,
                record.source.name,
                dict(zip(names, row, strict=True)),
                changed_at if isinstance(changed_at, datetime) else None,
            )
            for record, row, changed_at in zip(records, rows, changed, strict=True)
        ]

    def _column(self, groups: RecordGroups, name: str) -> Sequence[Any]:
        return self._cleaned(groups.read(lambda part: part.get(name)))

    async def _prepare(self, records: Sequence[Record], names: Sequence[str]) -> None:
        """Load what these fields need: tables, and details if the records are of single things."""
        if self._is_single:
            await hydrate_records(records, names)
            return
        for record in {record.origin: record for record in records}.values():
            declared = map(record.resource.declared, names)
            refs = {ref for item in declared for ref in getattr(item, "refs", ())}
            if refs:
                await session_of(record.origin).read_tables(refs)

    def _cleaned(self, values: Sequence[Any]) -> Sequence[Any]:
        if not any(issubclass(kind, GatewayError) for kind in set(map(type, values))):
            return values
        for value in values:
            if isinstance(value, GatewayError) and value not in self.errors:
                self.errors.append(value)
        return [None if isinstance(value, GatewayError) else value for value in values]

    async def _linked_column(self, records: Sequence[Record], field: str) -> list[Any]:
        name = LINKS[field]
        followed = [index for index, record in enumerate(records) if self._may_follow(record, name)]
        column: list[Any] = [None] * len(records)
        if not followed:
            return column
        targets = self._cleaned(await LinkResolver(name)(self._ctx, [records[i] for i in followed], {}))
        present = [
            (index, target)
            for index, target in zip(followed, targets, strict=True)
            if isinstance(target, Record)
        ]
        parts = [await self._linked_value([target for _, target in present], part) for part in _LINKED[field]]
        kind = PlaceValue if field == "location" else PersonValue
        for (index, target), *values in zip(present, *parts, strict=True):
            self.linked[records[index].id, field] = target
            column[index] = kind(*values)
        return column

    async def _linked_value(self, targets: Sequence[Record], name: str) -> Sequence[Any]:
        if self._is_single:
            await hydrate_records(targets, (name,))
        return self._cleaned([_value(target, name) for target in targets])

    def _may_follow(self, record: Record, name: str) -> bool:
        """True if the link can be followed within the bounds: without a call for each record, unless it is single."""
        link = record.resource.links.get(name)
        if link is None:
            return False
        if self._is_single:
            return True
        if not record.is_ready(name):
            return False
        target = session_of(record.origin).source.resources.get(link.type)
        return link.stub is not None or (target is not None and is_reference_table(target))

    def _terms(self, groups: RecordGroups, field: str) -> list[Any]:
        word, _ = TERMS[field]
        columns = [self._column(groups, name) for name in _names_inside(field)]
        return [
            make_term(word, dict(zip(TERM_FIELDS, row, strict=True))) for row in zip(*columns, strict=True)
        ]


def _value(record: Record, name: str) -> Any:
    """A field's value if it is at hand. A GatewayError stands in its place."""
    try:
        return record.get(name) if record.is_ready(name) else None
    except GatewayError as exc:
        return exc


def make_term(word: str, values: dict[str, Any]) -> TermValue | None:
    """A warranty or support, whole: its status is that of the end that is shown. None if the record tells nothing."""
    present = {name: value for name, value in values.items() if value is not None and name != "status"}
    if not present and values["status"] in {None, "UNKNOWN"}:
        return None
    end = values["end_date"]
    if end is not None:
        runs = status_by_end(end, today()) == "WITHIN_WARRANTY"
        values["status"] = f"{'WITHIN' if runs else 'OUT_OF'}_{word}"
    return TermValue(end, values)


def shown(field: str, value: Any) -> Any:
    """
    A value as JSON, for conflicts: a person by name, else by e-mail; a place by its name; a warranty by its end.

    >>> shown("assignedTo", PersonValue(None, "ann@example.com")), shown("warranty", TermValue(None, {"type": "oem"}))
    ('ann@example.com', 'oem')
    """
    if isinstance(value, PersonValue):
        return value.name or value.email
    if isinstance(value, PlaceValue):
        return value.name or value.country
    if isinstance(value, TermValue):
        term: Mapping[str, Any] = value.whole if isinstance(value.whole, Mapping) else {}
        return value.end.isoformat() if value.end else term.get("type") or term.get("status")
    if field == "purchaseCost":
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
