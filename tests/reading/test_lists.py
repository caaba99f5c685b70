"""Lists over five sources: no row lost, none twice, the same order at any page size, forwards and backwards."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import graphql
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.connector.description.vocabulary import ENUMS
from gateway.sandbox import Company
from gateway.sandbox.server import create_apps
from gateway.testing.selections import connections, fields, node_types, types
from gateway.testing.upstreams import served
from tests.support.gateway import Gateway, sandbox
from tests.support.small_world import Thing, things, world

EVERY = things()
SHOWN = tuple(thing for thing in EVERY if not thing.deleted)
SOURCES = ("fiwit", "halo", "revnue", "s3s", "tether")

PAGE = """query ($first: Int, $after: String, $last: Int, $before: String, $filter: AssetFilter,
                 $order: [AssetOrder!]) {
  assets(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $order) {
    totalCount totalIsExact complete
    nodes { id }
    edges { cursor node { id } }
    sources { source { name } count complete }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


async def page(gateway: Gateway, **arguments: Any) -> dict[str, Any]:
    connection: dict[str, Any] = (await gateway.ask(PAGE, **arguments)).whole["assets"]
    return connection


def ids_of(connection: dict[str, Any]) -> list[str]:
    return [node["id"] for node in connection["nodes"]]


async def forwards(gateway: Gateway, sizes: Sequence[int], **arguments: Any) -> list[str]:
    """All ids, by pages of these sizes in turn."""
    ids: list[str] = []
    after: str | None = None
    for turn in range(200):
        size = sizes[turn % len(sizes)]
        connection = await page(gateway, first=size, after=after, **arguments)
        assert len(connection["nodes"]) <= size
        assert connection["pageInfo"]["hasPreviousPage"] is bool(ids)
        ids += ids_of(connection)
        after = connection["pageInfo"]["endCursor"] or after
        if not connection["pageInfo"]["hasNextPage"]:
            return ids
        assert len(connection["nodes"]) == size
    raise AssertionError("the pages never end")


async def backwards(gateway: Gateway, sizes: Sequence[int], **arguments: Any) -> list[str]:
    ids: list[str] = []
    before: str | None = None
    for turn in range(200):
        size = sizes[turn % len(sizes)]
        connection = await page(gateway, last=size, before=before, **arguments)
        assert connection["pageInfo"]["hasNextPage"] is bool(ids)
        ids = ids_of(connection) + ids
        before = connection["pageInfo"]["startCursor"] or before
        if not connection["pageInfo"]["hasPreviousPage"]:
            return ids
        assert len(connection["nodes"]) == size
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
    "CATEGORY": "category",
    "LOCATION": "location_name",
    "ORGANISATION": "organisation",
    "SOURCE": "source",
    "ASSIGNED_TO": "person_name",
}


def number(value: Any) -> Any:
    """A value as something that orders as it does."""
    if isinstance(value, datetime):
        return value.timestamp()
    return value.toordinal() if isinstance(value, date) else value


def ordered(rows: Sequence[Thing], order: Sequence[tuple[str, str]]) -> list[str]:
    """The ids in an order: missing values last, equal ones by source and native id."""
    things = sorted(rows, key=lambda thing: (thing.source, thing.native))
    for field, direction in reversed(order):
        name = ORDER_FIELDS[field]

        def value(thing: Thing, name: str = name) -> Any:
            raw = getattr(thing, name)
            return ENUMS["Asset.status"].index(raw) if name == "status" else number(raw)

        present = [thing for thing in things if value(thing) is not None]
        missing = [thing for thing in things if value(thing) is None]
        # Equal rows keep their order also where the values are turned round.
        things = sorted(present, key=value, reverse=direction == "DESC") + missing
    return [thing.id for thing in things]


def orders(*terms: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"field": field, "direction": direction} for field, direction in terms]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_text_is_ordered_without_regard_to_case_if_that_is_asked_for(direction: str) -> None:
    order = [{"field": "NAME", "direction": direction, "caseInsensitive": True}]
    folded = [replace(thing, name=thing.name and thing.name.casefold()) for thing in SHOWN]
    async with world(EVERY) as gateway:
        whole = await page(gateway, first=100, order=order)
        assert ids_of(whole) == ordered(folded, [("NAME", direction)])
        assert ids_of(whole) != ordered(SHOWN, [("NAME", direction)])
        for sizes in ([1, 2, 7], [5]):
            assert await forwards(gateway, sizes, order=order) == ids_of(whole)
            assert await backwards(gateway, sizes, order=order) == ids_of(whole)
        # A cursor of the one order is none of the other's.
        arguments = {"after": whole["edges"][3]["cursor"], "order": orders(("NAME", direction))}
        assert (await gateway.ask(PAGE, **arguments)).codes == ["BAD_USER_INPUT"]


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
        connection = await page(gateway, first=100, order=orders((field, direction)))
    assert ids_of(connection) == ordered(SHOWN, [(field, direction)])
    assert (connection["totalCount"], connection["totalIsExact"], connection["complete"]) == (
        len(SHOWN),
        True,
        True,
    )


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
    shown = [thing for thing in every if not thing.deleted]

    async def check() -> None:
        async with world(every, size=size) as gateway:
            whole = ids_of(await page(gateway, first=100, order=orders(*order)))
            assert await forwards(gateway, sizes, order=orders(*order)) == whole
            assert await backwards(gateway, sizes, order=orders(*order)) == whole
        assert len(whole) == len(set(whole)) == len(shown)
        if order:
            assert whole == ordered(shown, order)

    asyncio.run(check())


async def test_the_fixed_order_does_not_depend_on_what_is_selected_or_asked_before() -> None:
    async with world(EVERY) as gateway:
        whole = ids_of(await page(gateway, first=100))
        bare = (
            await gateway.ask("{ assets(first: 100) { nodes { id notes customFields { name } } } }")
        ).whole
        assert [node["id"] for node in bare["assets"]["nodes"]] == whole
        for size in (1, 2, 3, 5, 50):
            assert ids_of(await page(gateway, first=size)) == whole[:size]


async def test_fifty_rows_come_where_no_number_is_given() -> None:
    async with world(things(each=20)) as gateway:
        assert len(ids_of(await page(gateway))) == 50


async def test_first_and_after_with_before_and_last_with_after() -> None:
    async with world(EVERY) as gateway:
        whole = await page(gateway, first=100)
        cursors = [edge["cursor"] for edge in whole["edges"]]
        names = ids_of(whole)
        assert ids_of(await page(gateway, first=3, after=cursors[4], before=cursors[6])) == names[5:6]
        assert ids_of(await page(gateway, first=3, after=cursors[4], before=cursors[20])) == names[5:8]
        assert ids_of(await page(gateway, last=3, after=cursors[4], before=cursors[20])) == names[17:20]
        assert ids_of(await page(gateway, last=100, after=cursors[30])) == names[31:]


async def test_every_edge_is_a_place_to_carry_on_from() -> None:
    async with world(EVERY) as gateway:
        for order in ([], orders(("PURCHASE_DATE", "DESC")), orders(("NAME", "ASC"))):
            whole = await page(gateway, first=100, order=order)
            names = ids_of(whole)
            assert [edge["node"]["id"] for edge in whole["edges"]] == names
            for index in (0, 1, 7, 15, len(names) - 2, len(names) - 1):
                cursor = whole["edges"][index]["cursor"]
                rest = await page(gateway, first=100, after=cursor, order=order)
                assert ids_of(rest) == names[index + 1 :]
                ahead = await page(gateway, last=100, before=cursor, order=order)
                assert ids_of(ahead) == names[:index]


async def test_no_rows_asked_for_are_no_rows_and_the_truth_about_the_rest() -> None:
    async with world(EVERY) as gateway:
        connection = await page(gateway, first=0)
        assert (ids_of(connection), connection["totalCount"], connection["pageInfo"]["hasNextPage"]) == (
            [],
            len(SHOWN),
            True,
        )
        assert (connection["pageInfo"]["startCursor"], connection["pageInfo"]["endCursor"]) == (None, None)
        connection = await page(gateway, last=0)
        assert (ids_of(connection), connection["pageInfo"]["hasPreviousPage"]) == ([], True)


async def test_every_source_tells_how_it_took_part() -> None:
    async with world(EVERY) as gateway:
        connection = await page(gateway, first=12)
    assert [outcome["source"]["name"] for outcome in connection["sources"]] == list(SOURCES)
    assert {outcome["source"]["name"]: outcome["count"] for outcome in connection["sources"]} == {
        source: sum(name.startswith(f"{source}:") for name in ids_of(connection)) for source in SOURCES
    }
    assert all(outcome["complete"] for outcome in connection["sources"])


async def test_a_source_that_a_filter_leaves_out_is_neither_asked_nor_told_of() -> None:
    async with world(EVERY) as gateway:
        for filter_input in ({"source": {"in": ["tether", "HALO"]}}, {"vendor": {"in": ["TETHER", "HALO"]}}):
            gateway.upstreams.forget()
            connection = await page(gateway, first=5, filter=filter_input)
            assert [outcome["source"]["name"] for outcome in connection["sources"]] == ["halo", "tether"]
            assert {call.source for call in gateway.calls} == {"halo", "tether"}


# --- cursors


async def test_a_cursor_of_another_list_is_refused_without_a_call() -> None:
    async with world(EVERY) as gateway:
        cursor = (await page(gateway, first=3))["pageInfo"]["endCursor"]
        by_name = (await page(gateway, first=3, order=orders(("NAME", "ASC"))))["pageInfo"]["endCursor"]
        gateway.upstreams.forget()
        for arguments in (
            {"after": cursor, "order": orders(("NAME", "ASC"))},
            {"after": by_name},
            {"after": by_name, "order": orders(("NAME", "DESC"))},
            {"after": cursor, "filter": {"name": {"eq": "alpha"}}},
            {"before": cursor, "filter": {"status": {"ne": "RETIRED"}}},
        ):
            answer = await gateway.ask(PAGE, **arguments)
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
            arguments = {"first": 2, "order": orders(("PURCHASE_COST", "ASC"))}
            for cursor in (garbage, good[:cut], good[cut:]):
                if cursor != good:
                    assert (await gateway.ask(PAGE, after=cursor, **arguments)).codes == ["BAD_USER_INPUT"]
            # What was put in between may happen to make sense.
            spliced = await gateway.ask(PAGE, after=good[:cut] + garbage + good[cut:], **arguments)
            assert set(spliced.codes) <= {"BAD_USER_INPUT"}

    asyncio.run(check())


async def test_a_row_that_is_gone_since_leaves_the_others_in_place() -> None:
    for order in ([], orders(("NAME", "ASC"))):
        async with world(EVERY) as gateway:
            whole = await page(gateway, first=100, order=order)
            cursor, names = whole["edges"][9]["cursor"], ids_of(whole)
        gone = [thing for thing in EVERY if thing.id != names[9]]
        async with world(gone) as gateway:
            rest = ids_of(await page(gateway, first=100, after=cursor, order=order))
        # Without an asked order the sources take turns, and the turns of one have moved.
        assert rest == names[10:] if order else sorted(rest) == sorted(names[10:])


# --- the other lists


#: Things of several sources have tests of their own.
RECORD_LISTS = sorted(
    root
    for root, type_name in connections().items()
    if type_name in node_types() and type_name != "UnifiedAsset"
)


@pytest.mark.parametrize("root", RECORD_LISTS)
async def test_every_list_pages(root: str, large: Company) -> None:
    query = f"""query ($first: Int, $after: String) {{ {root}(first: $first, after: $after) {{
      totalCount totalIsExact complete nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }}"""
    async with sandbox(large, cached=True) as gateway:
        whole = (await gateway.ask(query, first=500)).whole[root]
        assert whole["complete"] is True
        assert whole["nodes"]
        names = [node["id"] for node in whole["nodes"]]
        assert len(names) == len(set(names))
        if not whole["pageInfo"]["hasNextPage"]:
            assert (whole["totalCount"], whole["totalIsExact"]) == (len(names), True)
        size = max(1, len(names) // 3)
        paged_names: list[str] = []
        after = None
        while len(paged_names) < len(names):
            part = (await gateway.ask(query, first=size, after=after)).whole[root]
            assert part["nodes"]
            paged_names += [node["id"] for node in part["nodes"]]
            after = part["pageInfo"]["endCursor"]
    assert paged_names[: len(names)] == names


def test_decimals_of_the_world_differ_only_in_how_they_are_written() -> None:
    """The world has costs that are equal and written in two ways; else the ties above prove nothing."""
    costs = [cost.purchaseCost for cost in SHOWN if cost.purchaseCost is not None]
    assert {str(cost) for cost in costs if cost == Decimal(10)} == {"10", "10.00"}


#: What an order is by, where that is no field of the same name.
ORDERED_BY = {
    "LOCATION": "location { name }",
    "ASSIGNED_TO": "assignedTo { name }",
    "REQUESTER": "requester { name }",
    "ASSIGNEE": "assignee { name }",
    "SOURCE": "source { name }",
    "TYPE": "ticketType",
}
WARRANTY = ("WARRANTY_START_DATE", "WARRANTY_END_DATE", "SUPPORT_START_DATE", "SUPPORT_END_DATE")


def order_fields(type_name: str) -> list[str]:
    offered = types().type_map[f"{type_name}OrderField"]
    assert isinstance(offered, graphql.GraphQLEnumType)
    return [name for name in offered.values if name not in WARRANTY]


def camel(name: str) -> str:
    first, *rest = name.lower().split("_")
    return first + "".join(word.title() for word in rest)


def shown_value(node: Mapping[str, Any], type_name: str, field: str) -> Any:
    """What a row is ordered by, as something that orders as it does; None if it has nothing."""
    value = node[ORDERED_BY.get(field, camel(field)).partition(" ")[0]]
    value = value["name"] if isinstance(value, dict) else value
    if field in {"PURCHASE_COST", "READING"}:
        return None if value is None else Decimal(value)
    if field.endswith("_AT"):
        return None if value is None else datetime.fromisoformat(value)
    ranks = ENUMS.get(f"{type_name}.{field.lower()}")
    return value if ranks is None else ranks.index(value)


@pytest.mark.parametrize("root", RECORD_LISTS)
async def test_every_list_has_the_same_arguments_and_is_ordered_by_each_field_that_it_offers(
    root: str, large: Company
) -> None:
    type_name = connections()[root]
    assert {"first", "after", "last", "before", "filter", "orderBy"} <= fields("Query")[root].args.keys()
    names = order_fields(type_name)
    selection = " ".join(dict.fromkeys(ORDERED_BY.get(name, camel(name)) for name in names))
    limits = {"GATEWAY_LIMITS__UPSTREAM_CALLS": "3000"}
    distinct = 0
    async with sandbox(large, cached=True, environ=limits) as gateway:
        for name in names:
            parts = [
                f"{direction.lower()}: {root}(first: 300, orderBy: [{{field: {name}, direction: {direction}}}]) "
                f"{{ complete nodes {{ id {selection} }} }}"
                for direction in ("ASC", "DESC")
            ]
            last = f"last: {root}(last: 2, orderBy: [{{field: {name}}}]) {{ nodes {{ id }} pageInfo {{ endCursor }} }}"
            data = (await gateway.ask(f"{{ {' '.join(parts)} {last} }}")).whole
            for direction in ("asc", "desc"):
                values = [shown_value(node, type_name, name) for node in data[direction]["nodes"]]
                present = [value for value in values if value is not None]
                assert values == sorted(present, reverse=direction == "desc") + [None] * values.count(None)
                distinct = max(distinct, len(set(values)))
            if len(data["asc"]["nodes"]) < 300:
                assert [node["id"] for node in data["last"]["nodes"]] == [
                    node["id"] for node in data["asc"]["nodes"][-2:]
                ]
    assert distinct > 1


@pytest.mark.parametrize(
    ("root", "filter_input"),
    [
        ("people", '{name: {contains: "an"}}'),
        ("people", '{email: {contains: "@"}, vendor: {eq: HALO}}'),
        ("people", '{search: "AN"}'),
        ("contracts", '{number: {isNull: false}, endDate: {gte: "2020-01-01"}}'),
        ("assetChanges", "{field: {isNull: false}}"),
        ("licenceChanges", '{changedAt: {gte: "2020-01-01T00:00:00Z"}}'),
        ("softwareInstallations", '{search: "a"}'),
        ("certificates", "{subject: {isNull: false}}"),
        ("orders", '{source: {eq: "s3s"}}'),
    ],
)
async def test_a_filter_and_its_complement_share_the_rows(
    root: str, filter_input: str, large: Company
) -> None:
    async with sandbox(large, cached=True) as gateway:
        query = f"""{{ all: {root} {{ totalCount }} some: {root}(filter: {filter_input}, first: 500) {{
          totalCount complete nodes {{ id }} }} }}"""
        data = (await gateway.ask(query)).whole
        assert 0 < data["some"]["totalCount"] <= data["all"]["totalCount"]
        assert len(data["some"]["nodes"]) == data["some"]["totalCount"]


async def test_people_are_searched_by_name_and_address(large: Company) -> None:
    query = (
        "query ($search: String) { people(first: 500, filter: {search: $search}) { nodes { name email } } }"
    )
    async with sandbox(large, cached=True) as gateway:
        everybody = (await gateway.ask(query, search="")).whole["people"]["nodes"]
        for term in ("an", "@", "SCH"):
            matching = [
                person
                for person in everybody
                if any(term.casefold() in (person[name] or "").casefold() for name in ("name", "email"))
            ]
            assert matching
            assert (await gateway.ask(query, search=term)).whole["people"]["nodes"] == matching


async def test_lists_of_a_record_take_filters_orders_and_pages_from_their_end(large: Company) -> None:
    query = """{ locations(first: 3, filter: {source: {eq: "halo"}}) { nodes {
      assets(first: 200, orderBy: [{field: NAME}]) { nodes { id name } }
      last: assets(last: 2, orderBy: [{field: NAME}]) { nodes { id } pageInfo { hasPreviousPage startCursor } }
      dell: assets(first: 200, filter: {manufacturer: {contains: "dell"}}, orderBy: [{field: NAME, direction: DESC}]) {
        totalCount nodes { manufacturer name } } } } }"""
    async with sandbox(large, cached=True, environ={"GATEWAY_LIMITS__UPSTREAM_CALLS": "3000"}) as gateway:
        places = (await gateway.ask(query)).whole["locations"]["nodes"]
    for place in places:
        rows = place["assets"]["nodes"]
        assert [row["id"] for row in rows[-2:]] == [row["id"] for row in place["last"]["nodes"]]
        names = [row["name"] for row in place["dell"]["nodes"]]
        assert names == sorted(names, reverse=True)
        assert all("dell" in row["manufacturer"].lower() for row in place["dell"]["nodes"])


async def test_a_page_before_a_cursor_has_fifty_rows_where_no_number_is_given() -> None:
    async with world(things(each=20)) as gateway:
        whole = await page(gateway, first=100)
        ahead = await page(gateway, before=whole["edges"][-1]["cursor"])
        assert ids_of(ahead) == ids_of(whole)[-51:-1]


async def test_the_name_of_a_linked_record_that_cannot_be_read_is_told_and_comes_last(
    company: Company,
) -> None:
    fiwit = served(create_apps(company)["fiwit"])

    def without_places(request: httpx.Request) -> httpx.Response | Awaitable[httpx.Response]:
        return httpx.Response(503) if request.url.path.endswith("/locations") else fiwit(request)

    async with sandbox(company, only=("fiwit",), handlers={"fiwit": without_places}) as gateway:
        answer = await gateway.ask("{ assets(orderBy: [{field: LOCATION}]) { complete nodes { id } } }")
    assert answer.data["assets"]["complete"] is False
    assert answer.data["assets"]["nodes"]
    assert answer.codes == ["UPSTREAM_UNAVAILABLE"]


async def test_each_source_says_how_many_rows_of_the_whole_list_are_its(company: Company) -> None:
    query = """query ($filter: AssetFilter) { assets(first: 3, filter: $filter) {
      totalCount sources { source { name } totalCount count complete } } }"""

    def down(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(503)

    async with sandbox(company) as gateway:
        for filter_input in (None, {"status": {"eq": "IN_USE"}}):
            connection = (await gateway.ask(query, filter=filter_input)).whole["assets"]
            assert sum(part["totalCount"] for part in connection["sources"]) == connection["totalCount"]
    async with sandbox(company, handlers={"tether": down}) as gateway:
        connection = (await gateway.ask(query)).data["assets"]
    counts = {part["source"]["name"]: part["totalCount"] for part in connection["sources"]}
    assert counts.pop("tether") is None
    assert sum(counts.values()) == connection["totalCount"]
