"""Values that are not in the form that the description says: counted on the first page of each list, for `check`."""

from collections.abc import Sequence
from typing import NamedTuple

from gateway.concurrency.gather import gather
from gateway.connector.description.resource import Resource
from gateway.connector.fetching.session import Session
from gateway.errors import GatewayError


class UnreadValues(NamedTuple):
    """Field of a source's records, and how many of the values that were looked at could not be read."""

    type: str
    field: str
    unread: int
    looked_at: int

    def __str__(self) -> str:
        return (
            f"{self.type}.{self.field}: {self.unread} of {self.looked_at} values are not written as the "
            "description says, and are null"
        )


async def count_unread_values(session: Session) -> list[UnreadValues]:
    """Count them. One call for each list with such fields; a list that cannot be read has none."""
    resources = [
        resource
        for resource in session.source.resources.values()
        if resource.list is not None and _counted(resource)
    ]
    return [
        row for rows in await gather([_of_list(session, resource) for resource in resources]) for row in rows
    ]


def _counted(resource: Resource) -> Sequence[str]:
    return [
        name
        for name, field in resource.fields.items()
        if field.is_unread is not None and field.detail is None and not field.refs
    ]


async def _of_list(session: Session, resource: Resource) -> list[UnreadValues]:
    try:
        page = await session.pager(resource, {}).page(1)
    except GatewayError:
        return []
    rows = page.records.indexed.rows
    counts = [
        UnreadValues(
            resource.type, name, field.count_unread(rows, field.values(rows, session.tables)), len(rows)
        )
        for name in _counted(resource)
        for field in [resource.fields[name]]
    ]
    return [count for count in counts if count.unread]
