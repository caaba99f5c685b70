"""
Vetoes: what speaks against two records, or two clusters of them, being one thing. Any one is enough. A cluster
carries the evidence of all its records.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from gateway.identity.compared import CanonicalRecord
from gateway.identity.models import same_model
from gateway.identity.near_numbers import is_near
from gateway.identity.rules import IdentityRule

PURCHASE_DAYS = 31
WARRANTY_DAYS = 400
_WARRANTY_DAYS = range(
    340, 3700
)  # from the purchase: a warranty is of eleven months at least, and ten years at most
LARGEST_GROUP = 64  # records, unless the operator declares more
_LARGEST_PER_SOURCE = 2  # records of one source in a group; a third shows that its number is shared


def same_source_contradiction(lhs: CanonicalRecord, rhs: CanonicalRecord) -> str | None:
    """Reason why two records of one source with one number are two things, or None."""
    cards_equal = lhs.card != "" and lhs.card == rhs.card
    if lhs.family and rhs.family and lhs.family != rhs.family:
        return f"makers differ: {lhs.family}, {rhs.family}"
    if lhs.card and rhs.card and not cards_equal:
        return f"network cards differ: {lhs.card}, {rhs.card}"
    if lhs.host and rhs.host and lhs.host != rhs.host and not cards_equal:
        return f"host names differ: {lhs.host}, {rhs.host}"
    tied = lhs.secondary in rhs.numbers or rhs.secondary in lhs.numbers
    if lhs.secondary and rhs.secondary and not tied:
        return f"second serial numbers differ: {lhs.secondary}, {rhs.secondary}"
    if lhs.model and rhs.model and not same_model(lhs.model, rhs.model):
        return _models_differ(lhs, rhs)
    return _days_apart(lhs, rhs)


def anything_against(lhs: CanonicalRecord, rhs: CanonicalRecord) -> str | None:
    """Reason of any kind that two records with a doubtful number may be two things, or None."""
    shared_tags = lhs.tag_scope is not None and lhs.tag_scope == rhs.tag_scope
    tags_differ = not lhs.tag.startswith(rhs.tag) and not rhs.tag.startswith(lhs.tag)
    if shared_tags and tags_differ and not lhs.tag_as_number and not rhs.tag_as_number:
        return f"asset tags differ: {lhs.tag}, {rhs.tag}"
    return same_source_contradiction(lhs, rhs)


def whole_numbers(records: Collection[CanonicalRecord], shared: Collection[str]) -> set[str]:
    """Serial numbers that speak against others, as written and without a label: not those that several things share."""
    return {
        number
        for record in records
        if not record.has_tag_as_serial
        for number in (
            *record.numbers,
            *(number for family, number in record.readings if family == record.family),
        )
        if number not in shared
    }


class Vetoes:
    """Reasons against a join. `shared`: numbers that several things carry, filled in while they are unmasked."""

    def __init__(self, different: Mapping[str, frozenset[str]], shared: Collection[str]) -> None:
        self._different = different
        self._shared = shared

    def are_clear(self, lhs: CanonicalRecord, rhs: CanonicalRecord, rule: IdentityRule) -> bool:
        """
        True if it is plain that nothing speaks against joining two records by a rule of numbers, as is usual: the same
        maker and model, or none told, at two sources. Everything else is for `against`.
        """
        return (
            rule < IdentityRule.SECOND_IDENTIFIER
            and lhs.source != rhs.source
            and (lhs.family == rhs.family or not lhs.family or not rhs.family)
            and (lhs.model == rhs.model or not lhs.model or not rhs.model)
            and not self._different
        )

    def against(
        self,
        lhs: Sequence[CanonicalRecord],
        rhs: Sequence[CanonicalRecord],
        rule: IdentityRule,
        *,
        declared: bool = False,
    ) -> Iterator[str]:
        """
        Reasons against joining two clusters by a rule. `declared`: one of them was declared by the operator, and
        may be of two minds.
        """
        if self._different:
            yield from self._declared_different(lhs, rhs)
        left_families = {record.family for record in lhs if record.family}
        right_families = {record.family for record in rhs if record.family}
        if left_families and right_families and left_families.isdisjoint(right_families):
            yield f"makers differ: {', '.join(sorted(left_families))}; {', '.join(sorted(right_families))}"
        if not {record.source for record in lhs}.isdisjoint([record.source for record in rhs]):
            yield from _same_source(lhs, rhs, rule)
        left_models = {record.model for record in lhs if record.model}
        if (
            not left_models.issuperset([record.model for record in rhs if record.model])
            or len(left_models) > 1
        ):
            yield from _models_against(lhs, rhs, declared=declared)
        if len(lhs) + len(rhs) > LARGEST_GROUP:
            yield f"the group would have more than {LARGEST_GROUP} records"
        if rule >= IdentityRule.SECOND_IDENTIFIER:
            yield from self._numbers_against(lhs, rhs)
            reasons = [_days_apart(a, b) for a in lhs for b in rhs]
            if any(reasons) and not (declared and not all(reasons)):
                yield next(filter(None, reasons))

    def _declared_different(
        self, lhs: Sequence[CanonicalRecord], rhs: Sequence[CanonicalRecord]
    ) -> Iterator[str]:
        for record in lhs:
            others = self._different.get(record.id)
            if others and any(other.id in others for other in rhs):
                yield "declared different"
                return

    def _numbers_against(
        self, lhs: Sequence[CanonicalRecord], rhs: Sequence[CanonicalRecord]
    ) -> Iterator[str]:
        left_numbers = whole_numbers(lhs, self._shared)
        right_numbers = whole_numbers(rhs, self._shared)
        if not left_numbers or not right_numbers or not left_numbers.isdisjoint(right_numbers):
            return
        if not any(is_near(a, b) for a in left_numbers for b in right_numbers):
            yield f"serial numbers differ: {min(left_numbers)}, {min(right_numbers)}"


def _same_source(
    lhs: Sequence[CanonicalRecord], rhs: Sequence[CanonicalRecord], rule: IdentityRule
) -> Iterator[str]:
    sources = {record.source for record in lhs}
    for record in rhs:
        if record.source not in sources:
            continue
        rivals = [other for other in lhs if other.source == record.source]
        if rule > IdentityRule.SERIAL_NUMBER:
            yield f"two records of {record.source}"
            return
        if len(rivals) + sum(other.source == record.source for other in rhs) > _LARGEST_PER_SOURCE:
            yield f"more than {_LARGEST_PER_SOURCE} records of {record.source}"
            return
        for rival in rivals:
            if reason := same_source_contradiction(rival, record):
                yield reason
                return


def _models_against(
    lhs: Sequence[CanonicalRecord], rhs: Sequence[CanonicalRecord], *, declared: bool
) -> Iterator[str]:
    pairs = {(a.model, b.model): (a, b) for a in lhs if a.model for b in rhs if b.model}
    odd = [pair for models, pair in pairs.items() if not same_model(*models)]
    if odd and not (declared and len(odd) < len(pairs)):
        yield _models_differ(*odd[0])


def _models_differ(lhs: CanonicalRecord, rhs: CanonicalRecord) -> str:
    return f"models differ: {' '.join(lhs.model)}, {' '.join(rhs.model)}"


def _days_apart(lhs: CanonicalRecord, rhs: CanonicalRecord) -> str | None:
    if lhs.purchase_day and rhs.purchase_day and abs(lhs.purchase_day - rhs.purchase_day) > PURCHASE_DAYS:
        return f"purchase dates are {abs(lhs.purchase_day - rhs.purchase_day)} days apart"
    if lhs.warranty_day and rhs.warranty_day and abs(lhs.warranty_day - rhs.warranty_day) > WARRANTY_DAYS:
        return f"warranty ends are {abs(lhs.warranty_day - rhs.warranty_day)} days apart"
    return _warranty_before_purchase(lhs, rhs) or _warranty_before_purchase(rhs, lhs)


def _warranty_before_purchase(buyer: CanonicalRecord, owner: CanonicalRecord) -> str | None:
    """Reason that a warranty cannot be of the other thing: it ends too soon after that was bought, or too late."""
    if (
        not buyer.purchase_day
        or not owner.warranty_day
        or owner.warranty_day - buyer.purchase_day in _WARRANTY_DAYS
    ):
        return None
    return f"the warranty ends {owner.warranty_day - buyer.purchase_day} days after the purchase"
