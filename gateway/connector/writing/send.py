"""A write as it goes out and as it is answered: done, refused for the vendor's own reasons, or an error."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.errors import OutcomeUnknown, UpstreamRejected
from gateway.upstream.http.request_bodies import File
from gateway.upstream.http.target import WriteAnswer

#: How vendors refuse for reasons of their own: what is wrong, the plan, none there, the state, the values.
BUSINESS = frozenset({400, 402, 404, 409, 410, 422})


@dataclass(frozen=True, kw_only=True)
class WriteRequest:
    """A request. `path` is below the source's address, `params` come beside the source's own; `body` is JSON."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    files: Mapping[str, File] = field(default_factory=dict)

    def planned(self, source: Source) -> dict[str, Any]:
        """As the schema shows it: never with a credential. Of a file, its text."""
        target = source.upstream.target
        params = {**target.params, **self.params}
        files = {name: file.content.decode("utf-8", "replace") for name, file in self.files.items()}
        return {
            "method": self.method,
            "url": f"{target.base_url}{self.path}{f'?{urlencode(params)}' if params else ''}",
            "body": files or self.body,
        }


async def send(session: Session, outgoing: WriteRequest) -> WriteAnswer:
    """
    The answer to a write: 2xx, or a refusal that is business.

    Raises OutcomeUnknown where nobody knows whether it was done, another UpstreamError where it is certain that it was
    not.
    """
    answer = await session.source.upstream.write(
        outgoing.method,
        outgoing.path,
        params=outgoing.params,
        body=outgoing.body,
        files=outgoing.files or None,
        reads=session.reads,
    )
    if answer.status >= 300 and answer.status not in BUSINESS:
        source = session.source
        raise UpstreamRejected(
            "the vendor refuses the request",
            source=source.name,
            vendor=source.vendor.lower(),
            status=answer.status,
        )
    return answer


def is_done(answer: WriteAnswer) -> bool:
    """Whether the vendor says that it was done."""
    return answer.status < 300


def outcome_unknown(source: Source, reason: str) -> OutcomeUnknown:
    """Nobody knows whether a write was done."""
    return OutcomeUnknown(
        f"{reason}, so that it is not known whether it was done: look before you repeat it",
        source=source.name,
        vendor=source.vendor.lower(),
    )
