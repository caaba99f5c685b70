"""
An oracle over every list of every vendor: one answer is replaced by each of many bodies and statuses. Wherever the
response then differs from the sound one, `errors` or `complete: false` say so.
"""

import asyncio
import logging
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
import pytest

from gateway.engine.request import GraphQLRequest
from gateway.sandbox import make_company
from tests.support.bare_engine import bare_context, bare_engine
from tests.support.replaced import BODIES, COUNTED_BODIES, LATER_BODIES, STATUSES, Replaced, Replacement

#: The root lists of each source.
ROOTS: Mapping[str, tuple[str, ...]] = {
    "fiwit": ("assets", "tickets", "locations", "people"),
    "halo": (
        "assets",
        "tickets",
        "locations",
        "people",
        "licences",
        "meterReadings",
        "assetChanges",
        "licenceChanges",
        "softwareInstallations",
        "certificates",
        "contracts",
    ),
    "revnue": ("assets", "contracts"),
    "s3s": ("assets", "checklists", "orders"),
    "tether": ("assets", "locations", "people"),
}
LISTS = [(source, root) for source, roots in ROOTS.items() for root in roots]
#: Of how many cases one is tried where not all are.
_SAMPLE = 41

#: The address of a single record.
_SINGLE = re.compile(r"/[0-9]+/?(?:\?|$)")
_FIRST_PAGE = re.compile(r"[?&]page(?:_no)?=1(?:&|$)")
_ORDERS = {"assets": "NAME", "tickets": "SUBJECT"}
_RELATIONS = {
    "assets": "assetType location { name country }",
    "tickets": "status ticketType requester { name } assignee { name }",
}


def operations(root: str) -> Iterator[str]:
    """The whole list, its beginning with the number of its rows, ordered here, and with what its rows refer to."""
    page = "totalCount complete sources { complete } nodes { id }"
    yield f"{{ {root}(first: 500) {{ {page} }} }}"
    yield f"{{ {root}(first: 2) {{ {page} }} }}"
    if root in _ORDERS:
        yield f"{{ {root}(first: 500, orderBy: [{{field: {_ORDERS[root]}}}]) {{ {page} }} }}"
        yield f"{{ {root}(first: 500) {{ complete nodes {{ id {_RELATIONS[root]} }} }} }}"


@dataclass(frozen=True)
class Case:
    """One replaced answer in one operation on one source."""

    source: str
    operation: str
    address: str
    name: str
    replacement: Replacement


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    """No log: failures are injected thousands of times."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@cache
def _vendors() -> Replaced:
    return Replaced.of(make_company(seed=3, assets=240))


async def run(source: str, operation: str) -> tuple[Any, list[Any]]:
    """The data and the errors of an operation on one source."""
    engine, context = bare_engine(), bare_context(_vendors(), [source])
    try:
        result = await engine._execute(engine.prepare(GraphQLRequest(operation)), context)
        errors = [*(result.errors or ()), *(error for error, _ in context.reported)]
        return msgspec.json.decode(msgspec.json.encode(result.data)), errors
    finally:
        await context.close()


def _is_list(address: str) -> bool:
    return "authinfo" not in address and _SINGLE.search(address) is None


def _is_counted(answer: Any) -> bool:
    """True if an answer tells how many rows its list has."""
    if not isinstance(answer, dict):
        return False
    pagination = (answer.get("meta") or {}).get("pagination") or {}
    return bool(answer.get("record_count") or answer.get("count") or pagination.get("total"))


async def cases_of(source: str, root: str) -> list[Case]:
    """All cases of a list. Its sound operations are checked on the way."""
    vendors, cases = _vendors(), list[Case]()
    vendors.replacement = None
    for operation in operations(root):
        vendors.seen.clear()
        data, errors = await run(source, operation)
        assert (errors, data[root]["complete"]) == ([], True)
        for address in dict.fromkeys(vendors.seen):
            if not _is_list(address):
                continue
            replacements = {**BODIES, **STATUSES}
            if _is_counted(vendors.sound(address)):
                replacements |= COUNTED_BODIES if "first: 2)" not in operation else {}
                replacements |= LATER_BODIES if _FIRST_PAGE.search(address) is None else {}
            cases += [
                Case(source, operation, address, name, replacement)
                for name, replacement in replacements.items()
            ]
    return cases


def is_told(data: Any, errors: list[Any]) -> bool:
    """True if a response says that something is missing."""
    return bool(errors) or any(page["complete"] is False for page in data.values())


async def silent(cases: list[Case]) -> list[tuple[str, ...]]:
    """The cases whose response differs from the sound one, and does not say so."""
    vendors = _vendors()
    sound: dict[tuple[str, str], Any] = {}
    found: list[tuple[str, ...]] = []
    for case in cases:
        key = case.source, case.operation
        if key not in sound:
            vendors.replacement = None
            sound[key] = (await run(*key))[0]
        vendors.address, vendors.replacement = case.address, case.replacement
        data, errors = await run(*key)
        if data != sound[key] and not is_told(data, errors):
            found.append((case.source, case.operation, case.address, case.name))
    vendors.replacement = None
    return found


async def _all_cases(source: str, root: str) -> list[Case]:
    cases = await cases_of(source, root)
    assert len(cases) > 2 * (len(BODIES) + len(STATUSES)) - 1
    return cases


@pytest.mark.parametrize(("source", "root"), LISTS)
def test_some_replaced_answers_are_never_silent(source: str, root: str) -> None:
    async def check() -> None:
        cases = await _all_cases(source, root)
        assert await silent(random.Random(root).sample(cases, len(cases) // _SAMPLE)) == []

    asyncio.run(check())


@pytest.mark.long
@pytest.mark.timeout(600)
def test_no_replaced_answer_is_silent() -> None:
    async def check() -> None:
        cases = [case for source, root in LISTS for case in await _all_cases(source, root)]
        assert len(cases) > 3000
        assert len(BODIES) >= 30
        assert await silent(cases) == []

    asyncio.run(check())
