"""An import that the gateway does by itself: each row is a change of an asset that is there, or a new one."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.connector.description.actions import ImportResult
from gateway.connector.description.convert import serial
from gateway.connector.description.resource import Resource
from gateway.connector.description.vocabulary import ENUMS
from gateway.connector.fetching.source import Source
from gateway.connector.records.record import Record
from gateway.connector.writing.change import Change
from gateway.connector.writing.csv_import import CsvRow, parse_rows
from gateway.connector.writing.perform import perform
from gateway.connector.writing.request_body import InputRefused, read_values
from gateway.connector.writing.send import WriteRequest
from gateway.errors import BadInput, GatewayError, OutcomeUnknown, TooComplex
from resolvers.context import RequestContext
from resolvers.links import hydrated
from resolvers.lists import whole_list
from resolvers.mutations import SourceIdResolver

#: By what a row finds its asset, the surest first: our input's field and the record's.
_KEYS = (("assetTag", "asset_tag"), ("serialNumber", "serial_number"))
_COLUMNS = (
    "name", "assetTag", "serialNumber", "status", "manufacturer", "model", "categoryId", "assetTypeId",
    "locationId", "assignedToId", "ipAddress", "purchaseDate", "purchaseCost", "warrantyEndDate", "notes",
)  # fmt: skip
#: So long before the operation's end no further row is begun: what was done has to be told.
_SPARE_SECONDS = 6.0


@dataclass(frozen=True)
class ImportReport:
    """What an import has done, what a dry run would send, and what ended it early."""

    done: ImportResult
    planned: tuple[WriteRequest, ...] | None = None
    error: GatewayError | None = None


@dataclass
class _Tally:
    created: int = 0
    updated: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)
    planned: list[WriteRequest] = field(default_factory=list)
    error: GatewayError | None = None

    def report(self, *, dry_run: bool) -> ImportReport:
        done = ImportResult(created=self.created, updated=self.updated, row_errors=tuple(self.errors))
        return ImportReport(done, tuple(self.planned) if dry_run else None, self.error)


async def import_rows(
    ctx: RequestContext,
    source: Source,
    resource: Resource,
    csv_rows: Sequence[Sequence[str]],
    *,
    dry_run: bool,
) -> ImportReport:
    """
    Import row by row. A row that cannot be taken is told, and does not stop the next.

    Where the operation's calls or its time come to an end, the rows that are left are told as not done.
    """
    create, update = resource.actions["create"], resource.actions["update"]
    fields = ["id", *(name for name in _COLUMNS if name in create.fields or name in update.fields)]
    todo = parse_rows(csv_rows, fields)
    known = await _known(ctx, source, resource, todo)
    tally = _Tally()
    for place, line in enumerate(todo):
        if ctx.reads.ends - time.monotonic() < _SPARE_SECONDS:
            _leave(tally, todo[place:], "not done: the operation's time was up; send these rows again")
            break
        if line.surplus:
            tally.errors.append(
                (line.number, "It has more cells than there are columns: quote cells with commas.")
            )
            continue
        try:
            await _one(ctx, source, resource, line, known, tally=tally, dry_run=dry_run)
        except InputRefused as exc:
            tally.errors.append((line.number, " ".join(fault.message for fault in exc.faults)))
        except BadInput as exc:
            tally.errors.append((line.number, exc.message))
        except OutcomeUnknown as exc:
            tally.errors.append((line.number, f"{exc.message}"))
            tally.error = exc
            _leave(tally, todo[place + 1 :], "not done, as the row before was not answered")
            break
        except TooComplex:
            _leave(tally, todo[place:], "not done: the operation's calls were used up; send these rows again")
            break
        except GatewayError as exc:
            tally.error = exc
            _leave(tally, todo[place:], "not done, as the vendor failed; send these rows again")
            break
    return tally.report(dry_run=dry_run)


def _leave(tally: _Tally, left: Sequence[CsvRow], why: str) -> None:
    tally.errors += [(line.number, why) for line in left]


async def _known(
    ctx: RequestContext, source: Source, resource: Resource, todo: Sequence[CsvRow]
) -> dict[tuple[str, str], list[str]]:
    """The ids of the assets that are there, by what the rows find them by."""
    used = {_key(line) for line in todo}
    wanted = [(ours, theirs) for ours, theirs in _KEYS if ours in used]
    if not wanted:
        return {}
    page = await whole_list(ctx, resource.type, source.name)
    for fault in page.errors:
        raise fault
    await hydrated(page.nodes, [theirs for _, theirs in wanted])
    found: dict[tuple[str, str], list[str]] = {}
    for record in page.nodes:
        for ours, theirs in wanted:
            value = record.get(theirs)
            if value:
                found.setdefault((ours, _compared(ours, value)), []).append(record.id)
    return found


def _compared(ours: str, value: str) -> str:
    return (serial(value) or "") if ours == "serialNumber" else value


async def _one(
    ctx: RequestContext,
    source: Source,
    resource: Resource,
    line: CsvRow,
    known: dict[tuple[str, str], list[str]],
    *,
    tally: _Tally,
    dry_run: bool,
) -> None:
    given = {name: _value(name, cell) for name, cell in line.cells.items() if name != "id"}
    written = _found(line, known)
    native = None
    if written is not None:
        wanted = ctx.checked_id(written, resource.type)
        if wanted.source != source.name:
            raise BadInput(f"this id is of the source {wanted.source}, not of {source.name}")
        native = wanted.native
    action = resource.actions["create" if native is None else "update"]
    values = read_values(source, action, given, SourceIdResolver(ctx, source), creating=native is None)
    change = Change(source=source, resource=resource, action=action, values=values, native=native)
    done = await perform(change, ctx, dry_run=dry_run)
    if done.user_errors:
        raise InputRefused(*done.user_errors)
    if dry_run:
        tally.planned += done.planned_requests or ()
    elif native is None:
        tally.created += 1
        _remember(known, line, done.record)
    else:
        tally.updated += 1


def _found(line: CsvRow, known: Mapping[tuple[str, str], list[str]]) -> str | None:
    """The id of the asset that a row is about; None for a new one. Raises BadInput where it may be several."""
    if "id" in line.cells:
        return line.cells["id"]
    key = _key(line)
    ids = known.get((key, _compared(key, line.cells[key])), []) if key is not None else []
    if len(ids) > 1:
        raise BadInput(f"{len(ids)} assets have this `{key}`: name the one that is meant by its `id`")
    return ids[0] if ids else None


def _key(line: CsvRow) -> str | None:
    """By which of its cells a row finds its asset."""
    if "id" in line.cells:
        return None
    return next((ours for ours, _ in _KEYS if ours in line.cells), None)


def _remember(known: dict[tuple[str, str], list[str]], line: CsvRow, record: Record | None) -> None:
    """A later row may be about the asset that this one has made."""
    key = _key(line)
    if key is not None and record is not None:
        known.setdefault((key, _compared(key, line.cells[key])), []).append(record.id)


def _value(name: str, cell: str) -> Any:
    """A cell as the input's field has it. Raises BadInput."""
    if name in {"purchaseDate", "warrantyEndDate"}:
        try:
            return date.fromisoformat(cell)
        except ValueError:
            raise BadInput(f"`{name}` must be a day written as YYYY-MM-DD") from None
    if name == "purchaseCost":
        try:
            number = Decimal(cell)
        except InvalidOperation:
            raise BadInput(f"`{name}` must be a number, as in 1450.00") from None
        if not number.is_finite() or abs(number.adjusted()) > 30:
            raise BadInput(f"`{name}` must be a number, as in 1450.00")
        return number
    if name == "status":
        word = cell.upper().replace(" ", "_").replace("-", "_")
        if word not in ENUMS["Asset.status"]:
            raise BadInput(f"`status` must be one of {', '.join(ENUMS['Asset.status'])}")
        return word
    return cell
