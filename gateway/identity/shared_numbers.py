"""
Shared numbers. The data itself unmasks a serial number that identifies nothing, because several things carry it: no
list has to know it.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations

from gateway.identity.compared import CanonicalRecord
from gateway.identity.models import same_model
from gateway.identity.placeholders import is_weak_letters
from gateway.identity.vetoes import anything_against, same_source_contradiction

LARGEST_BLOCK = 64  # carriers; more are never one thing
_SHARING_MODELS = 3


def sharing(carriers: Sequence[CanonicalRecord]) -> str:
    """Reason why a number is shared by several things, so that it identifies none of them, or nothing."""
    if len(carriers) > LARGEST_BLOCK:
        return f"more than {LARGEST_BLOCK} records carry it"
    by_source: dict[str, CanonicalRecord] = {}
    twice: set[str] = set()
    for record in carriers:
        if record.virtual:
            return "a virtual machine carries it"
        other = by_source.setdefault(record.source, record)
        if other is record:
            continue
        if record.source in twice:
            return f"three records of {record.source} carry it"
        twice.add(record.source)
        if reason := same_source_contradiction(other, record):
            return f"two things of {record.source} carry it: {reason}"
    return _words_sharing(carriers) or _models_sharing(carriers)


def is_wordy(number: str, carriers: Sequence[CanonicalRecord]) -> bool:
    """
    True for a number that may be words, though nothing speaks against its carriers: it joins none of them, and yet
    speaks against other numbers, since it may be a number.
    """
    if len(carriers) < 2 or not any(record.words > 1 for record in carriers):
        return False
    return not any(is_weak_letters(number, record.family) for record in carriers)


def _words_sharing(carriers: Sequence[CanonicalRecord]) -> str:
    """Words may be typed anywhere: anything that speaks against two of the records is enough."""
    if any(record.words for record in carriers):
        for lhs, rhs in combinations(carriers, 2):
            if reason := anything_against(lhs, rhs):
                return f"words stand in it, and records that carry it differ: {reason}"
    return ""


def _models_sharing(carriers: Sequence[CanonicalRecord]) -> str:
    models = {(record.family, record.model) for record in carriers if record.family or record.model}
    if len(models) < 2:
        return ""
    families = {family for family, _ in models if family}
    distinct = {
        (family, model)
        for family, model in models
        if model or all(family != other or not words for other, words in models)
    }
    if (
        len(families) > 1
        and len(distinct) >= _SHARING_MODELS
        and _truly_distinct(distinct) >= _SHARING_MODELS
    ):
        return "three models of more than one maker carry it"
    for family in families or {""}:
        own = [model for maker, model in models if maker == family and model]
        if any(not same_model(lhs, rhs) for position, lhs in enumerate(own) for rhs in own[:position]):
            return "two models of one maker carry it"
    return ""


def _truly_distinct(models: Iterable[tuple[str, tuple[str, ...]]]) -> int:
    """Number of models of which none says what another one says."""
    distinct: list[tuple[str, tuple[str, ...]]] = []
    for family, model in sorted(models):
        if not any(
            (not family or not maker or family == maker)
            and (model == other or (model and other and same_model(model, other)))
            for maker, other in distinct
        ):
            distinct.append((family, model))
    return len(distinct)
