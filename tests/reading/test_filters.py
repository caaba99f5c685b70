"""A filter means the same for every source, whatever its vendor can filter: checked against a plain reading of it."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sandbox import Company
from gateway.testing.selections import fields
from tests.support.gateway import Gateway, sandbox
from tests.support.small_world import (
    COSTS,
    DATES,
    MAKERS,
    MODELS,
    MOMENTS,
    NAMES,
    PROVIDERS,
    RACKS,
    SERIALS,
    TAGS,
    Thing,
    things,
    world,
)

EVERY = things()
SHOWN = tuple(thing for thing in EVERY if not thing.deleted)
DELETED = tuple(thing for thing in EVERY if thing.deleted)

QUERY = """query ($filter: AssetFilter) { assets(first: 200, filter: $filter) {
  totalCount totalIsExact complete nodes { id } } }"""


async def find_ids(gateway: Gateway, filter_input: Mapping[str, Any]) -> set[str]:
    page = (await gateway.ask(QUERY, filter=filter_input)).whole["assets"]
    ids = [node["id"] for node in page["nodes"]]
    assert len(ids) == len(set(ids))
    assert (page["totalCount"], page["totalIsExact"], page["complete"]) == (len(ids), True, True)
    return set(ids)


# --- what a filter means, said once more and plainly


def plain(text: str) -> str:
    return "".join(text.split()).upper()


def text_holds(op: str, operand: Any, value: str | None) -> bool:
    match op:
        case "eq":
            return bool(value == operand)
        case "ne":
            return bool(value != operand)
        case "in":
            return value in operand
        case "contains":
            return value is not None and operand.casefold() in value.casefold()
        case "startsWith":
            return value is not None and value.casefold().startswith(operand.casefold())
        case "isNull":
            return (value is None) is operand
    raise AssertionError(op)


def serial_holds(op: str, operand: Any, value: str | None) -> bool:
    if op == "isNull":
        return (value is None) is operand
    written = [plain(text) for text in operand] if op == "in" else plain(operand)
    return text_holds(op, written, None if value is None else plain(value))


def range_holds(op: str, operand: Any, value: Any) -> bool:
    if op == "isNull":
        return (value is None) is operand
    compare: dict[str, Callable[[Any], bool]] = {
        "eq": lambda actual: actual == operand,
        "gt": lambda actual: actual > operand,
        "gte": lambda actual: actual >= operand,
        "lt": lambda actual: actual < operand,
        "lte": lambda actual: actual <= operand,
    }
    return value is not None and compare[op](value)


TEXTS = ("name", "assetTag", "manufacturer", "model", "category", "assetType", "organisation", "ipAddress")
DAYS = ("warrantyStartDate", "warrantyEndDate", "supportStartDate", "supportEndDate")
RANGES: dict[str, Callable[[str], Any]] = {
    "purchaseDate": date.fromisoformat,
    **dict.fromkeys(DAYS, date.fromisoformat),
    "purchaseCost": Decimal,
    "createdAt": datetime.fromisoformat,
    "updatedAt": datetime.fromisoformat,
}


def terms(name: str, operand: Any, thing: Thing) -> Iterator[bool]:
    if name == "and":
        yield all(holds(part, thing) for part in operand)
    elif name == "or":
        yield any(holds(part, thing) for part in operand)
    elif name == "not":
        yield not holds(operand, thing)
    elif name == "search":
        words = (thing.name, thing.assetTag, thing.serialNumber, thing.model, thing.manufacturer)
        yield not operand.strip() or any(
            operand.strip().casefold() in word.casefold() for word in words if word is not None
        )
    elif name == "customField":
        values = [thing.rack if operand["name"].casefold() == "rack" else None]
        yield all(text_holds(op, value, values[0]) for op, value in operand["value"].items())
    else:
        for op, value in operand.items():
            yield _term(name, op, value, thing)


def _term(name: str, op: str, value: Any, thing: Thing) -> bool:
    if name == "source":
        return text_holds(op, value, thing.source)
    if name == "vendor":
        return text_holds(op, value, thing.source.upper())
    if name == "id":
        return not value if op == "isNull" else text_holds(op, value, thing.id)
    if name == "locationId":
        if op == "isNull":
            return (thing.location is None) is value
        return thing.location is not None and text_holds(op, value, thing.location)
    if name == "status":
        return text_holds(op, value, thing.status)
    if name == "serialNumber":
        return serial_holds(op, value, thing.serialNumber)
    if name in RANGES:
        read = RANGES[name]
        return range_holds(op, value if op == "isNull" else read(value), getattr(thing, name))
    return text_holds(op, value, getattr(thing, name))


def holds(filter_input: Mapping[str, Any], thing: Thing) -> bool:
    return all(answer for name, operand in filter_input.items() for answer in terms(name, operand, thing))


# --- filters made up


def some_text(values: tuple[str, ...]) -> st.SearchStrategy[str]:
    """A value of the world, one that differs by case, a piece of one, or none of them."""
    known = st.sampled_from(values)
    return st.one_of(
        known,
        known.map(str.swapcase),
        known.map(lambda text: text[1:3] or text),
        st.sampled_from(["", "nothing", "e"]),
    )


def text_filter(values: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    text = some_text(values)
    return st.one_of(
        st.fixed_dictionaries({"eq": text}),
        st.fixed_dictionaries({"ne": text}),
        st.fixed_dictionaries({"in": st.lists(text, max_size=3)}),
        st.fixed_dictionaries({"contains": text}),
        st.fixed_dictionaries({"startsWith": text}),
        st.fixed_dictionaries({"isNull": st.booleans()}),
        st.fixed_dictionaries({"contains": text, "ne": text}),
    )


def range_filter(values: tuple[Any, ...]) -> st.SearchStrategy[dict[str, Any]]:
    def written(value: Any) -> str:
        return value.isoformat() if isinstance(value, date) else str(value)

    bound = st.sampled_from([written(value) for value in values])
    return st.one_of(
        *(st.fixed_dictionaries({op: bound}) for op in ("eq", "gt", "gte", "lt", "lte")),
        st.fixed_dictionaries({"gte": bound, "lt": bound}),
        st.fixed_dictionaries({"isNull": st.booleans()}),
    )


def enum_filter(values: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.fixed_dictionaries({"eq": st.sampled_from(values)}),
        st.fixed_dictionaries({"ne": st.sampled_from(values)}),
        st.fixed_dictionaries({"in": st.lists(st.sampled_from(values), max_size=3)}),
    )


POOLS: dict[str, tuple[str, ...]] = {
    "name": NAMES,
    "assetTag": (*TAGS, "IT-1-5"),
    "manufacturer": MAKERS,
    "model": MODELS,
    "category": ("Laptop", "Phone", "Network", "Group"),
    "assetType": ("Laptop", "Server", *MODELS),
    "organisation": ("acme", "Acme", "111", "Ops"),
    "ipAddress": ("10.0.0.1", "10.0.0.20"),
    "warrantyProvider": PROVIDERS,
    "supportProvider": PROVIDERS,
}
SOURCES = ("fiwit", "halo", "revnue", "s3s", "tether")
# Deleted rows are hidden unless they are asked for: that has tests of its own.
STATUSES = ("AVAILABLE", "IN_USE", "RETIRED", "UNKNOWN", "BUILT")
VISIBLE = [thing.id for thing in SHOWN]

LEAVES: dict[str, st.SearchStrategy[Any]] = {
    **{name: text_filter(values) for name, values in POOLS.items()},
    "serialNumber": text_filter(SERIALS),
    "search": st.one_of(*(some_text(values) for values in (NAMES, SERIALS, MAKERS, MODELS, TAGS))),
    "source": st.one_of(
        st.fixed_dictionaries({"eq": st.sampled_from(SOURCES)}),
        st.fixed_dictionaries({"ne": st.sampled_from(SOURCES)}),
        st.fixed_dictionaries({"in": st.lists(st.sampled_from(SOURCES), max_size=3)}),
        st.fixed_dictionaries({"contains": st.sampled_from(["H", "e", "x"])}),
    ),
    "vendor": st.one_of(
        st.fixed_dictionaries({"eq": st.sampled_from([name.upper() for name in SOURCES])}),
        st.fixed_dictionaries(
            {"in": st.lists(st.sampled_from([name.upper() for name in SOURCES]), max_size=3)}
        ),
    ),
    "id": st.one_of(
        st.fixed_dictionaries({"eq": st.sampled_from(VISIBLE)}),
        st.fixed_dictionaries({"in": st.lists(st.sampled_from([*VISIBLE, "halo:Asset:999"]), max_size=6)}),
        st.fixed_dictionaries({"isNull": st.booleans()}),
    ),
    "locationId": st.one_of(
        st.fixed_dictionaries(
            {"eq": st.sampled_from(["halo:Location:1", "tether:Location:2", "fiwit:Location:1"])}
        ),
        st.fixed_dictionaries({"isNull": st.booleans()}),
        st.fixed_dictionaries(
            {
                "in": st.lists(
                    st.sampled_from(["halo:Location:1", "halo:Location:2", "tether:Location:1"]), max_size=3
                )
            }
        ),
    ),
    "status": enum_filter(STATUSES),
    "purchaseDate": range_filter(DATES),
    **{name: range_filter(DATES) for name in DAYS},
    "warrantyStatus": enum_filter(("NONE", "OUT_OF_WARRANTY", "WITHIN_WARRANTY", "UNKNOWN")),
    "supportStatus": enum_filter(("NONE", "OUT_OF_SUPPORT", "WITHIN_SUPPORT")),
    "purchaseCost": range_filter(COSTS),
    "createdAt": range_filter(MOMENTS),
    "updatedAt": range_filter((*MOMENTS, datetime(2024, 5, 1, 12, 30, tzinfo=UTC))),
    "customField": st.fixed_dictionaries(
        {
            "name": st.sampled_from(["Rack", "rack", "Shelf"]),
            "value": text_filter(RACKS),
        }
    ),
}


def leaf(name: str) -> st.SearchStrategy[dict[str, Any]]:
    return LEAVES[name].map(lambda value: {name: value})


def test_every_filter_is_tried() -> None:
    elsewhere = {"assignedToId", "ticketId", "licenceId", "contractId", "vendorParameters"}
    assert set(LEAVES) | {"and", "or", "not"} | elsewhere == set(fields("AssetFilter"))


@st.composite
def combined(draw: st.DrawFn, depth: int = 3) -> dict[str, Any]:
    """A filter of several conditions, one inside another."""
    names = draw(st.lists(st.sampled_from(sorted(LEAVES)), max_size=2, unique=True))
    filter_input: dict[str, Any] = {name: draw(LEAVES[name]) for name in names}
    if depth:
        for name in draw(st.lists(st.sampled_from(["and", "or", "not"]), max_size=2, unique=True)):
            if name == "not":
                filter_input[name] = draw(combined(depth - 1))
            else:
                filter_input[name] = [draw(combined(depth - 1)) for _ in range(draw(st.integers(0, 2)))]
    return filter_input


@pytest.mark.parametrize("name", sorted(LEAVES))
def test_each_filter_by_itself_and_its_complement(name: str) -> None:
    @settings(max_examples=8, deadline=None)
    @given(filter_input=leaf(name))
    def check(filter_input: dict[str, Any]) -> None:
        async def check_both() -> None:
            async with world(EVERY) as gateway:
                expected = {thing.id for thing in SHOWN if holds(filter_input, thing)}
                assert await find_ids(gateway, filter_input) == expected
                assert await find_ids(gateway, {"not": filter_input}) == set(VISIBLE) - expected

        asyncio.run(check_both())

    check()


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(filter_input=combined())
def test_filters_combined_and_their_complement(filter_input: dict[str, Any]) -> None:
    async def check() -> None:
        async with world(EVERY) as gateway:
            expected = {thing.id for thing in SHOWN if holds(filter_input, thing)}
            assert await find_ids(gateway, filter_input) == expected
            assert await find_ids(gateway, {"not": filter_input}) == set(VISIBLE) - expected

    asyncio.run(check())


# --- the edges, by name


@pytest.mark.parametrize(
    ("filter_input", "expected"),
    [
        ({}, lambda _: True),
        ({"and": []}, lambda _: True),
        ({"or": []}, lambda _: False),
        ({"name": {"in": []}}, lambda _: False),
        ({"not": {"name": {"in": []}}}, lambda _: True),
        ({"id": {"in": []}}, lambda _: False),
        ({"id": {"isNull": True}}, lambda _: False),
        ({"locationId": {"isNull": True}}, lambda thing: thing.location is None),
        ({"locationId": {"isNull": False}}, lambda thing: thing.location is not None),
        ({"status": {"in": []}}, lambda _: False),
        ({"vendor": {"in": []}}, lambda _: False),
        ({"name": None, "status": None}, lambda _: True),
        ({"name": {"eq": None}}, lambda _: True),
        ({"name": {}}, lambda _: True),
        ({"manufacturer": {"ne": "Dell"}}, lambda thing: thing.manufacturer != "Dell"),
        ({"manufacturer": {"eq": "Dell"}}, lambda thing: thing.manufacturer == "Dell"),
        ({"manufacturer": {"contains": "dELL"}}, lambda thing: (thing.manufacturer or "").lower() == "dell"),
        ({"serialNumber": {"eq": "C02X L1"}}, lambda thing: plain(thing.serialNumber or "") == "C02XL1"),
        (
            {"serialNumber": {"in": ["pf-3.9 ", "777"]}},
            lambda thing: plain(thing.serialNumber or "") in {"PF-3.9", "777"},
        ),
        ({"purchaseDate": {"lt": "2020-02-01"}}, lambda thing: thing.purchaseDate == DATES[0]),
        ({"purchaseCost": {"eq": "10"}}, lambda thing: thing.purchaseCost == 10),
        ({"purchaseCost": {"lt": "1000000"}}, lambda thing: thing.purchaseCost is not None),
        ({"search": "  dell "}, lambda thing: (thing.manufacturer or "").lower() == "dell"),
        ({"search": ""}, lambda _: True),
        ({"search": "c02x l1"}, lambda thing: "c02x l1" in (thing.serialNumber or "").lower()),
        ({"customField": {"name": " RACK ", "value": {"eq": "B1"}}}, lambda thing: thing.rack == "B1"),
        ({"customField": {"name": "Rack", "value": {"isNull": True}}}, lambda thing: thing.rack is None),
        ({"customField": {"name": "Rack", "value": {"ne": "B1"}}}, lambda thing: thing.rack != "B1"),
        ({"status": {"eq": "RETIRED"}}, lambda thing: thing.status == "RETIRED"),
    ],
)
async def test_edges(filter_input: dict[str, Any], expected: Callable[[Thing], bool]) -> None:
    async with world(EVERY) as gateway:
        assert await find_ids(gateway, filter_input) == {thing.id for thing in SHOWN if expected(thing)}


async def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    filter_input = {"createdAt": {"eq": "2024-05-01T12:30:00+02:00"}}
    async with world(EVERY) as gateway:
        assert (
            await find_ids(gateway, filter_input)
            == {thing.id for thing in SHOWN if thing.createdAt == MOMENTS[0]}
            != set()
        )


async def test_inactive_halo_assets_are_in_an_unfiltered_list() -> None:
    retired = {thing.id for thing in SHOWN if thing.source == "halo" and thing.status == "RETIRED"}
    async with world(EVERY) as gateway:
        assert retired
        assert retired <= await find_ids(gateway, {})


# --- rows that are hidden


async def test_deleted_fiwit_rows_are_shown_only_where_they_are_asked_for() -> None:
    gone = {thing.id for thing in DELETED}
    assert gone
    async with world(EVERY) as gateway:
        assert gone & await find_ids(gateway, {}) == set()
        assert gone & await find_ids(gateway, {"source": {"eq": "fiwit"}}) == set()
        assert gone & await find_ids(gateway, {"status": {"ne": "UNKNOWN"}}) == set()
        assert await find_ids(gateway, {"status": {"eq": "DELETED"}}) == gone
        assert await find_ids(gateway, {"status": {"in": ["DELETED", "BUILT"]}}) >= gone
        assert await find_ids(gateway, {"id": {"in": sorted(gone)}}) == gone
        assert await find_ids(gateway, {"and": [{"status": {"eq": "DELETED"}}]}) == gone


@pytest.mark.parametrize(
    "filter_input",
    [
        {"or": [{"status": {"eq": "DELETED"}}, {"status": {"eq": "BUILT"}}]},
        {"or": [{"id": {"in": [thing.id for thing in DELETED]}}, {"status": {"eq": "BUILT"}}]},
    ],
)
async def test_deleted_rows_that_are_asked_for_as_one_of_several_things(filter_input: dict[str, Any]) -> None:
    async with world(EVERY) as gateway:
        assert await find_ids(gateway, filter_input) == {
            thing.id for thing in EVERY if thing.deleted or thing.status == "BUILT"
        }


async def test_a_deleted_row_by_its_id_is_there() -> None:
    async with world(EVERY) as gateway:
        data = (await gateway.ask(f'{{ asset(id: "{DELETED[0].id}") {{ id status }} }}')).whole
    assert data["asset"] == {"id": DELETED[0].id, "status": "DELETED"}


# --- by serial number


@pytest.mark.parametrize("written", ["C02XL1", "c02xl1", " C0 2XL1 "])
async def test_a_serial_number_finds_every_sources_record_however_it_is_written(written: str) -> None:
    query = "query ($it: String!) { assetsBySerialNumber(serialNumber: $it) { id } }"
    async with world(EVERY) as gateway:
        data = (await gateway.ask(query, it=written)).whole
    expected = {thing.id for thing in SHOWN if plain(thing.serialNumber or "") == "C02XL1"}
    assert {node["id"] for node in data["assetsBySerialNumber"]} == expected
    assert len({record_id.partition(":")[0] for record_id in expected}) >= 3


@pytest.mark.parametrize("written", ["777", "n/a", "To be filled by O.E.M.", "", "  ", "0", "none"])
async def test_a_placeholder_finds_nothing_and_asks_nobody(written: str) -> None:
    query = "query ($it: String!) { assetsBySerialNumber(serialNumber: $it) { id } }"
    async with world(EVERY) as gateway:
        assert (await gateway.ask(query, it=written)).whole == {"assetsBySerialNumber": []}
        assert gateway.calls == []


# --- links, in the sandbox


async def every(gateway: Gateway, query: str, root: str, **variables: Any) -> list[Any]:
    page = (await gateway.ask(query, **variables)).whole[root]
    nodes: list[Any] = page["nodes"]
    return nodes


LINKS = """{ assets(first: 500) { nodes { id location { id } assignedTo { id } contract { id }
             licences(first: 500) { nodes { id } } } } }"""


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("locationId", lambda node: {node["location"] and node["location"]["id"]}),
        ("assignedToId", lambda node: {node["assignedTo"] and node["assignedTo"]["id"]}),
        ("contractId", lambda node: {node["contract"] and node["contract"]["id"]}),
        ("licenceId", lambda node: {row["id"] for row in node["licences"]["nodes"]}),
    ],
)
async def test_a_filter_by_a_link_finds_what_the_links_say(
    company: Company, name: str, of: Callable[[Any], set[str]]
) -> None:
    limits = {"GATEWAY_LIMITS__UPSTREAM_CALLS": "1000"}
    async with sandbox(company, environ=limits, cached=True) as gateway:
        rows = await every(gateway, LINKS, "assets")
        linked_ids = sorted({link for node in rows for link in of(node) if link})
        assert linked_ids
        vendors = {link.partition(":")[0]: link for link in linked_ids}
        query = f"query ($ids: [ID!]!) {{ assets(first: 500, filter: {{{name}: {{in: $ids}}}}) {{ nodes {{ id }} }} }}"
        for ids in [[linked_id] for linked_id in vendors.values()] + [
            sorted(vendors.values()),
            linked_ids[:3],
        ]:
            nodes = await every(gateway, query, "assets", ids=ids)
            assert {node["id"] for node in nodes} == {node["id"] for node in rows if of(node) & set(ids)}


@pytest.mark.parametrize(
    ("name", "link"), [("locationId", "location"), ("assignedToId", "assignedTo"), ("contractId", "contract")]
)
async def test_is_null_finds_what_has_no_link(company: Company, name: str, link: str) -> None:
    limits = {"GATEWAY_LIMITS__UPSTREAM_CALLS": "1000"}
    async with sandbox(company, environ=limits, cached=True) as gateway:
        rows = await every(gateway, LINKS, "assets")
        query = f"""query ($isNull: Boolean!) {{
          assets(first: 500, filter: {{{name}: {{isNull: $isNull}}}}) {{ nodes {{ id }} }} }}"""
        for is_null in (True, False):
            ids = {node["id"] for node in await every(gateway, query, "assets", isNull=is_null)}
            assert ids == {node["id"] for node in rows if (node[link] is None) is is_null}
            assert ids


@pytest.mark.parametrize("name", ["ticketId", "licenceId"])
async def test_is_null_is_refused_where_a_row_may_have_several_links(company: Company, name: str) -> None:
    async with sandbox(company, only=("tether", "halo")) as gateway:
        answer = await gateway.ask(f"{{ assets(filter: {{{name}: {{isNull: true}}}}) {{ nodes {{ id }} }} }}")
        assert (answer.codes, gateway.calls) == (["BAD_USER_INPUT"], [])


async def test_tickets_and_assets_find_each_other(company: Company) -> None:
    query = "{ tickets(first: 500) { nodes { id assets(first: 50) { nodes { id } } } } }"
    limits = {"GATEWAY_LIMITS__UPSTREAM_CALLS": "1000"}
    async with sandbox(company, environ=limits, cached=True) as gateway:
        tickets = await every(gateway, query, "tickets")
        linked = [ticket for ticket in tickets if ticket["assets"]["nodes"]]
        assert {ticket["id"].partition(":")[0] for ticket in linked} == {"fiwit", "halo"}
        for ticket in linked[:6]:
            assets = [asset["id"] for asset in ticket["assets"]["nodes"]]
            by_filter = (
                "query ($id: ID!) { tickets(first: 500, filter: {assetId: {eq: $id}}) { nodes { id } } }"
            )
            assert ticket["id"] in {
                row["id"] for row in await every(gateway, by_filter, "tickets", id=assets[0])
            }
            if ticket["id"].startswith("halo"):
                by_ticket = (
                    "query ($id: ID!) { assets(first: 500, filter: {ticketId: {eq: $id}}) { nodes { id } } }"
                )
                assert [
                    row["id"] for row in await every(gateway, by_ticket, "assets", id=ticket["id"])
                ] == assets
