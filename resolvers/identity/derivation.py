"""
Derivation of values from the rows of all sources and the tables that these refer to: made once, and kept as long as an
operation that reads the same lists gets the same answers.
"""

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypeVar
from weakref import ref

from gateway.concurrency.gather import gather
from gateway.connector.description.resource import Resource
from gateway.connector.description.warranty import today
from gateway.connector.fetching.by_id import is_reference_table
from gateway.connector.fetching.session import Session
from gateway.errors import GatewayError
from gateway.identity.derived_values import DerivedValues
from gateway.identity.matching_view import MatchingView
from gateway.upstream.caching.answer import UpstreamAnswer
from resolvers.context import RequestContext
from resolvers.identity.asset_values import LINKS, value_names
from resolvers.identity.reading import AssetReading

K = TypeVar("K")
T = TypeVar("T")

Make = Callable[[Sequence[K]], Awaitable[Mapping[K, T]]]


class DerivationStamp(NamedTuple):
    """
    Revisions of the operator's decisions and of the matching, the day (a warranty ends on one), and what the caller may
    see.
    """

    decisions: int
    matching: int
    day: date
    visibility: str


class ListsRead(NamedTuple):
    """Names of one source's reference tables, and of lists that links lead to."""

    tables: frozenset[str]
    linked: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class DerivationBasis:
    """Basis of derived values: the answers behind them. `lists`, by source, are those beside the lists of assets."""

    stamp: DerivationStamp
    lists: Mapping[str, ListsRead]
    answers: Sequence["ref[UpstreamAnswer]"]

    async def is_current(self, ctx: RequestContext, stamp: DerivationStamp) -> bool:
        """True if the operation gets the same answers. Reads the lists that it has not read yet."""
        if stamp != self.stamp or not self.lists.keys() <= ctx.sources.keys():
            return False
        try:
            await gather([_read(ctx.session(ctx.sources[name]), lists) for name, lists in self.lists.items()])
        except GatewayError:
            return False
        return ctx.reads.has_used([answer() for answer in self.answers])


async def derive(
    ctx: RequestContext,
    reading: AssetReading,
    values: DerivedValues[DerivationBasis, T],
    keys: Sequence[K],
    make: Make[K, T],
    *,
    fields: Sequence[str],
) -> dict[K, T]:
    """The values of these keys. `make` makes those that are missing, of these unified fields of records."""
    async with values.lock:
        stamp = await reading.use(lambda view: _stamp(ctx, view))
        checked: dict[DerivationBasis, bool] = {}
        current: dict[K, T] = {}
        for key in keys:
            derived = values.get(key)
            if derived is None:
                continue
            if derived.basis not in checked:
                checked[derived.basis] = await derived.basis.is_current(ctx, stamp)
            if checked[derived.basis]:
                current[key] = derived.value
        missing = [key for key in keys if key not in current]
        if missing:
            before = ctx.used_answers()
            missing_values = await make(missing)
            current.update(missing_values)
            basis = None if before is None else _basis(ctx, reading, stamp, fields, before)
            if basis is not None:
                for key in missing:
                    values.put(key, missing_values[key], basis)
    return {key: current[key] for key in keys}


def _stamp(ctx: RequestContext, view: MatchingView) -> Generator[None, None, DerivationStamp]:
    yield
    return DerivationStamp(ctx.catalog.revision(), view.matching.revision, today(), ctx.visibility_digest)


async def _read(session: Session, lists: ListsRead) -> None:
    await session.read_tables(lists.tables)
    for name in lists.linked:
        await session.pager(session.source.resources[name], {}).read_all()


def _basis(
    ctx: RequestContext,
    reading: AssetReading,
    stamp: DerivationStamp,
    fields: Sequence[str],
    before: Sequence[UpstreamAnswer],
) -> DerivationBasis | None:
    """Basis of values of these fields; None if they may depend on anything else."""
    used = ctx.used_answers()
    if used is None or not reading.complete:
        return None
    answers: list[UpstreamAnswer] = []
    lists: dict[str, ListsRead] = {}
    for part in reading.sources:
        read = lists[part.source.name] = _lists(part.session, part.resource, fields)
        answers += part.answers
        answers += [answer for ref in read.tables for answer in part.source.tables[ref].answers]
        for name in read.linked:
            answers += part.session.pager(part.source.resources[name], {}).answers
    if not {id(answer) for answer in used} <= {id(answer) for answer in (*before, *answers)}:
        return None
    return DerivationBasis(stamp, lists, [ref(answer) for answer in answers])


def _lists(session: Session, resource: Resource, fields: Sequence[str]) -> ListsRead:
    """The tables and lists that values of these fields of a resource's records were read from."""
    declared: list[Any] = [resource.declared(name) for name in value_names(fields)]
    tables = frozenset(ref for item in declared for ref in getattr(item, "refs", ()))
    links = [resource.links[LINKS[field]] for field in fields if LINKS.get(field) in resource.links]
    targets = [session.source.resources.get(link.type) for link in links]
    linked = {
        target.type
        for target in targets
        if target is not None and is_reference_table(target) and session.is_read(target)
    }
    return ListsRead(tables & session.tables.keys(), tuple(sorted(linked)))
