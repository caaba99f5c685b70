"""CSV import by the gateway itself: an upsert for each row, which updates an existing asset or creates one."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.connector.description.actions import ImportResult
from gateway.connector.description.convert import is_identifying, is_identifying_tag, normalize_serial
from gateway.connector.description.resource import Resource
from gateway.connector.description.row_types import Row
from gateway.connector.description.vocabulary import ENUMS
from gateway.connector.fetching.source import Source
from gateway.connector.writing.change import Change
from gateway.connector.writing.csv_import import CsvRow, parse_rows
from gateway.connector.writing.perform import perform
from gateway.connector.writing.request_body import InputRefused, read_values
from gateway.connector.writing.send import WriteRequest
from gateway.errors import BadInput, GatewayError, OutcomeUnknown, TooComplex
from gateway.literals import parse_day, parse_decimal
from resolvers.context import RequestContext
from resolvers.links import hydrate_records
from resolvers.lists import whole_list
from resolvers.mutations import SourceIdResolver, operation_of

#: Keys that a row identifies its asset by, the surest first: the input's field and the record's.
_KEYS = (("assetTag", "asset_tag"), ("serialNumber", "serial_number"))
#: Begins what stands in a dry run for the native id of an asset that a row would create.
_PLANNED = "new-asset-of-row-"
#: Stands for the id of an asset that a row has created, and that could not be read.
_UNREAD = ""
_IDENTIFIES = {"assetTag": is_identifying_tag, "serialNumber": is_identifying}
_COLUMNS = (
    "name", "assetTag", "serialNumber", "status", "manufacturer", "model", "categoryId", "assetTypeId",
    "locationId", "assignedToId", "ipAddress", "purchaseDate", "purchaseCost", "warrantyEndDate", "notes",
)  # fmt: skip
#: Time before the operation's deadline in which no further row is begun: the report has to be sent.
_SPARE_SECONDS = 6.0


@dataclass(frozen=True)
class ImportReport:
    """Outcome of an import: its counts and row errors, the requests of a dry run, and the error that ended it early."""

    result: ImportResult
    planned: tuple[WriteRequest, ...] | None = None
    error: GatewayError | None = None


@dataclass
class _Tally:
    created: int = 0
    updated: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)
    planned: list[WriteRequest] = field(default_factory=list)
    error: GatewayError | None = None
    written_by: dict[str, int] = field(default_factory=dict)
    """Of a dry run: the number of the row that would write an asset last, by the asset's native id."""
    assumed: dict[str, Row] = field(default_factory=dict)
    """Of a dry run: the vendor's row of an asset that a row would create, as far as it was sent, by native id."""

    def add_planned(
        self, native_id: str, number: int, requests: Sequence[WriteRequest], *, is_new: bool
    ) -> None:
        """
        Add the requests of a row of a dry run. Of a new asset it is assumed that the vendor stores what it is sent: a
        later row may change it.
        """
        self.planned += requests
        self.written_by[native_id] = number
        if is_new or native_id in self.assumed:
            body = requests[-1].body if requests else None
            sent: Any = body[0] if isinstance(body, list) else body
            self.assumed[native_id] = {**self.assumed.get(native_id, {}), **(sent or {}), "id": None}

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
    Import row by row. A row that is refused becomes a row error, and does not stop the next.

    If the operation's calls or its time are used up, the remaining rows become row errors as not done.
    """
    create, update = resource.actions["create"], resource.actions["update"]
    fields = ["id", *(name for name in _COLUMNS if name in create.fields or name in update.fields)]
    rows = parse_rows(csv_rows, fields)
    known_ids = await _index_assets(ctx, source, resource, rows)
    tally = _Tally()
    for index, row in enumerate(rows):
        if ctx.reads.ends - time.monotonic() < _SPARE_SECONDS:
            _skip_rows(tally, rows[index:], "not done: the operation's time was up; send these rows again")
            break
        if row.surplus:
            tally.errors.append(
                (row.number, "It has more cells than there are columns: quote cells with commas.")
            )
            continue
        try:
            await _import_row(ctx, source, resource, row, known_ids, tally=tally, dry_run=dry_run)
        except InputRefused as exc:
            tally.errors.append((row.number, " ".join(fault.message for fault in exc.faults)))
        except BadInput as exc:
            tally.errors.append((row.number, exc.message))
        except OutcomeUnknown as exc:
            tally.errors.append((row.number, f"{exc.message}"))
            tally.error = exc
            _skip_rows(tally, rows[index + 1 :], "not done, as the row before was not answered")
            break
        except TooComplex:
            _skip_rows(
                tally, rows[index:], "not done: the operation's calls were used up; send these rows again"
            )
            break
        except GatewayError as exc:
            tally.error = exc
            _skip_rows(tally, rows[index:], "not done, as the vendor failed; send these rows again")
            break
    return tally.report(dry_run=dry_run)


def _skip_rows(tally: _Tally, rows: Sequence[CsvRow], reason: str) -> None:
    tally.errors += [(row.number, reason) for row in rows]


async def _index_assets(
    ctx: RequestContext, source: Source, resource: Resource, rows: Sequence[CsvRow]
) -> dict[tuple[str, str], list[str]]:
    """The ids of the existing assets, by the name and value of each key that the rows use."""
    used = {_key_of(row) for row in rows}
    used_keys = [(ours, theirs) for ours, theirs in _KEYS if ours in used]
    if not used_keys:
        return {}
    page = await whole_list(ctx, resource.type, source.name)
    for error in page.errors:
        raise error
    await hydrate_records(page.nodes, [theirs for _, theirs in used_keys])
    ids: dict[tuple[str, str], list[str]] = {}
    for record in page.nodes:
        for ours, theirs in used_keys:
            value = record.get(theirs)
            if _IDENTIFIES[ours](value):
                ids.setdefault((ours, _normalised(ours, value)), []).append(record.id)
    return ids


def _normalised(ours: str, value: str) -> str:
    return (normalize_serial(value) or "") if ours == "serialNumber" else value


async def _import_row(
    ctx: RequestContext,
    source: Source,
    resource: Resource,
    row: CsvRow,
    known_ids: dict[tuple[str, str], list[str]],
    *,
    tally: _Tally,
    dry_run: bool,
) -> None:
    input_values = {name: _parse_cell(name, cell) for name, cell in row.cells.items() if name != "id"}
    written_id = _find_asset_id(row, known_ids)
    is_planned = "id" not in row.cells and written_id in tally.assumed
    native_id = written_id if is_planned else _native_id(ctx, source, resource, written_id)
    action = resource.actions["create" if native_id is None else "update"]
    values = read_values(
        source, action, input_values, SourceIdResolver(ctx, source), creating=native_id is None
    )
    change = Change(
        mutation=operation_of(resource.type, "import"),
        source=source,
        resource=resource,
        action=action,
        values=values,
        native_id=native_id,
        row=row.number,
    )
    if dry_run:
        _check_plannable(change, tally)
    result = await perform(change, ctx, dry_run=dry_run, assumed_row=tally.assumed.get(native_id or ""))
    if result.user_errors:
        raise InputRefused(*result.user_errors)
    if dry_run:
        planned_id = native_id or f"{_PLANNED}{row.number}"
        tally.add_planned(planned_id, row.number, result.planned_requests or (), is_new=native_id is None)
        if native_id is None:
            _add_created(known_ids, row, planned_id)
    elif native_id is None:
        tally.created += 1
        _add_created(known_ids, row, result.record.id if result.record is not None else _UNREAD)
    else:
        tally.updated += 1


def _check_plannable(change: Change, tally: _Tally) -> None:
    """Raise BadInput if the request writes back an asset as only an earlier row of this dry run would leave it."""
    number = tally.written_by.get(change.native_id or "")
    if number is not None and change.action.full_replace is not None:
        raise BadInput(
            f"cannot be shown: it writes back the asset of row {number} as the vendor has it after that row"
        )


def _native_id(ctx: RequestContext, source: Source, resource: Resource, written_id: str | None) -> str | None:
    """The native id in a global id of this source. Raises BadInput."""
    if written_id is None:
        return None
    global_id = ctx.checked_id(written_id, resource.type)
    if global_id.source != source.name:
        raise BadInput(f"this id is of the source {global_id.source}, not of {source.name}")
    return global_id.native_id


def _find_asset_id(row: CsvRow, known_ids: Mapping[tuple[str, str], list[str]]) -> str | None:
    """The id of the asset that a row is about; None for a new one. Raises BadInput if more than one has its key."""
    if "id" in row.cells:
        return row.cells["id"]
    key = _key_of(row)
    ids = known_ids.get((key, _normalised(key, row.cells[key])), []) if key is not None else []
    if len(ids) > 1:
        raise BadInput(f"{len(ids)} assets have this `{key}`: name the one that is meant by its `id`")
    if _UNREAD in ids:
        raise BadInput("an earlier row has created this asset, and it could not be read: send this row again")
    return ids[0] if ids else None


def _key_of(row: CsvRow) -> str | None:
    """The name of the cell that identifies the row's asset; None if it has an `id`, or no key but placeholders."""
    if "id" in row.cells:
        return None
    return next((ours for ours, _ in _KEYS if _IDENTIFIES[ours](row.cells.get(ours))), None)


def _add_created(known_ids: dict[tuple[str, str], list[str]], row: CsvRow, written_id: str) -> None:
    """Index a created asset: a later row may be about it."""
    key = _key_of(row)
    if key is not None:
        known_ids.setdefault((key, _normalised(key, row.cells[key])), []).append(written_id)


def _parse_cell(name: str, cell: str) -> Any:
    """A cell's text as a value of the input's field. Raises BadInput."""
    if name in {"purchaseDate", "warrantyEndDate"}:
        try:
            return parse_day(cell)
        except ValueError:
            raise BadInput(f"`{name}` must be a day written as YYYY-MM-DD") from None
    if name == "purchaseCost":
        try:
            number = parse_decimal(cell)
        except ValueError:
            raise BadInput(f"`{name}` must be a number, as in 1450.00") from None
        if abs(number.adjusted()) > 30:
            raise BadInput(f"`{name}` must be a number, as in 1450.00")
        return number
    if name == "status":
        status = cell.upper().replace(" ", "_").replace("-", "_")
        if status not in ENUMS["Asset.status"]:
            raise BadInput(f"`status` must be one of {', '.join(ENUMS['Asset.status'])}")
        return status
    return cell
