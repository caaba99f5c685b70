"""A file as an answer, or a part of it: read piece by piece off the event loop, from a file that was opened before."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.edge.tables.conditional import Outcome, Validators, evaluate

_PIECE = 256 * 1024


class FileResponse(Response):
    """
    The answer to GET or HEAD for a file, which may be removed meanwhile: it was opened before, and stays readable.
    `media_type` and `headers` are those of the whole file.
    """

    def __init__(
        self,
        file: int,
        outcome: Outcome,
        validators: Validators,
        *,
        media_type: str,
        headers: Mapping[str, str],
    ) -> None:
        self.file = file
        self.outcome = outcome
        sent = dict(headers) | {
            "etag": validators.tag,
            "last-modified": validators.last_modified,
            "accept-ranges": "bytes",
        }
        if outcome.status in {200, 206}:
            sent |= {"content-type": media_type, "content-length": str(outcome.end - outcome.start)}
        if outcome.status == 206:
            sent["content-range"] = f"bytes {outcome.start}-{outcome.end - 1}/{validators.size}"
        if outcome.status == 416:
            sent |= {"content-range": f"bytes */{validators.size}", "content-length": "0"}
        super().__init__(status_code=outcome.status, headers=sent)
        if outcome.status not in {200, 206, 416}:
            # The length of what is not sent: RFC 9110 lets 304 leave it out.
            del self.headers["content-length"]

    @property
    def length(self) -> int:
        """The bytes of the file that are sent."""
        return max(0, self.outcome.end - self.outcome.start)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Sends the file; to HEAD only its headers."""
        try:
            start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            await send(start)
            position, end = self.outcome.start, self.outcome.end
            while position < end and scope["method"] != "HEAD":
                size = min(_PIECE, end - position)
                piece = await asyncio.to_thread(os.pread, self.file, size, position)
                if not piece:
                    raise OSError("the file is shorter than it was")
                position += len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            os.close(self.file)


def file_response(
    path: Path,
    request: tuple[str, Mapping[str, str]],
    validators: Validators,
    *,
    media_type: str,
    headers: Mapping[str, str],
) -> FileResponse:
    """The answer to a request (method and headers) for the file. Raises OSError if it cannot be opened."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    return FileResponse(
        file, evaluate(*request, validators), validators, media_type=media_type, headers=headers
    )
