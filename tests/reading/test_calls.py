"""The cost of operations in upstream calls, with an empty cache. A call too many is a bug."""

from collections import Counter
from typing import Any

import httpx
import pytest

from gateway.edge.graphiql.examples import TABS
from gateway.sandbox import Company
from gateway.sandbox.server import create_apps
from gateway.sandbox.vendors.halo import CANARIES
from gateway.testing.selections import connections, fields, leaves
from gateway.testing.upstreams import Handler, served
from tests.support.gateway import Gateway, sandbox, sandbox_sources


async def ids(gateway: Gateway, source: str, count: int, root: str = "assets") -> list[str]:
    which = f'source: {{eq: "{source}"}}'
    data = (
        await gateway.ask(f"{{ {root}(first: {count}, filter: {{{which}}}) {{ nodes {{ id }} }} }}")
    ).whole
    node_ids = [node["id"] for node in data[root]["nodes"]]
    assert len(node_ids) == count
    return node_ids


def twice(gateway: Gateway) -> list[Any]:
    counts = Counter((call.line, tuple(sorted(call.params.items()))) for call in gateway.calls)
    return [call for call, times in counts.items() if times > 1]


# --- the table


async def test_a_hundred_halo_assets_with_location_and_type_are_two_pages(large: Company) -> None:
    query = (
        '{ assets(first: 100, filter: {source: {eq: "halo"}}) { nodes { id location { name } assetType } } }'
    )
    async with sandbox(large, only=("halo",)) as gateway:
        data, lines = await gateway.measure(query)
    assert len(data["assets"]["nodes"]) == 100
    assert all(asset["assetType"] for asset in data["assets"]["nodes"])
    assert sum(asset["location"] is not None for asset in data["assets"]["nodes"]) > 50
    # The row tells the site's name and the type's, so that not even /Site is read.
    assert set(lines) <= {"halo /Asset", "halo /AssetType", "halo /Site"}
    assert lines.count("halo /Asset") == 2
    assert lines.count("halo /Site") <= 1
    assert len(lines) <= 3


async def test_what_one_vendors_rows_tell_costs_no_call_for_each_row_of_another(large: Company) -> None:
    query = "{ assets(first: 100) { nodes { id warranty { endDate } } } }"
    async with sandbox(large) as gateway:
        data, lines = await gateway.measure(query)
    ends = {
        asset["id"].partition(":")[0]
        for asset in data["assets"]["nodes"]
        if (asset["warranty"] or {}).get("endDate")
    }
    assert {"halo", "revnue"} <= ends
    # Halo's notes on a warranty are told by the single record only, Revnue's by every row.
    assert not [line for line in lines if line.startswith("halo /Asset/")]


async def test_what_the_row_does_not_tell_of_a_site_costs_the_pages_of_sites(large: Company) -> None:
    query = '{ assets(first: 100, filter: {source: {eq: "halo"}}) { nodes { location { name country } } } }'
    async with sandbox(large, only=("halo",)) as gateway:
        data, lines = await gateway.measure(query)
    assert any(asset["location"] and asset["location"]["country"] for asset in data["assets"]["nodes"])
    assert lines == ["halo /Asset"] * 2 + ["halo /Site"]


async def test_sixty_halo_assets_by_id_are_two_calls(large: Company) -> None:
    async with sandbox(large, only=("halo",)) as gateway:
        asset_ids = await ids(gateway, "halo", 60)
        data, lines = await gateway.measure(
            "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Asset { name } } }", ids=asset_ids[::-1]
        )
    assert [asset["id"] for asset in data["nodes"]] == asset_ids[::-1]
    assert lines == ["halo /Asset"] * 2


async def test_twenty_tether_assets_by_id_are_one_call(large: Company) -> None:
    async with sandbox(large, only=("tether",)) as gateway:
        asset_ids = await ids(gateway, "tether", 20)
        data, lines = await gateway.measure("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=asset_ids)
    assert [asset["id"] for asset in data["nodes"]] == asset_ids
    assert lines == ["tether /assets"]


@pytest.mark.parametrize("vendor", ["tether", "fiwit", "revnue"])
@pytest.mark.parametrize(("count", "calls"), [(1, 1), (3, 3), (4, 1)])
async def test_few_ids_are_single_gets_and_more_are_one_list(
    large: Company, vendor: str, count: int, calls: int
) -> None:
    async with sandbox(large, only=(vendor,)) as gateway:
        asset_ids = await ids(gateway, vendor, count)
        data, lines = await gateway.measure("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=asset_ids)
    assert [asset["id"] for asset in data["nodes"]] == asset_ids
    assert len(lines) == calls


async def test_s3s_assets_by_id_are_single_gets_four_at_a_time(large: Company) -> None:
    async with sandbox(large, only=("s3s",)) as gateway:
        asset_ids = await ids(gateway, "s3s", 12)
        data, lines = await gateway.measure("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=asset_ids)
        assert [asset["id"] for asset in data["nodes"]] == asset_ids
        assert len(lines) == 12
        assert 1 <= gateway.upstreams.busiest["s3s"] <= 4


async def test_fifty_fiwit_assets_with_all_that_they_refer_to(large: Company) -> None:
    query = """{ assets(first: 50, filter: {source: {eq: "fiwit"}}) { nodes {
                 id assetType location { name } assignedTo { name email } owner { name }
                 customFields { name value } } } }"""
    async with sandbox(large, only=("fiwit",)) as gateway:
        data, lines = await gateway.measure(query)
    assert len(data["assets"]["nodes"]) == 50
    assert any(asset["location"] for asset in data["assets"]["nodes"])
    assert any(asset["assignedTo"] for asset in data["assets"]["nodes"])
    assert all(field["name"] for asset in data["assets"]["nodes"] for field in asset["customFields"])
    assert lines == [
        "fiwit /asset_fields",
        "fiwit /asset_types",
        "fiwit /assets",
        "fiwit /locations",
        "fiwit /users",
    ]


async def test_one_list_of_five_vendors_is_one_call_each(company: Company) -> None:
    query = (
        "{ assets(first: 50) { nodes { id name status organisation location { name } source { name } } } }"
    )
    async with sandbox(company) as gateway:
        data, lines = await gateway.measure(query)
    assert {asset["source"]["name"] for asset in data["assets"]["nodes"]} == set(sandbox_sources())
    assert [line for line in lines if line != "fiwit /locations"] == [
        "fiwit /assets",
        "halo /Asset",
        "revnue /asset/",
        "s3s /assets/checklists",
        "tether /assets",
    ]


# --- never twice


def own(type_name: str) -> str:
    """All leaves of a type, but those that cost a call each."""
    return leaves(type_name, but=frozenset({"checkoutHistory", "testResults"})).strip()[1:-1]


SINK = f"""
{{
  a: assets(first: 8) {{ totalCount nodes {{ ...A }} }}
  b: assets(first: 8, orderBy: [{{field: NAME}}]) {{ totalCount nodes {{ ...A }} }}
  c: assets(first: 8, filter: {{status: {{ne: RETIRED}}}}) {{ totalCount totalIsExact nodes {{ ...A }} }}
  tickets(first: 8) {{ totalCount nodes {{ {own("Ticket")}
    requester {{ ...P }} assignee {{ ...P }} location {{ ...L }} assets {{ nodes {{ ...A }} }} }} }}
  locations(first: 8) {{ nodes {{ ...L assets(first: 3) {{ nodes {{ id name }} }} }} }}
  people(first: 8) {{ nodes {{ ...P assets(first: 3) {{ nodes {{ id name }} }} }} }}
  licences(first: 8) {{ nodes {{ {own("Licence")} location {{ ...L }} roles {{ id name }} }} }}
  checklists(first: 8) {{ nodes {{ {own("Checklist")} asset {{ ...A }} }} }}
  meterReadings(first: 8) {{ nodes {{ {own("MeterReading")} asset {{ ...A }} ticket {{ subject }} }} }}
  contracts(first: 8) {{ nodes {{ ...C }} }}
  certificates(first: 8) {{ nodes {leaves("Certificate")} }}
  orders(first: 8) {{ nodes {leaves("Order")} }}
  assetTypes {leaves("AssetTypeDefinition")}
  assetFields {leaves("FieldDefinition")}
  ticketTypes {leaves("AssetTypeDefinition")}
  ticketFields {leaves("FieldDefinition")}
}}
fragment A on Asset {{ {own("Asset")} location {{ ...L }} assignedTo {{ ...P }} owner {{ ...P }} contract {{ ...C }} }}
fragment P on Person {leaves("Person")}
fragment L on Location {leaves("Location")}
fragment C on Contract {leaves("Contract")}
"""


LIMITS = {
    "GATEWAY_LIMITS__UPSTREAM_CALLS": "2000",
    "GATEWAY_LIMITS__ROOT_FIELDS": "40",
    "GATEWAY_LIMITS__TOKENS": "5000",
}


async def test_no_operation_asks_the_same_twice(company: Company) -> None:
    async with sandbox(company, environ=LIMITS) as gateway:
        for query in (SINK, *(tab.query for tab in TABS)):
            gateway.upstreams.forget()
            variables = next((dict(tab.variables or {}) for tab in TABS if tab.query == query), {})
            assert (await gateway.ask(query, **variables)).whole
            assert gateway.calls or query != SINK
            assert twice(gateway) == []


async def test_aliases_of_one_list_are_one_read(company: Company) -> None:
    query = "{ a: assets { nodes { id } } b: assets(first: 3) { nodes { name } totalCount } c: assets { complete } }"
    async with sandbox(company, only=("tether", "revnue")) as gateway:
        _, lines = await gateway.measure(query)
    assert lines == ["revnue /asset/", "tether /assets"]


async def test_with_the_cache_rows_are_read_once_for_several_operations(company: Company) -> None:
    async with sandbox(company, only=("tether", "halo"), cached=True) as gateway:
        first, lines = await gateway.measure("{ assets { nodes { id } } }")
        second, again = await gateway.measure("{ assets { nodes { id } } }")
    assert (len(lines), again) == (2, [])
    assert first == second


async def test_without_the_cache_only_definitions_are_kept(company: Company) -> None:
    query = "{ assets(first: 10) { nodes { id assetType location { name country } customFields { name } } } }"
    async with sandbox(company, only=("fiwit",)) as gateway:
        _, lines = await gateway.measure(query)
        _, again = await gateway.measure(query)
    assert set(lines) == {"fiwit /asset_fields", "fiwit /asset_types", "fiwit /assets", "fiwit /locations"}
    assert again == ["fiwit /assets", "fiwit /locations"]


# --- details


DETAILS = ["notes", "purchaseCost", "macAddress", "updatedAt", "customFields { name }", "assignedTo { name }"]


async def test_halo_details_are_read_only_where_they_are_selected(company: Company) -> None:
    plain = """{ assets(first: 10) { nodes { id name assetTag status location { name } contract { number }
                                             warranty { endDate } } } }"""
    async with sandbox(company, only=("halo",)) as gateway:
        _, lines = await gateway.measure(plain)
    assert lines == ["halo /Asset"]


@pytest.mark.parametrize("selected", [*DETAILS, " ".join(DETAILS)])
async def test_halo_details_are_one_call_a_row_however_many_are_selected(
    company: Company, selected: str
) -> None:
    async with sandbox(company, only=("halo",)) as gateway:
        data, lines = await gateway.measure(f"{{ assets(first: 7) {{ nodes {{ nativeId {selected} }} }} }}")
    rows = [f"halo /Asset/{asset['nativeId']}" for asset in data["assets"]["nodes"]]
    assert lines == sorted(["halo /Asset", *rows])


async def test_a_detail_that_was_got_is_not_got_again_by_id(company: Company) -> None:
    async with sandbox(company, only=("halo",)) as gateway:
        [asset_id] = await ids(gateway, "halo", 1)
        query = """query ($id: ID!) { asset(id: $id) { notes customFields { name } }
                     node(id: $id) { ... on Asset { name purchaseCost } } }"""
        _, lines = await gateway.measure(query, id=asset_id)
    assert lines == [f"halo /Asset/{asset_id.rpartition(':')[2]}"]


async def test_halo_fields_come_in_one_list_call_for_each_type(large: Company) -> None:
    query = "{ assets(first: 100) { nodes { nativeId assetType manufacturer ipAddress } } }"
    async with sandbox(large, only=("halo",)) as gateway:
        data, _ = await gateway.measure(query)
        with_fields = [call.params for call in gateway.calls if call.params.get("includeassetfields")]
        singles = [call.path for call in gateway.calls if call.path.startswith("/Asset/")]
    rows = data["assets"]["nodes"]
    assert sum(asset["manufacturer"] is not None for asset in rows) > 90
    batches: dict[str, list[list[str]]] = {}
    for params in with_fields:
        batches.setdefault(params["assettype_id"], []).append(params["assets"].split(","))
        assert (params["pageinate"], params["page_no"]) == ("true", "1")
    for calls in batches.values():
        every = [native for call in calls for native in call]
        assert len(every) == len(set(every)) > 1
        assert len(calls) == -(-len(every) // 50)
    together = {native for calls in batches.values() for call in calls for native in call}
    assert len(together) > 80
    # A type of which there is one device only is asked for that one.
    sizes = Counter(asset["assetType"] for asset in rows)
    assert len(singles) == sum(size == 1 for size in sizes.values())


def halo_without_fields(company: Company) -> Handler:
    """A Halo that knows nothing of `includeassetfields`."""
    inner = served(create_apps(company)["halo"])

    async def handle(request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_remove_param("includeassetfields")
        answer = inner(request)
        return answer if isinstance(answer, httpx.Response) else await answer

    return handle


async def test_a_halo_that_ignores_asset_fields_is_asked_for_details(company: Company) -> None:
    query = "{ assets(first: 50) { nodes { nativeId serialNumber manufacturer model } } }"
    async with sandbox(company, only=("halo",)) as gateway:
        expected, usual = await gateway.measure(query)
        needed = {
            native for call in gateway.calls for native in call.params.get("assets", "").split(",") if native
        }
        needed |= {line.rpartition("/")[2] for line in usual if line.startswith("halo /Asset/")}
    async with sandbox(company, only=("halo",), handlers={"halo": halo_without_fields(company)}) as gateway:
        data, lines = await gateway.measure(query)
        assert twice(gateway) == []
    assert data == expected
    assert all(asset["serialNumber"] for asset in data["assets"]["nodes"])
    assert needed
    assert sorted(line for line in lines if line.startswith("halo /Asset/")) == sorted(
        f"halo /Asset/{native}" for native in needed
    )


# --- relations


RELATIONS = """tickets { nodes { id } } licences { nodes { id } } checklists { id } meterReadings { nodes { id } }
               changes { nodes { id } } software { nodes { id } } support { status } contract { number }"""


@pytest.mark.parametrize(
    ("vendor", "lines"),
    [("tether", ["tether /assets"]), ("revnue", ["revnue /asset/"]), ("s3s", ["s3s /assets/checklists"])],
)
async def test_relations_that_a_vendor_does_not_have_cost_nothing(
    company: Company, vendor: str, lines: list[str]
) -> None:
    async with sandbox(company, only=(vendor,)) as gateway:
        data, came = await gateway.measure(f"{{ assets(first: 10) {{ nodes {{ {RELATIONS} }} }} }}")
    assert came == lines
    for asset in data["assets"]["nodes"]:
        assert [
            asset[name]["nodes"] for name in ("tickets", "licences", "meterReadings", "changes", "software")
        ] == [[]] * 5
        assert bool(asset["checklists"]) is (vendor == "s3s")


async def test_checkout_history_is_asked_of_tether_only_once_for_each_asset(company: Company) -> None:
    async with sandbox(company) as gateway:
        data, lines = await gateway.measure(
            "{ assets(first: 40) { nodes { nativeId source { name } checkoutHistory { at } } } }"
        )
    theirs = [asset["nativeId"] for asset in data["assets"]["nodes"] if asset["source"]["name"] == "tether"]
    assert theirs
    assert sorted(line for line in lines if "history" in line) == sorted(
        f"tether /assets/{native}/history" for native in theirs
    )


@pytest.mark.parametrize(
    ("relation", "path", "param"),
    [
        ("tickets", "/Tickets", "asset_id"),
        ("meterReadings", "/MeterReading", "asset_id"),
        ("changes", "/AssetChange", "asset_id"),
        ("software", "/AssetSoftware", "device_id"),
    ],
)
async def test_one_assets_relation_is_asked_for_by_its_id(
    company: Company, relation: str, path: str, param: str
) -> None:
    async with sandbox(company, only=("halo",)) as gateway:
        [asset_id] = await ids(gateway, "halo", 1)
        gateway.upstreams.forget()
        query = f"query ($id: ID!) {{ asset(id: $id) {{ {relation} {{ nodes {{ id }} }} }} }}"
        assert (await gateway.ask(query, id=asset_id)).whole
        values = [call.params.get(param) for call in gateway.calls if call.path == path]
    assert values == [asset_id.rpartition(":")[2]]


@pytest.mark.parametrize("relation", ["meterReadings", "changes", "software"])
async def test_many_assets_relation_is_the_list_where_that_is_cheaper_and_never_more_than_one_each(
    company: Company, relation: str
) -> None:
    roots = {"meterReadings": "meterReadings", "changes": "assetChanges", "software": "softwareInstallations"}
    async with sandbox(company, only=("halo",)) as gateway:
        data, lines = await gateway.measure(
            f"{{ assets(first: 30) {{ nodes {{ id {relation}(first: 500) {{ nodes {{ id }} }} }} }} }}"
        )
        root = roots[relation]
        every = (await gateway.ask(f"{{ {root}(first: 500) {{ nodes {{ id asset {{ id }} }} }} }}")).whole[
            root
        ]
    of_asset = {
        asset["id"]: {row["id"] for row in asset[relation]["nodes"]} for asset in data["assets"]["nodes"]
    }
    expected: dict[str, set[str]] = {asset: set() for asset in of_asset}
    for row in every["nodes"]:
        if row["asset"] and row["asset"]["id"] in expected:
            expected[row["asset"]["id"]].add(row["id"])
    assert of_asset == expected
    assert len(lines) <= 1 + 30


async def test_the_assets_of_all_locations_are_one_list_each(company: Company) -> None:
    async with sandbox(company, only=("tether", "fiwit")) as gateway:
        data, lines = await gateway.measure("{ locations { nodes { id assets { nodes { id } } } } }")
    assert sum(len(location["assets"]["nodes"]) for location in data["locations"]["nodes"]) > 20
    assert lines == ["fiwit /assets", "fiwit /locations", "tether /assets", "tether /locations"]


# --- bad input


BAD = [
    '{ asset(id: "12") { id } }',
    '{ asset(id: "nobody:Asset:1") { id } }',
    '{ asset(id: "halo:Ticket:1") { id } }',
    '{ asset(id: "halo:Asset:..") { id } }',
    '{ asset(id: "halo:Asset:1%2f..%2f2") { id } }',
    '{ asset(id: "revnue:Asset:list") { id } }',
    '{ asset(id: "fiwit:Asset:1?x=1") { id } }',
    '{ asset(id: "") { id } }',
    '{ node(id: "halo:Nothing:1") { id } }',
    "{ assets(first: -1) { nodes { id } } }",
    "{ assets(last: -1) { nodes { id } } }",
    "{ assets(first: 501) { nodes { id } } }",
    "{ assets(first: 1, last: 1) { nodes { id } } }",
    '{ assets(after: "rubbish") { nodes { id } } }',
    '{ assets(before: "W10") { nodes { id } } }',
    '{ assets(after: "") { nodes { id } } }',
    '{ assets(filter: {source: {eq: "nobody"}}) { nodes { id } } }',
    '{ assets(filter: {or: [{name: {eq: "x"}}, {source: {in: ["tether", "nobody"]}}]}) { nodes { id } } }',
    '{ assets(filter: {not: {source: {eq: "nobody"}}}) { nodes { id } } }',
    '{ assets(filter: {locationId: {eq: "rubbish"}}) { nodes { id } } }',
    '{ assets(filter: {locationId: {eq: "halo:Asset:1"}}) { nodes { id } } }',
    '{ assets(filter: {id: {in: ["halo:Asset:1", "halo:Asset:../2"]}}) { nodes { id } } }',
    "{ assets(orderBy: [{field: NAME}, {field: NAME, direction: DESC}]) { nodes { id } } }",
    '{ people(source: "nobody") { nodes { id } } }',
    '{ assetTypes(source: "nobody") { id } }',
    '{ nextAssetTag(source: "nobody") }',
    '{ testResults(source: "s3s", id: "123") }',
    '{ testResults(source: "halo", id: "s3s:Checklist:1") }',
    "{ locations(first: 100000) { nodes { id } } }",
]


@pytest.mark.parametrize("query", BAD)
async def test_bad_input_is_refused_before_any_call(company: Company, query: str) -> None:
    async with sandbox(company) as gateway:
        answer = await gateway.ask(query)
        assert set(answer.codes) == {"BAD_USER_INPUT"}
        assert gateway.upstreams.calls == []
    for error in answer.errors:
        assert len(error["message"]) > 20


async def test_a_bad_id_among_good_ones_costs_only_its_place(company: Company) -> None:
    async with sandbox(company, only=("tether",)) as gateway:
        [good] = await ids(gateway, "tether", 1)
        answer = await gateway.ask(
            "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[good, "rubbish", good]
        )
    assert answer.data == {"nodes": [{"id": good}, None, {"id": good}]}
    assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [
        (["nodes", 1], "BAD_USER_INPUT")
    ]


@pytest.mark.parametrize(
    "query",
    [
        '{ nextAssetTag(source: "tether") }',
        '{ softwareVersions(source: "s3s") }',
        '{ buildStatistics(source: "halo") }',
    ],
)
async def test_what_a_vendor_cannot_do_is_said_before_any_call(company: Company, query: str) -> None:
    async with sandbox(company) as gateway:
        answer = await gateway.ask(query)
        assert (answer.codes, gateway.upstreams.calls) == (["NOT_SUPPORTED"], [])


async def test_an_operation_that_needs_too_many_calls_is_told_so_and_stops(company: Company) -> None:
    async with sandbox(company, only=("halo",), environ={"GATEWAY_LIMITS__UPSTREAM_CALLS": "5"}) as gateway:
        answer = await gateway.ask("{ assets(first: 20) { nodes { id notes } } }")
        assert set(answer.codes) == {"QUERY_TOO_COMPLEX"}
        assert len(gateway.calls) == 5
    assert len(answer.data["assets"]["nodes"]) == 20


# --- secrets


async def test_no_secret_is_asked_for_or_told(company: Company) -> None:
    sources = sandbox_sources()
    secrets = {
        value
        for settings in sources.values()
        for key, value in settings.items()
        if key in {"TOKEN", "API_KEY", "PASSWORD", "CLIENT_SECRET"}
    }
    assert len(secrets) == 5
    relations = """licences { nodes { id name } } software { nodes { id name } }
                   changes { nodes { oldValue newValue } }"""
    async with sandbox(company, environ=LIMITS) as gateway:
        every = await gateway.ask(
            f"{{ assets(first: 200) {{ nodes {{ nativeId notes customFields {{ name value }} {relations} }} }} }}"
        )
        texts = [every.text, (await gateway.ask(SINK)).text]
        for root, type_name in connections().items():
            if type_name != "UnifiedAsset":
                texts.append(
                    (await gateway.ask(f"{{ {root}(first: 100) {{ nodes {leaves(type_name)} }} }}")).text
                )
        paths = {call.path for call in gateway.calls}
        tokens = {call.headers["authorization"].rpartition(" ")[2] for call in gateway.calls}
    assert every.whole
    assert not any("password" in path.lower() for path in paths)
    for text in texts:
        assert not [secret for secret in (*CANARIES, *secrets, *tokens) if secret in text]
        assert "pairing_token" not in text
    assert "teamviewerpassword" not in str(fields("Asset"))
