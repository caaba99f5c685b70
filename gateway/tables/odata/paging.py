"""Positions of a walk over pages: the next row's, and the versions of the tables that the walk began on."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from gateway.tables.manifest import TableSnapshot
from gateway.tables.odata.refusal import ODataRefusal, bad_request
from gateway.tables.store import SnapshotStore

PAGE_ROWS, MAX_PAGE_ROWS = 5_000, 20_000
_TOKEN = re.compile(r"(\d{1,18})((?:~\d{8}T\d{6}-[0-9a-f]{12}){1,20})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class WalkPosition:
    """
    The position of the next row, in these versions, which are those of the query's tables in order of name.

    >>> position = WalkPosition(row=5000, versions=("20261127T083000-0123456789ab",))
    >>> position.token(), WalkPosition.parse(position.token()) == position
    ('5000~20261127T083000-0123456789ab', True)
    """

    row: int
    versions: tuple[str, ...]

    @classmethod
    def parse(cls, token: str) -> "WalkPosition":
        """The position of a `$skiptoken`. Raises ODataRefusal."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise bad_request("`$skiptoken` is part of a link that an answer gives, and of no other use.")
        return cls(row=int(match[1]), versions=tuple(match[2][1:].split("~")))

    def token(self) -> str:
        """The position as a `$skiptoken`."""
        return "~".join([str(self.row), *self.versions])


def snapshots_at(
    position: WalkPosition,
    names: Iterable[str],
    store: SnapshotStore,
    *,
    current: Callable[[str], TableSnapshot | None],
) -> Mapping[str, TableSnapshot]:
    """
    The snapshots of a walk's versions: the `current` ones or those that they have replaced. Raises ODataRefusal if one
    is gone.
    """
    ordered = sorted(names)
    if len(ordered) != len(position.versions):
        raise bad_request("`$skiptoken` is of another request.")
    manifest = store.manifest
    snapshots: dict[str, TableSnapshot] = {}
    for name, version in zip(ordered, position.versions, strict=True):
        candidates = [entry.snapshot for entry in manifest.replaced if entry.table == name]
        newest = current(name)
        if newest is not None:
            candidates.append(newest)
        snapshot = next((entry for entry in candidates if entry.version == version), None)
        if snapshot is None or not (snapshot is newest or store.path(name, snapshot).is_file()):
            raise ODataRefusal(410, "Gone", f"This version of {name} is no longer there: begin again.")
        snapshots[name] = snapshot
    return snapshots
