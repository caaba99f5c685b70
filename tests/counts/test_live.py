"""Counts out of the sources: the same as counting the rows of the list, in the calls of one reading."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import pytest

from gateway.sandbox import Company, make_company
from gateway.testing.upstreams import Handler, answered, silent
from tests.support.gateway import Gateway, sandbox, sandbox_sources

COUNTS = """query ($by: [AssetGroup!]!, $filter: AssetFilter, $first: Int) {
  assetCounts(by: $by, filter: $filter, first: $first) {
    total others complete asOf buckets { values labels count }
    sources { source { name } count totalCount complete stale error { code } } } }"""
TICKETS = COUNTS.replace("Asset", "Ticket").replace("asset", "ticket")
MANY_CALLS = {"GATEWAY_LIMITS__UPSTREAM_CALLS": "3000"}

#: What a row shows of each group: its value and its label.
ASSET_GROUPS = {
    "STATUS": ("status", "status"),
    "VENDOR": ("source { vendor }", "vendor"),
    "SOURCE": ("source { name }", "name"),
    "MANUFACTURER": ("manufacturer", "manufacturer"),
    "MODEL": ("model", "model"),
    "CATEGORY": ("category", "category"),
    "ASSET_TYPE": ("assetType", "assetType"),
    "LOCATION": ("location { id name }", "id"),
    "ORGANISATION": ("organisation", "organisation"),
    "ASSIGNED_TO": ("assignedTo { id name }", "id"),
    "WARRANTY_STATUS": ("warranty { status }", "status"),
    "PURCHASE_YEAR": ("purchaseDate", "purchaseDate"),
}
TICKET_GROUPS = {
    "STATUS": ("status", "status"),
    "PRIORITY": ("priority", "priority"),
    "TYPE": ("ticketType", "ticketType"),
    "VENDOR": ("source { vendor }", "vendor"),
    "SOURCE": ("source { name }", "name"),
    "ASSIGNEE": ("assignee { id name }", "id"),
    "CREATED_MONTH": ("createdAt", "createdAt"),
}
_CUT = {"PURCHASE_YEAR": 4, "CREATED_MONTH": 7}


def value_of(row: Mapping[str, Any], shown: tuple[str, str], group: str) -> str | None:
    selection, leaf = shown
    value = row[selection.partition(" ")[0]]
    if isinstance(value, dict):
        value = value[leaf]
    return value if value is None else value[: _CUT.get(group)]


def expected(rows: Sequence[Mapping[str, Any]], groups: Mapping[str, Any], by: Sequence[str]) -> Counter[Any]:
    return Counter(tuple(value_of(row, groups[group], group) for group in by) for row in rows)


def in_order(counts: Mapping[tuple[str | None, ...], int]) -> list[tuple[tuple[str | None, ...], int]]:
    """The largest first, equal ones by their values, none last."""
    return sorted(
        counts.items(), key=lambda item: (-item[1], [(value is None, value or "") for value in item[0]])
    )


def buckets(answer: Mapping[str, Any]) -> list[tuple[tuple[str | None, ...], int]]:
    return [(tuple(bucket["values"]), bucket["count"]) for bucket in answer["buckets"]]


@pytest.mark.parametrize("group", [name for name in ASSET_GROUPS if name != "WARRANTY_STATUS"])
async def test_assets_by_each_group_as_their_rows_say(company: Company, group: str) -> None:
    async with sandbox(company, cached=True, environ=MANY_CALLS) as gateway:
        rows = (
            await gateway.ask(f"{{ assets(first: 500) {{ nodes {{ {ASSET_GROUPS[group][0]} }} }} }}")
        ).whole
        counts = (await gateway.ask(COUNTS, by=[group], first=500)).whole["assetCounts"]
    nodes = rows["assets"]["nodes"]
    assert buckets(counts) == in_order(expected(nodes, ASSET_GROUPS, [group]))
    assert (counts["total"], counts["others"], counts["complete"]) == (len(nodes), 0, True)
    assert sum(part["count"] for part in counts["sources"]) == len(nodes)
    if group in {"LOCATION", "ASSIGNED_TO"}:
        names = {row[field]["id"]: row[field]["name"] for row in nodes for field in row if row[field]}
        assert {b["values"][0]: b["labels"][0] for b in counts["buckets"]} == names | {None: None}


@pytest.mark.parametrize("group", TICKET_GROUPS)
async def test_tickets_by_each_group_as_their_rows_say(company: Company, group: str) -> None:
    async with sandbox(company, cached=True, environ=MANY_CALLS) as gateway:
        query = f"{{ tickets(first: 500) {{ nodes {{ {TICKET_GROUPS[group][0]} }} }} }}"
        nodes = (await gateway.ask(query)).whole["tickets"]["nodes"]
        counts = (await gateway.ask(TICKETS, by=[group], first=500)).whole["ticketCounts"]
    assert buckets(counts) == in_order(expected(nodes, TICKET_GROUPS, [group]))
    assert counts["total"] == len(nodes)


async def test_several_groups_a_filter_and_the_rest_past_the_first(company: Company) -> None:
    by = ["STATUS", "MANUFACTURER", "PURCHASE_YEAR"]
    selection = " ".join(ASSET_GROUPS[group][0] for group in by)
    filter_input = {"or": [{"status": {"in": ["IN_USE", "UNKNOWN"]}}, {"name": {"contains": "a"}}]}
    query = f"""query ($filter: AssetFilter) {{ assets(first: 500, filter: $filter) {{ nodes {{ {selection} }} }} }}"""
    async with sandbox(company, cached=True, environ=MANY_CALLS) as gateway:
        nodes = (await gateway.ask(query, filter=filter_input)).whole["assets"]["nodes"]
        counts = (await gateway.ask(COUNTS, by=by, filter=filter_input, first=7)).whole["assetCounts"]
        totals = (await gateway.ask(COUNTS, by=by, filter=filter_input, first=0)).whole["assetCounts"]
    ordered = in_order(expected(nodes, ASSET_GROUPS, by))
    assert len(ordered) > 7
    assert buckets(counts) == ordered[:7]
    assert counts["others"] == len(nodes) - sum(count for _, count in ordered[:7])
    assert (totals["buckets"], totals["total"], totals["others"]) == ([], len(nodes), len(nodes))


async def test_every_bucket_is_what_a_filter_by_its_value_counts() -> None:
    filters = {
        "MANUFACTURER": "manufacturer",
        "MODEL": "model",
        "CATEGORY": "category",
        "ASSET_TYPE": "assetType",
        "ORGANISATION": "organisation",
        "LOCATION": "locationId",
        "ASSIGNED_TO": "assignedToId",
    }
    query = "query ($filter: AssetFilter) { assetCounts(by: [SOURCE], filter: $filter) { total } }"
    small = make_company(seed=4, assets=25)
    async with sandbox(small, cached=True, only=("halo", "fiwit", "tether"), environ=MANY_CALLS) as gateway:
        for group, name in filters.items():
            for bucket in (await gateway.ask(COUNTS, by=[group])).whole["assetCounts"]["buckets"]:
                (value,) = bucket["values"]
                condition = {"isNull": True} if value is None else {"eq": value}
                counts = (await gateway.ask(query, filter={name: condition})).whole["assetCounts"]
                assert counts["total"] == bucket["count"], (group, value)


async def test_a_value_of_a_bucket_filters_as_many_rows(company: Company) -> None:
    filters = {
        "STATUS": "status",
        "MANUFACTURER": "manufacturer",
        "LOCATION": "locationId",
        "WARRANTY_STATUS": "warrantyStatus",
    }
    async with sandbox(company, cached=True, environ=MANY_CALLS) as gateway:
        for group, name in filters.items():
            counts = (await gateway.ask(COUNTS, by=[group])).whole["assetCounts"]
            for bucket in counts["buckets"][:4]:
                if bucket["values"] == [None]:
                    continue
                filter_input = {name: {"eq": bucket["values"][0]}}
                query = "query ($filter: AssetFilter) { assets(filter: $filter) { totalCount } }"
                rows = (await gateway.ask(query, filter=filter_input)).whole["assets"]
                assert rows["totalCount"] == bucket["count"]


async def test_labels_are_words(company: Company) -> None:
    async with sandbox(company) as gateway:
        counts = (await gateway.ask(COUNTS, by=["STATUS", "VENDOR"])).whole["assetCounts"]
    labels = {tuple(bucket["values"]): tuple(bucket["labels"]) for bucket in counts["buckets"]}
    assert labels["IN_USE", "TETHER"] == ("In use", "Tether")
    assert labels["BUILT", "S3S"] == ("Built", "S3S")


async def test_one_reading_of_each_source_whatever_is_counted_by(company: Company) -> None:
    one = "{ assetCounts(by: [STATUS]) { total } }"
    many = """{ a: assetCounts(by: [STATUS]) { total } b: assetCounts(by: [SOURCE, CATEGORY, ORGANISATION]) { total }
                c: assetCounts(by: [VENDOR], first: 0) { total } list: assets(last: 1) { nodes { id } } }"""
    async with sandbox(company) as gateway:
        _, calls = await gateway.measure(one)
        answer, calls_of_all = await gateway.measure(many)
        assert sorted(line for line in calls_of_all if line in calls) == calls
    assert answer["a"] == answer["b"] == answer["c"]
    assert len([line for line in calls if line == "tether /assets"]) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("by: []", "BAD_USER_INPUT"),
        ("by: [STATUS, MODEL, STATUS]", "BAD_USER_INPUT"),
        ("by: [STATUS, MODEL, VENDOR, SOURCE, CATEGORY]", "BAD_USER_INPUT"),
        ("by: [STATUS], first: -1", "BAD_USER_INPUT"),
        ("by: [STATUS], first: 501", "BAD_USER_INPUT"),
        ('by: [STATUS], filter: {source: {eq: "nobody"}}', "BAD_USER_INPUT"),
        ('by: [STATUS], filter: {locationId: {eq: "rubbish"}}', "BAD_USER_INPUT"),
        ("by: [NOTHING]", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_what_cannot_be_counted_is_refused_without_a_call(
    company: Company, arguments: str, code: str
) -> None:
    async with sandbox(company) as gateway:
        assert (await gateway.ask(f"{{ assetCounts({arguments}) {{ total }} }}")).codes == [code]
        assert gateway.calls == []


def down(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(503)


@pytest.mark.parametrize(("fault", "code"), [(down, "UPSTREAM_UNAVAILABLE"), (silent, "UPSTREAM_TIMEOUT")])
async def test_a_source_that_fails_leaves_the_others_counts(
    company: Company, fault: Handler, code: str
) -> None:
    quick = {"GATEWAY_LIMITS__DEADLINE_SECONDS": "2"}
    async with sandbox(
        company, only=("fiwit", "tether"), handlers={"tether": fault}, environ=quick
    ) as gateway:
        answer = await gateway.ask(COUNTS, by=["SOURCE"])
    counts = answer.data["assetCounts"]
    assert counts["complete"] is False
    assert [bucket["values"] for bucket in counts["buckets"]] == [["fiwit"]]
    parts = {part["source"]["name"]: part for part in counts["sources"]}
    assert (parts["tether"]["complete"], parts["tether"]["totalCount"]) == (False, None)
    assert parts["tether"]["error"] == {"code": code}
    assert parts["fiwit"]["count"] == parts["fiwit"]["totalCount"] == counts["total"]
    assert answer.codes == [code]
    assert answer.errors[0]["path"] == ["assetCounts"]


async def test_a_source_that_takes_too_many_calls_is_told_of_and_the_others_counted(company: Company) -> None:
    async with sandbox(company, environ={"GATEWAY_LIMITS__UPSTREAM_CALLS": "12"}) as gateway:
        answer = await gateway.ask(COUNTS, by=["ASSIGNED_TO"])
    counts = answer.data["assetCounts"]
    assert counts["complete"] is False
    assert set(answer.codes) == {"QUERY_TOO_COMPLEX"}
    assert "KEPT" in answer.errors[0]["message"]
    assert counts["total"] > 0


def tether(rows: int) -> Gateway:
    """A Tether whose assets all have manufacturers and prices of their own."""
    assets = [
        {"id": number, "name": f"A{number}", "manufacturer": f"M{number}", "status": "available"}
        for number in range(rows)
    ]
    sources = {"tether": sandbox_sources()["tether"]}

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/assets"):
            return answered(assets)
        return answered({"token": "t", "access_token": "t"})

    return Gateway(sources, {"tether": handle})


async def test_a_group_with_very_many_values_is_bounded_and_the_rest_is_told() -> None:
    """More rows than an operation may have records: none is built."""
    async with tether(30_000) as gateway:
        counts = (await gateway.ask(COUNTS, by=["MANUFACTURER"], first=500)).whole["assetCounts"]
    assert (counts["total"], counts["others"], len(counts["buckets"])) == (30_000, 29_500, 500)
