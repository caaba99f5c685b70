"""Hint index: values that two records may share without being one thing."""

from collections.abc import Iterator

from gateway.identity.carriers import Carriers
from gateway.identity.compared import CanonicalRecord
from gateway.identity.components import numbers_of
from gateway.identity.near_numbers import look_alike_form

SHORTEST_FORM = 6


class HintIndex:
    """Records by values that may hint at a match: host names, tags, look-alike forms of numbers."""

    def __init__(self) -> None:
        self.hosts = Carriers()
        self.tags = Carriers()
        self.forms = Carriers()

    def add(self, index: int, record: CanonicalRecord) -> None:
        """Notes a record's values."""
        for carriers, value in self._values(record):
            carriers.add(value, index)

    def discard(self, index: int, record: CanonicalRecord) -> None:
        """Forgets a record's values."""
        for carriers, value in self._values(record):
            carriers.discard(value, index)

    def _values(self, record: CanonicalRecord) -> Iterator[tuple[Carriers, str]]:
        if record.host:
            yield self.hosts, record.host
        if record.tag:
            yield self.tags, record.tag
        for form in set(map(look_alike_form, numbers_of(record))):
            if len(form) >= SHORTEST_FORM:
                yield self.forms, form
