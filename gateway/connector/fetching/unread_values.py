"""Values that are not in the form that the description says: counted on the first page of each list, for `check`."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from gateway.connector.description.resource import Resource
from gateway.connector.fetching.session import Session


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


def unread_values(session: Session, resource: Resource, rows: Sequence[Any]) -> list[UnreadValues]:
    """Count them in the rows of a list."""
    counts = [
        UnreadValues(
            resource.type, name, field.count_unread(rows, field.values(rows, session.tables)), len(rows)
        )
        for name in _counted(resource)
        for field in [resource.fields[name]]
    ]
    return [count for count in counts if count.unread]


def _counted(resource: Resource) -> Sequence[str]:
    return [
        name
        for name, field in resource.fields.items()
        if field.is_unread is not None and field.detail is None and not field.refs
    ]
