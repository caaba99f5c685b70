"""Importing a file of assets: by the vendor itself where it can, else row by row."""

from typing import Any

from gateway.connector.description.actions import FileAction, ImportResult
from gateway.connector.fetching.source import Source
from gateway.connector.writing.csv_import import read_rows, shown_row
from gateway.connector.writing.request_body import InputRefused, UserFault
from gateway.connector.writing.send import WriteRequest, is_done, outcome_unknown, send
from gateway.connector.writing.uploads import UploadedFile
from gateway.upstream.http.request_bodies import File
from resolvers.context import LevelResolver, RequestContext
from resolvers.import_rows import ImportReport, import_rows
from resolvers.mutations import InputValues, mutation, not_supported
from resolvers.payloads import MutationPayload, payload

_NOTHING = {"updated": 0, "row_errors": []}


def importing(type_name: str) -> LevelResolver:
    """The resolver of a mutation that makes and changes many records from a file."""

    async def resolve(ctx: RequestContext, given: InputValues) -> MutationPayload:
        source = ctx.source(given["source"])
        resource = source.resources.get(type_name)
        if resource is None or not resource.can_import:
            raise InputRefused(not_supported(source, type_name, "import"))
        file: UploadedFile = given["file"]
        found = read_rows(file)
        if resource.file_import is not None:
            return await _by_vendor(ctx, source, resource.file_import, file, dry_run=given["dryRun"])
        report = await import_rows(ctx, source, resource, found, dry_run=given["dryRun"])
        return _told(source, report)

    return mutation(resolve, "created", {"created": 0, **_NOTHING})


async def _by_vendor(
    ctx: RequestContext, source: Source, action: FileAction, file: UploadedFile, *, dry_run: bool
) -> MutationPayload:
    session = ctx.session(source)
    content = File("assets.csv", file.content, "text/csv")
    outgoing = WriteRequest(method="POST", path=action.path, files={action.part: content})
    if dry_run:
        return payload({"created": 0, **_NOTHING}, source=source, planned=[outgoing])
    try:
        answer = await send(session, outgoing)
    finally:
        ctx.renew(source)
    if not is_done(answer):
        refusal = action.refusals.get(answer.status)
        told = f"{source.name} refuses the file (status {answer.status})."
        raise InputRefused(
            UserFault("INVALID", told, ("file",))
            if refusal is None
            else UserFault(refusal.code, refusal.message, refusal.field)
        )
    try:
        done = action.read(answer.body)
    except ValueError:
        raise outcome_unknown(
            source, "the vendor took the file, and does not say what became of it"
        ) from None
    return _told(source, ImportReport(done))


def _told(source: Source, report: ImportReport) -> MutationPayload:
    done: ImportResult = report.done
    told: dict[str, Any] = {
        "created": done.created,
        "updated": done.updated,
        "row_errors": [{"row": row, "message": shown_row(message)} for row, message in done.row_errors],
    }
    return payload(told, source=source, planned=report.planned, error=report.error)
