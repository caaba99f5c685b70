"""Resolver of `explainIdentity`: why records are one thing, or are not, with their values as compared."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.connector.description.ids import excerpt
from gateway.connector.records.record import Record
from gateway.errors import BadInput
from gateway.identity import explain
from gateway.identity.explain import ValueComparison
from gateway.identity.matching_view import MatchingView, ThingEvidence
from resolvers.context import RequestContext
from resolvers.field_resolver import FieldExplainer, FieldsUsed, T
from resolvers.identity.lookups import IDENTITY_USED
from resolvers.identity.reading import AssetReading, read_assets
from resolvers.identity.rows import IDENTITY_FIELDS
from resolvers.identity.things import RecordEvidence, make_evidence
from resolvers.partial import PartialAnswer

_MOST = 20


class ComparedValues(NamedTuple):
    """A record's id, and its values."""

    id: str
    values: Sequence[ValueComparison]


class RawExplanation(NamedTuple):
    """An explanation with ids for records. `missing` are those that are in no list."""

    joined: bool
    evidence: Sequence[ThingEvidence] = ()
    against: Sequence[str] = ()
    records: Sequence[ComparedValues] = ()
    missing: Sequence[str] = ()


@dataclass(frozen=True)
class ShownRecord:
    """A record, and its values."""

    asset: Record
    values: Sequence[ValueComparison]


@dataclass(frozen=True)
class ShownExplanation:
    """Joined or not, the evidence, what spoke against it, and the records."""

    joined: bool
    evidence: Sequence[RecordEvidence]
    against: Sequence[str]
    records: Sequence[ShownRecord]


@dataclass(frozen=True, eq=False)
class IdentityExplainer:
    """Resolver of `explainIdentity(ids:)`."""

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """The one explanation for the root. Raises BadInput."""
        ids = checked_ids(ctx, args["ids"])
        reading = await read_assets(ctx)
        raw = await explain_records(reading, ids)
        explanation = ShownExplanation(
            raw.joined,
            make_evidence(reading, raw.evidence),
            raw.against,
            [ShownRecord(reading.record(record.id), record.values) for record in raw.records],
        )
        return [PartialAnswer(explanation, reading.errors)] * len(parents)

    def fields_used(self) -> FieldsUsed:
        """All that identity compares."""
        return IDENTITY_USED

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:
        """The whole lists. Raises BadInput."""
        checked_ids(explainer.ctx, args["ids"])
        return explainer.whole_assets(IDENTITY_FIELDS, None)


def checked_ids(ctx: RequestContext, written: Sequence[str]) -> list[str]:
    """Two ids of assets and more, each once. Raises BadInput."""
    ids = list(dict.fromkeys(str(ctx.checked_id(global_id, "Asset")) for global_id in written))
    if not 2 <= len(ids) <= _MOST:
        raise BadInput(f"Give the ids of 2 to {_MOST} different assets, not {len(ids)}.")
    return ids


async def explain_records(reading: AssetReading, ids: Sequence[str]) -> RawExplanation:
    """The explanation of assets. Raises BadInput, or the error of the source, if one of them is not there."""

    def job(view: MatchingView) -> Generator[None, None, RawExplanation]:
        yield
        return _explain(view, ids)

    raw = await reading.use(job)
    for record_id in raw.missing:
        error = reading.incomplete.get(record_id.split(":", 1)[0])
        raise error or BadInput(f"{excerpt(record_id)} is in no list of assets (any more).")
    return raw


def _explain(view: MatchingView, ids: Sequence[str]) -> RawExplanation:
    matching = view.matching
    indices = [matching.position(record_id) for record_id in ids]
    present = [index for index in indices if index is not None and view.is_visible(index)]
    if len(present) < len(ids):
        visible = {matching.compared[index].id for index in present}
        return RawExplanation(
            joined=False, missing=[record_id for record_id in ids if record_id not in visible]
        )
    explanation = explain(matching, present)
    evidence = [
        view.evidence(item)
        for item in explanation.evidence
        if view.is_visible(item.lhs) and view.is_visible(item.rhs)
    ]
    records = [
        ComparedValues(matching.compared[record.position].id, record.values) for record in explanation.records
    ]
    return RawExplanation(explanation.joined, evidence, explanation.against, records)
