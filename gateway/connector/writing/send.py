"""Request of a write and its answer: done, refused by the vendor's own rules, or an error."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.errors import OutcomeUnknown, UpstreamRejected
from gateway.upstream.http.request_bodies import File
from gateway.upstream.http.target import WriteAnswer

#: Statuses of refusals by a vendor's own rules: bad request, plan limit, not found, conflict, gone, bad values.
REFUSAL_STATUSES = frozenset({400, 402, 404, 409, 410, 422})


@dataclass(frozen=True, kw_only=True)
class WriteRequest:
    """A request. `path` is relative to the source's base URL, `params` add to the source's own; `body` is JSON."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    files: Mapping[str, File] = field(default_factory=dict)

    def to_schema(self, source: Source) -> dict[str, Any]:
        """The fields of the schema's planned request, without credentials. A file is shown as its text."""
        target = source.upstream.target
        params = {**target.params, **self.params}
        files = {name: file.content.decode("utf-8", "replace") for name, file in self.files.items()}
        return {
            "method": self.method,
            "url": f"{target.base_url}{self.path}{f'?{urlencode(params)}' if params else ''}",
            "body": files or self.body,
        }


async def send(session: Session, request: WriteRequest) -> WriteAnswer:
    """
    Send a write; the answer has a 2xx status or one of `REFUSAL_STATUSES`.

    Raises OutcomeUnknown if it is not known whether it was done, another UpstreamError if it was certainly not done.
    """
    answer = await session.source.upstream.write(
        request.method,
        request.path,
        params=request.params,
        body=request.body,
        files=request.files or None,
        reads=session.reads,
    )
    if answer.status >= 300 and answer.status not in REFUSAL_STATUSES:
        source = session.source
        raise UpstreamRejected(
            "the vendor refuses the request",
            source=source.name,
            vendor=source.vendor.lower(),
            status=answer.status,
        )
    return answer


def is_done(answer: WriteAnswer) -> bool:
    """True if the vendor reports the write as done."""
    return answer.status < 300


def outcome_unknown(source: Source, reason: str) -> OutcomeUnknown:
    """The error of a write of which it is not known whether it was done."""
    return OutcomeUnknown(
        f"{reason}, so that it is not known whether it was done: look before you repeat it",
        source=source.name,
        vendor=source.vendor.lower(),
    )
