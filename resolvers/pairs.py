"""Pairs: a source's list of which records of two types belong together, as a join table has them."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.errors import UpstreamGarbled, UpstreamRejected


@dataclass(frozen=True, kw_only=True)
class PairList:
    """List of pairs of the resource `type`, whose links `parent` and `child` lead to the two records of each."""

    type: str
    parent: str
    child: str

    def is_listed(self, source: Source) -> bool:
        """True if the source has such a list, which no caller sees as it is."""
        return self.type in (source.internal or source.resources)

    async def read(self, session: Session) -> Mapping[str, list[str]] | None:
        """
        The children of each parent, by native ids. None if the source has no list of pairs, or one that cannot be
        understood: it does not name both records of every pair, may be cut off, or is empty.

        Raises GatewayError if the source cannot be read.
        """
        if not self.is_listed(session.source):
            return None
        try:
            pairs, error = await session.pager(session.source.readable(self.type), {}).read_all()
        except (UpstreamRejected, UpstreamGarbled):
            return None
        if error is not None:
            return None
        children: dict[str, list[str]] = {}
        for pair in pairs:
            parent, child = pair.linked_id(self.parent), pair.linked_id(self.child)
            if parent is None or child is None:
                return None
            children.setdefault(parent, []).append(child)
        return children or None


ASSET_LICENCES = PairList(type="AssetLicence", parent="licence", child="asset")
