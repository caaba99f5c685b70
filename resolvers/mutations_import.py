"""Resolver of a file import: by the vendor itself if it has one, else row by row."""

from typing import Any

from gateway.access.audit import WriteEntry, WriteOutcome
from gateway.connector.description.actions import FileAction, ImportResult
from gateway.connector.fetching.source import Source
from gateway.connector.writing.audited import audited
from gateway.connector.writing.csv_import import read_rows, short_message
from gateway.connector.writing.request_body import InputRefused, UserFault
from gateway.connector.writing.send import WriteRequest, is_done, outcome_unknown, send
from gateway.connector.writing.uploads import UploadedFile
from gateway.upstream.http.request_bodies import File
from resolvers.context import RequestContext
from resolvers.field_resolver import FieldResolver
from resolvers.import_rows import ImportReport, import_rows
from resolvers.mutations import InputValues, mutation_resolver, not_supported, operation_of
from resolvers.payloads import MutationPayload, payload
from resolvers.write_access import check_write, writable_resource

_NOTHING = {"updated": 0, "row_errors": []}


def import_resolver(type_name: str) -> FieldResolver:
    """Resolver of a mutation that creates and updates records from a file."""

    async def resolve(ctx: RequestContext, input_values: InputValues) -> MutationPayload:
        source = ctx.source(input_values["source"])
        await check_write(ctx, source, type_name, "import", input_values)
        resource = writable_resource(source, type_name)
        if resource is None or not resource.can_import:
            raise InputRefused(not_supported(source, type_name, "import"))
        file: UploadedFile = input_values["file"]
        csv_rows = read_rows(file)
        if resource.file_import is not None:
            entry = WriteEntry(
                mutation=operation_of(type_name, "import"),
                source=source.name,
                record_type=type_name,
                fields=tuple(csv_rows[0]),
                dry_run=input_values["dryRun"],
            )
            with audited(ctx.audit, entry) as outcome:
                return await _by_vendor(ctx, source, resource.file_import, file, outcome)
        report = await import_rows(ctx, source, resource, csv_rows, dry_run=input_values["dryRun"])
        return _import_payload(source, report)

    return mutation_resolver(
        resolve, "created", operation_of(type_name, "import"), {"created": 0, **_NOTHING}
    )


async def _by_vendor(
    ctx: RequestContext, source: Source, action: FileAction, file: UploadedFile, outcome: WriteOutcome
) -> MutationPayload:
    session = ctx.session(source)
    content = File("assets.csv", file.content, "text/csv")
    outgoing = WriteRequest(method="POST", path=action.path, files={action.form_field: content})
    if outcome.entry.dry_run:
        outcome.outcome = "planned"
        return payload({"created": 0, **_NOTHING}, source=source, planned=[outgoing])
    try:
        answer = await send(session, outgoing)
    finally:
        ctx.renew(source)
    if not is_done(answer):
        refusal = action.refusals.get(answer.status)
        message = f"{source.name} refuses the file (status {answer.status})."
        raise InputRefused(
            UserFault("INVALID", message, ("file",))
            if refusal is None
            else UserFault(refusal.code, refusal.message, refusal.field)
        )
    try:
        result = action.read(answer.body)
    except ValueError:
        raise outcome_unknown(
            source, "the vendor took the file, and does not say what became of it"
        ) from None
    outcome.outcome = "done"
    return _import_payload(source, ImportReport(result))


def _import_payload(source: Source, report: ImportReport) -> MutationPayload:
    result: ImportResult = report.result
    fields: dict[str, Any] = {
        "created": result.created,
        "updated": result.updated,
        "row_errors": [{"row": row, "message": short_message(message)} for row, message in result.row_errors],
    }
    return payload(fields, source=source, planned=report.planned, error=report.error)
