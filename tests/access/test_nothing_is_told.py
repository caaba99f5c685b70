"""
Non-interference: two worlds that differ only in what a caller may not see give it the same answers, whatever it asks.

Roles are made up at random, and so are operations, from the whole schema. Beside them stand fixed questions, for ways
in that chance would miss. What the caller may see is what an unrestricted caller gets, cut down.
"""

import asyncio
import json
import logging
import os
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from gateway.settings import RoleSettings
from tests.support.operations import operations
from tests.support.roles import ask_as, get_as, roles_file
from tests.support.small_world import DATES, MOMENTS, Thing, things, world

_SEED = int(os.environ.get("ROLES_SEED", "1"))
_EXAMPLES = int(os.environ.get("ROLES_EXAMPLES", "100"))
SOURCES = ("fiwit", "halo", "revnue", "s3s", "tether")
#: Fields that may be hidden, and other values of them. None of them decides another field.
HIDEABLE: Mapping[str, Sequence[Any]] = {
    "purchaseCost": (Decimal("77.77"), None, Decimal(5)),
    "purchaseDate": (DATES[0], None),
    "manufacturer": ("Acme", "HP", None),
    "serialNumber": ("HIDDEN-1", "777", None),
    "ipAddress": ("10.9.9.9", None),
    "createdAt": (MOMENTS[0], None),
    "updatedAt": (MOMENTS[1], None),
}
#: Vendors whose rows hold each field by itself.
RULES: Mapping[str, Sequence[str]] = {
    "fiwit": ("organisation", "111"),
    "halo": ("organisation", "Acme"),
    "tether": ("category", "Laptop"),
    "revnue": ("depreciationSchedule", "nothing"),
    "s3s": ("category", "Laptop"),
}
FIELDS = (
    "id name assetTag serialNumber manufacturer model status category assetType organisation "
    "ipAddress purchaseDate"
)
MORE = (
    f"{FIELDS} purchaseCost createdAt updatedAt customFields {{ name displayValue }} warranty {{ endDate }}"
)
PAGE = f"totalCount totalIsExact complete sources {{ source {{ name }} count totalCount }} nodes {{ {MORE} }}"
THINGS = (
    f"{{ unifiedAssets(first: 50) {{ totalCount complete nodes {{ {FIELDS} purchaseCost serialNumbers matchedBy "
    "provenance { field source { name } } conflicts { field values { source { name } value } } "
    "evidence { rule value left { id } right { id } } possibleMatches { reasons against asset { id } } "
    "records { id } } } }"
)
QUESTIONS = (
    f"{{ assets(first: 100) {{ {PAGE} pageInfo {{ endCursor hasNextPage }} }} }}",
    f"{{ assets(first: 2, orderBy: [{{field: NAME}}, {{field: SERIAL_NUMBER}}]) {{ {PAGE} }} }}",
    f"{{ assets(last: 3, orderBy: {{field: PURCHASE_COST, direction: DESC}}) {{ {PAGE} }} }}",
    f'{{ assets(filter: {{search: "77"}}) {{ {PAGE} }} }}',
    f'{{ assets(filter: {{search: "hp"}}) {{ {PAGE} }} }}',
    f'{{ assets(filter: {{customField: {{name: "Cost", value: {{isNull: false}}}}}}) {{ {PAGE} }} }}',
    f'{{ assets(filter: {{purchaseCost: {{gte: "10"}}}}) {{ {PAGE} }} }}',
    f"{{ assets(filter: {{not: {{serialNumber: {{isNull: true}}}}}}) {{ {PAGE} }} }}",
    f'{{ assetsBySerialNumber(serialNumber: "777") {{ {PAGE} }} }}',
    "{ sources { name operations } }",
    "{ assetCounts(by: [MANUFACTURER]) { total others complete buckets { values count } } }",
    "{ assetCounts(by: [PURCHASE_YEAR, SOURCE]) { total buckets { values labels count } } }",
    THINGS,
    "{ unifiedAssets(orderBy: {field: SERIAL_NUMBER}, presence: {records: {gte: 1}}) { nodes { id name } } }",
    "{ assetCoverage { sources { source { name } records things alone } pairs { both onlyA onlyB } } }",
    "{ assetConflicts { totalCount nodes { field values { value } } } duplicateAssets { totalCount } }",
    "{ possibleMatches(first: 20) { totalCount nodes { left { id } right { id } reasons against } } }",
    '{ unifiedAsset(serialNumber: "777") { id records { id } } }',
)
TABLES = (
    "/tables/assets.ndjson?partial=true",
    "/tables/custom_field_values.ndjson?partial=true",
    "/tables/unified_assets.ndjson?partial=true",
    "/odata/$metadata",
    "/odata/assets?$count=true&partial=true&$orderby=name",
    "/odata/assets?$filter=purchase_cost gt 5&partial=true",
    "/odata/assets?$apply=groupby((manufacturer),aggregate($count as n))&partial=true",
    "/odata/assets/$count?partial=true",
    "/tables/assets_history.ndjson",
    "/tables/custom_field_values_history.ndjson",
    "/odata/assets_history?$count=true&$orderby=name",
    "/odata/assets_history?$filter=purchase_cost gt 5",
    "/odata/assets_history?$apply=groupby((manufacturer),aggregate($count as n))",
)


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    """No log: a small world has few of the vendors' paths."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def made_up_role(number: int) -> RoleSettings:
    """A role by its number."""
    chance = random.Random(number)
    sources = tuple(sorted(chance.sample(SOURCES, chance.randint(1, 5))))
    ruled = [source for source in sources if chance.random() < 0.4]
    return RoleSettings(
        "role",
        sources=sources,
        read=chance.choice((("*",), ("Asset",), ("Asset", "Location", "Person"))),
        hide=tuple(f"Asset.{name}" for name in HIDEABLE if chance.random() < 0.4),
        rows={source: {RULES[source][0]: (RULES[source][1],)} for source in ruled},
    )


def toml(role: RoleSettings) -> str:
    """A role as the settings' file has it, and one that may all."""
    rows = "".join(
        f"{source} = {{ {name} = {list(values)} }}\n"
        for source, rule in role.rows.items()
        for name, values in rule.items()
    )
    return (
        '[roles.all]\nsources = ["*"]\nread = ["*"]\n'
        f"[roles.role]\nsources = {list(role.sources)}\nread = {list(role.read)}\nhide = {list(role.hide)}\n"
        f"[roles.role.rows]\n{rows}"
    )


def is_seen(thing: Thing, role: RoleSettings) -> bool:
    rule = role.rows.get(thing.source, {})
    return thing.source in role.sources and all(
        getattr(thing, name, None) in values for name, values in rule.items()
    )


def changed(every: Sequence[Thing], role: RoleSettings, chance: random.Random) -> list[Thing]:
    """Another world that the role cannot tell from this one."""
    hidden = {path.partition(".")[2] for path in role.hide}
    others: list[Thing] = []
    for thing in every:
        if is_seen(thing, role):
            others.append(
                replace(
                    thing, **{name: chance.choice(HIDEABLE[name]) for name in hidden if _has(thing, name)}
                )
            )
        elif chance.random() < 0.7:
            others.append(
                replace(thing, name="hidden", model="hidden", serialNumber=chance.choice(("777", "X-1")))
            )
    return others


def _has(thing: Thing, name: str) -> bool:
    """True if the vendor has the field at all: the world writes no others."""
    return any(getattr(other, name) is not None for other in things() if other.source == thing.source)


async def answers(
    every: Sequence[Thing],
    role: RoleSettings,
    questions: Sequence[tuple[str, Mapping[str, Any]]],
    paths: Sequence[str],
) -> list[Any]:
    with TemporaryDirectory() as folder:
        config = roles_file(Path(folder), toml(role), ("caller", "role"))
        tables = {"GATEWAY_TABLES__DIR": f"{folder}/tables", "GATEWAY_TABLES__HISTORY_DAYS": "9"}
        async with world(every, config=config, environ=tables if paths else None) as gateway:
            told: list[Any] = []
            for query, variables in questions:
                answer = await ask_as(gateway, "caller", query, **variables)
                assert "INTERNAL" not in answer.codes, (query, answer.errors)
                told.append(answer.body)
            for path in paths:
                response = await get_as(gateway, "caller", path)
                told.append((response.status_code, steady(response.text)))
    return told


def steady(text: str) -> str:
    """An answer of tables without what the clock decides."""
    lines = []
    for line in text.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        rows = row.get("value", [row]) if isinstance(row, dict) else []
        for entry in rows:
            for name in ("row_first_seen_at", "row_changed_at"):
                entry.pop(name, None)
        lines.append(line if row is None else json.dumps(row))
    return "\n".join(lines)


def check(number: int, questions: Sequence[tuple[str, Mapping[str, Any]]], paths: Sequence[str] = ()) -> None:
    role, chance = made_up_role(number), random.Random(number + 1)
    every = things(seed=number)
    one = asyncio.run(answers(every, role, questions, paths))
    other = asyncio.run(answers(changed(every, role, chance), role, questions, paths))
    for question, left, right in zip([*(query for query, _ in questions), *paths], one, other, strict=True):
        assert left == right, f"{role}\n{question}"


@pytest.mark.parametrize("number", range(5))
def test_nothing_hidden_is_told_on_any_way_in(number: int) -> None:
    check(number, [(query, {}) for query in QUESTIONS], TABLES if number == 1 else ())


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("number", range(100, 110))
def test_nothing_hidden_is_told_to_more_roles(number: int) -> None:
    check(number, [(query, {}) for query in QUESTIONS], TABLES)


IDS = {"Asset": [f"{source}:Asset:{number}" for number in (5, 6, 8) for source in SOURCES]}


@pytest.mark.long
@pytest.mark.timeout(600 + _EXAMPLES * 3)
@seed(_SEED)
@settings(
    max_examples=_EXAMPLES,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
@given(number=st.integers(0, 10_000), operation=operations(IDS))
def test_no_operation_tells_what_is_hidden(number: int, operation: tuple[str, dict[str, Any]]) -> None:
    check(number, [operation])


@pytest.mark.parametrize("number", range(20, 24))
async def test_what_may_be_seen_is_what_others_get_cut_down(number: int, tmp_path: Path) -> None:
    role = made_up_role(number)
    hidden = {path.partition(".")[2] for path in role.hide}
    every = things(seed=number)
    query = f"{{ assets(first: 100, orderBy: {{field: NAME}}) {{ totalCount nodes {{ {FIELDS} purchaseCost }} }} }}"
    config = roles_file(tmp_path, toml(role), ("caller", "role"), ("all", "all"))
    async with world(every, config=config) as gateway:
        whole = (await ask_as(gateway, "all", query)).whole["assets"]["nodes"]
        answer = await ask_as(gateway, "caller", query)
    ids = {thing.id for thing in every if is_seen(thing, role)}
    cut_down = [
        {name: None if name in hidden else value for name, value in node.items()}
        for node in whole
        if node["id"] in ids
    ]
    assert answer.data["assets"] == {"totalCount": len(cut_down), "nodes": cut_down}
    refused = sorted(hidden.intersection(whole[0])) if cut_down or role.sources else []
    assert sorted(error["path"][-1] for error in answer.errors) == refused
    assert set(answer.codes) <= {"FORBIDDEN"}
