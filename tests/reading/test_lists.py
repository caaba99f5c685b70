"""Lists over five sources: no row lost, none twice, the same order at any page size, forwards and backwards."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import graphql
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.connector.description.vocabulary import ENUMS
from gateway.sandbox import Company
from tests.support.gateway import Gateway, sandbox
from tests.support.selections import connections, types
from tests.support.small_world import Thing, things, world

EVERY = things()
SHOWN = tuple(one for one in EVERY if not one.deleted)
SOURCES = ("fiwit", "halo", "revnue", "s3s", "tether")

PAGE = """query ($first: Int, $after: String, $last: Int, $before: String, $filter: AssetFilter,
                 $order: [AssetOrder!]) {
  assets(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $order) {
    totalCount totalIsExact complete
    nodes { id }
    edges { cursor node { id } }
    sources { source { name } count complete }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


async def page(gateway: Gateway, **asked: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await gateway.ask(PAGE, **asked)).whole["assets"]
    return found


def named(found: dict[str, Any]) -> list[str]:
    return [one["id"] for one in found["nodes"]]


async def forwards(gateway: Gateway, sizes: Sequence[int], **asked: Any) -> list[str]:
    """All ids, by pages of these sizes in turn."""
    found: list[str] = []
    after: str | None = None
    for turn in range(200):
        size = sizes[turn % len(sizes)]
        one = await page(gateway, first=size, after=after, **asked)
        assert len(one["nodes"]) <= size
        assert one["pageInfo"]["hasPreviousPage"] is bool(found)
        found += named(one)
        after = one["pageInfo"]["endCursor"] or after
        if not one["pageInfo"]["hasNextPage"]:
            return found
        assert len(one["nodes"]) == size
    raise AssertionError("the pages never end")


async def backwards(gateway: Gateway, sizes: Sequence[int], **asked: Any) -> list[str]:
    found: list[str] = []
    before: str | None = None
    for turn in range(200):
        size = sizes[turn % len(sizes)]
        one = await page(gateway, last=size, before=before, **asked)
        assert one["pageInfo"]["hasNextPage"] is bool(found)
        found = named(one) + found
        before = one["pageInfo"]["startCursor"] or before
        if not one["pageInfo"]["hasPreviousPage"]:
            return found
        assert len(one["nodes"]) == size
    raise AssertionError("the pages never end")


# --- the oracle

ORDER_FIELDS = {
    "NAME": "name",
    "ASSET_TAG": "assetTag",
    "SERIAL_NUMBER": "serialNumber",
    "MANUFACTURER": "manufacturer",
    "MODEL": "model",
    "STATUS": "status",
    "PURCHASE_DATE": "purchaseDate",
    "PURCHASE_COST": "purchaseCost",
    "WARRANTY_START_DATE": "warrantyStartDate",
    "WARRANTY_END_DATE": "warrantyEndDate",
    "SUPPORT_START_DATE": "supportStartDate",
    "SUPPORT_END_DATE": "supportEndDate",
    "CREATED_AT": "createdAt",
    "UPDATED_AT": "updatedAt",
}


def number(value: Any) -> Any:
    """A value as something that orders as it does."""
    if isinstance(value, datetime):
        return value.timestamp()
    return value.toordinal() if isinstance(value, date) else value


def ordered(rows: Sequence[Thing], order: Sequence[tuple[str, str]]) -> list[str]:
    """The ids in an order: missing values last, equal ones by source and native id."""
    found = sorted(rows, key=lambda one: (one.source, one.native))
    for field, direction in reversed(order):
        name = ORDER_FIELDS[field]

        def value(one: Thing, name: str = name) -> Any:
            read = getattr(one, name)
            return ENUMS["Asset.status"].index(read) if name == "status" else number(read)

        there = [one for one in found if value(one) is not None]
        missing = [one for one in found if value(one) is None]
        # Equal rows keep their order also where the values are turned round.
        found = sorted(there, key=value, reverse=direction == "DESC") + missing
    return [one.id for one in found]


def orders(*terms: tuple[str, str]) -> list[dict[str, str]]:
    return [{"field": field, "direction": direction} for field, direction in terms]


def test_every_order_is_tried() -> None:
    offered = types().type_map["AssetOrderField"]
    assert isinstance(offered, graphql.GraphQLEnumType)
    assert set(offered.values) == set(ORDER_FIELDS)


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", ORDER_FIELDS)
async def test_every_order_both_ways_with_missing_values_last_and_ties_by_source_and_id(
    field: str, direction: str
) -> None:
    async with world(EVERY) as gateway:
        found = await page(gateway, first=100, order=orders((field, direction)))
    assert named(found) == ordered(SHOWN, [(field, direction)])
    assert (found["totalCount"], found["totalIsExact"], found["complete"]) == (len(SHOWN), True, True)


@settings(max_examples=25, deadline=None)
@given(
    order=st.lists(
        st.tuples(st.sampled_from(sorted(ORDER_FIELDS)), st.sampled_from(["ASC", "DESC"])),
        max_size=3,
        unique_by=lambda term: term[0],
    ),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=3).filter(
        lambda sizes: sum(sizes) / len(sizes) >= 4
    ),
    size=st.integers(1, 8),
    seed=st.integers(0, 5),
)
def test_any_page_sizes_give_every_row_once_in_one_order(
    order: list[tuple[str, str]], sizes: list[int], size: int, seed: int
) -> None:
    every = things(seed)
    shown = [one for one in every if not one.deleted]

    async def check() -> None:
        async with world(every, size=size) as gateway:
            whole = named(await page(gateway, first=100, order=orders(*order)))
            assert await forwards(gateway, sizes, order=orders(*order)) == whole
            assert await backwards(gateway, sizes, order=orders(*order)) == whole
        assert len(whole) == len(set(whole)) == len(shown)
        if order:
            assert whole == ordered(shown, order)

    asyncio.run(check())


async def test_the_fixed_order_does_not_depend_on_what_is_selected_or_asked_before() -> None:
    async with world(EVERY) as gateway:
        whole = named(await page(gateway, first=100))
        bare = (
            await gateway.ask("{ assets(first: 100) { nodes { id notes customFields { name } } } }")
        ).whole
        assert [one["id"] for one in bare["assets"]["nodes"]] == whole
        for size in (1, 2, 3, 5, 50):
            assert named(await page(gateway, first=size)) == whole[:size]


async def test_fifty_rows_come_where_no_number_is_given() -> None:
    async with world(things(each=20)) as gateway:
        assert len(named(await page(gateway))) == 50


async def test_first_and_after_with_before_and_last_with_after() -> None:
    async with world(EVERY) as gateway:
        whole = await page(gateway, first=100)
        cursors = [edge["cursor"] for edge in whole["edges"]]
        names = named(whole)
        assert named(await page(gateway, first=3, after=cursors[4], before=cursors[6])) == names[5:6]
        assert named(await page(gateway, first=3, after=cursors[4], before=cursors[20])) == names[5:8]
        assert named(await page(gateway, last=3, after=cursors[4], before=cursors[20])) == names[17:20]
        assert named(await page(gateway, last=100, after=cursors[30])) == names[31:]


async def test_every_edge_is_a_place_to_carry_on_from() -> None:
    async with world(EVERY) as gateway:
        for order in ([], orders(("PURCHASE_DATE", "DESC")), orders(("NAME", "ASC"))):
            whole = await page(gateway, first=100, order=order)
            names = named(whole)
            assert [edge["node"]["id"] for edge in whole["edges"]] == names
            for at in (0, 1, 7, 15, len(names) - 2, len(names) - 1):
                cursor = whole["edges"][at]["cursor"]
                rest = await page(gateway, first=100, after=cursor, order=order)
                assert named(rest) == names[at + 1 :]
                ahead = await page(gateway, last=100, before=cursor, order=order)
                assert named(ahead) == names[:at]


async def test_no_rows_asked_for_are_no_rows_and_the_truth_about_the_rest() -> None:
    async with world(EVERY) as gateway:
        found = await page(gateway, first=0)
        assert (named(found), found["totalCount"], found["pageInfo"]["hasNextPage"]) == ([], len(SHOWN), True)
        assert (found["pageInfo"]["startCursor"], found["pageInfo"]["endCursor"]) == (None, None)
        found = await page(gateway, last=0)
        assert (named(found), found["pageInfo"]["hasPreviousPage"]) == ([], True)


async def test_every_source_tells_how_it_took_part() -> None:
    async with world(EVERY) as gateway:
        found = await page(gateway, first=12)
    assert [one["source"]["name"] for one in found["sources"]] == list(SOURCES)
    assert {one["source"]["name"]: one["count"] for one in found["sources"]} == {
        source: sum(name.startswith(f"{source}:") for name in named(found)) for source in SOURCES
    }
    assert all(one["complete"] for one in found["sources"])


async def test_a_source_that_a_filter_leaves_out_is_neither_asked_nor_told_of() -> None:
    async with world(EVERY) as gateway:
        for asked in ({"source": {"in": ["tether", "HALO"]}}, {"vendor": {"in": ["TETHER", "HALO"]}}):
            gateway.upstreams.forget()
            found = await page(gateway, first=5, filter=asked)
            assert [one["source"]["name"] for one in found["sources"]] == ["halo", "tether"]
            assert {call.source for call in gateway.calls} == {"halo", "tether"}


# --- cursors


async def test_a_cursor_of_another_list_is_refused_without_a_call() -> None:
    async with world(EVERY) as gateway:
        cursor = (await page(gateway, first=3))["pageInfo"]["endCursor"]
        by_name = (await page(gateway, first=3, order=orders(("NAME", "ASC"))))["pageInfo"]["endCursor"]
        gateway.upstreams.forget()
        for asked in (
            {"after": cursor, "order": orders(("NAME", "ASC"))},
            {"after": by_name},
            {"after": by_name, "order": orders(("NAME", "DESC"))},
            {"after": cursor, "filter": {"name": {"eq": "alpha"}}},
            {"before": cursor, "filter": {"status": {"ne": "RETIRED"}}},
        ):
            answer = await gateway.ask(PAGE, **asked)
            assert answer.codes == ["BAD_USER_INPUT"]
            assert answer.errors[0]["path"] == ["assets"]
        for query in ("{ tickets(after: %s) { nodes { id } } }", "{ locations(after: %s) { nodes { id } } }"):
            assert (await gateway.ask(query.replace("%s", f'"{cursor}"'))).codes == ["BAD_USER_INPUT"]
        assert gateway.calls == []


@settings(max_examples=25, deadline=None)
@given(
    garbage=st.one_of(st.text(max_size=40), st.binary(max_size=60).map(lambda raw: raw.hex())),
    cut=st.integers(0, 60),
)
def test_garbage_and_torn_cursors_are_bad_input_and_nothing_else(garbage: str, cut: int) -> None:
    async def check() -> None:
        async with world(EVERY) as gateway:
            good = (await page(gateway, first=5, order=orders(("PURCHASE_COST", "ASC"))))["pageInfo"][
                "endCursor"
            ]
            asked = {"first": 2, "order": orders(("PURCHASE_COST", "ASC"))}
            for cursor in (garbage, good[:cut], good[cut:]):
                if cursor != good:
                    assert (await gateway.ask(PAGE, after=cursor, **asked)).codes == ["BAD_USER_INPUT"]
            # What was put in between may happen to make sense.
            spliced = await gateway.ask(PAGE, after=good[:cut] + garbage + good[cut:], **asked)
            assert set(spliced.codes) <= {"BAD_USER_INPUT"}

    asyncio.run(check())


async def test_a_row_that_is_gone_since_leaves_the_others_in_place() -> None:
    for order in ([], orders(("NAME", "ASC"))):
        async with world(EVERY) as gateway:
            whole = await page(gateway, first=100, order=order)
            cursor, names = whole["edges"][9]["cursor"], named(whole)
        gone = [one for one in EVERY if one.id != names[9]]
        async with world(gone) as gateway:
            rest = named(await page(gateway, first=100, after=cursor, order=order))
        # Without an asked order the sources take turns, and the turns of one have moved.
        assert rest == names[10:] if order else sorted(rest) == sorted(names[10:])


# --- the other lists


@pytest.mark.parametrize("root", sorted({*connections()} - {"unifiedAssets"}))
async def test_every_list_pages(root: str, large: Company) -> None:
    query = f"""query ($first: Int, $after: String) {{ {root}(first: $first, after: $after) {{
      totalCount totalIsExact complete nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }}"""
    async with sandbox(large, cached=True) as gateway:
        whole = (await gateway.ask(query, first=500)).whole[root]
        assert whole["complete"] is True
        assert whole["nodes"]
        names = [one["id"] for one in whole["nodes"]]
        assert len(names) == len(set(names))
        if not whole["pageInfo"]["hasNextPage"]:
            assert (whole["totalCount"], whole["totalIsExact"]) == (len(names), True)
        size = max(1, len(names) // 3)
        found: list[str] = []
        after = None
        while len(found) < len(names):
            part = (await gateway.ask(query, first=size, after=after)).whole[root]
            assert part["nodes"]
            found += [one["id"] for one in part["nodes"]]
            after = part["pageInfo"]["endCursor"]
    assert found[: len(names)] == names


def test_decimals_of_the_world_differ_only_in_how_they_are_written() -> None:
    """The world has costs that are equal and written in two ways; else the ties above prove nothing."""
    costs = [one.purchaseCost for one in SHOWN if one.purchaseCost is not None]
    assert {str(one) for one in costs if one == Decimal(10)} == {"10", "10.00"}
