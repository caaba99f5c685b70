"""Importing a file of assets: by the vendor itself where it can, else row by row."""

from typing import Any

from gateway.connector.description.actions import FileAction, Imported
from gateway.connector.fetching.source import Source
from gateway.connector.writing.csv_import import lines, shown_row
from gateway.connector.writing.request_body import Fault, Refused
from gateway.connector.writing.send import Outgoing, is_done, send, unknown
from gateway.connector.writing.uploads import Uploaded
from gateway.upstream.http.request_bodies import File
from resolvers.context import Context, Level
from resolvers.import_rows import Report, import_rows
from resolvers.mutations import Given, mutation, not_supported
from resolvers.payloads import Payload, payload

_NOTHING = {"updated": 0, "row_errors": []}


def importing(type_name: str) -> Level:
    """The resolver of a mutation that makes and changes many records from a file."""

    async def resolve(ctx: Context, given: Given) -> Payload:
        source = ctx.source(given["source"])
        resource = source.resources.get(type_name)
        if resource is None or not resource.can_import:
            raise Refused(not_supported(source, type_name, "import"))
        file: Uploaded = given["file"]
        found = lines(file)
        if resource.takes_file is not None:
            return await _by_vendor(ctx, source, resource.takes_file, file, dry_run=given["dryRun"])
        report = await import_rows(ctx, source, resource, found, dry_run=given["dryRun"])
        return _told(source, report)

    return mutation(resolve, "created", {"created": 0, **_NOTHING})


async def _by_vendor(
    ctx: Context, source: Source, action: FileAction, file: Uploaded, *, dry_run: bool
) -> Payload:
    session = ctx.session(source)
    content = File("assets.csv", file.content, "text/csv")
    outgoing = Outgoing(method="POST", path=action.path, files={action.part: content})
    if dry_run:
        return payload({"created": 0, **_NOTHING}, source=source, planned=[outgoing])
    try:
        answer = await send(session, outgoing)
    finally:
        ctx.renew(source)
    if not is_done(answer):
        refusal = action.refusals.get(answer.status)
        told = f"{source.name} refuses the file (status {answer.status})."
        raise Refused(
            Fault("INVALID", told, ("file",))
            if refusal is None
            else Fault(refusal.code, refusal.message, refusal.field)
        )
    try:
        done = action.read(answer.body)
    except ValueError:
        raise unknown(source, "the vendor took the file, and does not say what became of it") from None
    return _told(source, Report(done))


def _told(source: Source, report: Report) -> Payload:
    done: Imported = report.done
    told: dict[str, Any] = {
        "created": done.created,
        "updated": done.updated,
        "row_errors": [{"row": row, "message": shown_row(message)} for row, message in done.row_errors],
    }
    return payload(told, source=source, planned=report.planned, error=report.error)
