"""OData over the kept tables: the same rows as `/tables`, queries as the standard has them, pages, versions."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from gateway.sandbox import Company
from gateway.tables.odata import paging, reader
from gateway.tables.odata.sql.relations import Statement
from gateway.tables.odata.sql.statements import StatementWriter
from gateway.testing.upstreams import Handler, always, refusing
from tests.support.gateway import Gateway, sandbox
from tests.support.odata import odata, rows

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
SETTINGS = {"VENDOR": "tether", "BASE_URL": "http://tether.test/api", "TOKEN": "canary-token"}
EAGER = {"GATEWAY_TABLES__REFRESH_MINUTES": "0.01"}
Row = Mapping[str, Any]


def tether(*assets: Row, **environ: str) -> Gateway:
    return Gateway({"tether": SETTINGS}, {"tether": always(list(assets))}, environ=environ)


def asset(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": number, "asset_tag": f"T-{number}", "name": f"n{number}", "status": "available", **fields}


async def table(gateway: Gateway, name: str) -> list[dict[str, Any]]:
    answer = await gateway.get(f"/tables/{name}.ndjson")
    assert answer.status_code == 200, answer.text
    return [json.loads(line, parse_float=str) for line in answer.text.splitlines()]


def comparable(value: Any) -> Any:
    """Decimals by value: text formats keep zeros that a source writes."""
    if isinstance(value, str) and value.replace(".", "", 1).replace("-", "", 1).isdecimal() and "." in value:
        return Decimal(value).normalize()
    return value


# ------------------------------------------------------------------------------------------------ the same rows


async def test_every_table_is_an_entity_set_with_the_same_rows(company: Company) -> None:
    async with sandbox(company) as gateway:
        service = (await odata(gateway, "")).json()
        names = [entry["name"] for entry in service["value"]]
        listed = (await gateway.get("/tables")).json()["tables"]
        assert names == [entry["name"] for entry in listed]
        for name in names:
            expected = [
                {key: comparable(value) for key, value in row.items()} for row in await table(gateway, name)
            ]
            answered = [
                {key: comparable(value) for key, value in row.items()} for row in await rows(gateway, name)
            ]
            assert answered == expected, name
            count = await odata(gateway, f"{name}/$count")
            assert (count.text, count.headers["content-type"]) == (
                str(len(expected)),
                "text/plain;charset=utf-8",
            )


async def test_the_values_are_those_of_graphql(company: Company) -> None:
    query = """{ assets(first: 500) { nodes { id name status purchaseDate createdAt location { id name }
        assignedTo { id } } } }"""
    async with sandbox(company, environ={"GATEWAY_LIMITS__UPSTREAM_CALLS": "1000"}) as gateway:
        nodes = {node["id"]: node for node in (await gateway.ask(query)).whole["assets"]["nodes"]}
        answered = await rows(gateway, "assets?$expand=location($select=id,name)")
    assert {row["id"] for row in answered} == set(nodes)
    for row in answered:
        node = nodes[row["id"]]
        assert (row["name"], row["status"], row["purchase_date"]) == (
            node["name"],
            node["status"],
            node["purchaseDate"],
        )
        if row["location"] is not None:
            assert row["location"] == node["location"]
        assert row["location_id"] == (node["location"] and node["location"]["id"])


async def test_the_metadata_document_names_keys_types_and_links(company: Company) -> None:
    async with sandbox(company) as gateway:
        answer = await odata(gateway, "$metadata", {"accept": "application/json"})
        assert gateway.calls == []
    assert answer.headers["content-type"] == "application/xml;charset=utf-8"
    root = ET.fromstring(answer.text)
    types = {node.get("Name"): node for node in root.iter(f"{EDM}EntityType")}
    sets = {node.get("Name"): node.get("EntityType") for node in root.iter(f"{EDM}EntitySet")}
    assert sets["assets"] == "AssetGateway.Asset"
    assert len(types) == len(sets)
    properties = {node.get("Name"): node for node in types["Asset"].iter(f"{EDM}Property")}
    described = {name: properties[name].attrib for name in ("purchase_cost", "created_at", "id")}
    assert described == {
        "purchase_cost": {"Name": "purchase_cost", "Type": "Edm.Decimal", "Precision": "38", "Scale": "9"},
        "created_at": {"Name": "created_at", "Type": "Edm.DateTimeOffset", "Precision": "6"},
        "id": {"Name": "id", "Type": "Edm.String", "Nullable": "false"},
    }
    links = {node.get("Name"): node for node in types["Asset"].iter(f"{EDM}NavigationProperty")}
    constraint = links["location"].find(f"{EDM}ReferentialConstraint")
    assert constraint is not None
    assert constraint.attrib == {"Property": "location_id", "ReferencedProperty": "id"}
    terms = {node.get("Term"): node.get("Bool") for node in root.iter(f"{EDM}Annotation")}
    assert terms["Capabilities.AsynchronousRequestsSupported"] == "true"
    assert terms["Capabilities.BatchSupported"] == "false"
    for node in types.values():
        assert node.find(f"{EDM}Key/{EDM}PropertyRef") is not None


# ------------------------------------------------------------------------------------------------------- queries


def lower(value: Any) -> str:
    return (value or "").lower()


FILTERS: Mapping[str, Callable[[Row], bool]] = {
    "status eq 'IN_USE'": lambda row: row["status"] == "IN_USE",
    "status ne 'IN_USE'": lambda row: row["status"] != "IN_USE",
    "asset_tag ne 'x'": lambda _: True,
    "asset_tag eq null": lambda row: row["asset_tag"] is None,
    "null ne asset_tag": lambda row: row["asset_tag"] is not None,
    "not (asset_tag gt 'A')": lambda row: not (row["asset_tag"] or "") > "A",
    "not contains(asset_tag,'1')": lambda row: "1" not in (row["asset_tag"] or ""),
    "not (status in ('IN_USE','STORED'))": lambda row: row["status"] not in {"IN_USE", "STORED"},
    "asset_tag in (null)": lambda _: False,
    "purchase_cost gt 1000": lambda row: float(row["purchase_cost"] or 0) > 1000,
    "purchase_cost mul 2 ge 2000.5": lambda row: float(row["purchase_cost"] or 0) * 2 >= 2000.5,
    "purchase_cost sub 0.01 lt 1e3": lambda row: float(row["purchase_cost"] or "inf") - 0.01 < 1e3,
    "-purchase_cost lt -1000": lambda row: float(row["purchase_cost"] or 0) > 1000,
    "purchase_date ge 2025-01-01 and purchase_date lt 2026-01-01": lambda row: (
        "2025" <= (row["purchase_date"] or "") < "2026"
    ),
    "year(purchase_date) eq 2025 or month(purchase_date) eq 3": lambda row: (
        (row["purchase_date"] or "x-x").split("-")[0] == "2025"
        or (row["purchase_date"] or "x-x").split("-")[1] == "03"
    ),
    "date(created_at) gt 2025-06-30": lambda row: (row["created_at"] or "")[:10] > "2025-06-30",
    "created_at gt 2021-02-03T00:00:00%2B01:00": lambda row: (
        (row["created_at"] or "") > "2021-02-02T23:00:00.000000Z"
    ),
    "created_at lt now() sub duration'P1D'": lambda row: row["created_at"] is not None,
    "startswith(tolower(name),'m') or endswith(toupper(name),'X')": lambda row: (
        lower(row["name"]).startswith("m") or lower(row["name"]).endswith("x")
    ),
    "indexof(name,'a') eq 1": lambda row: (row["name"] or "").find("a") == 1,
    "substring(name,1,2) eq 'ap'": lambda row: (row["name"] or "")[1:3] == "ap",
    "length(trim(concat(' ',name))) gt 20": lambda row: len((row["name"] or "").strip()) > 20,
    "id eq @p&@p='fiwit:Asset:132'": lambda row: row["id"] == "fiwit:Asset:132",
    "source in @p&@p=['halo','tether']": lambda row: row["source"] in {"halo", "tether"},
    "true": lambda _: True,
    "false or not false": lambda _: True,
}


async def test_filters_keep_the_rows_that_the_standard_says(company: Company) -> None:
    async with sandbox(company) as gateway:
        known = await table(gateway, "assets")
        for written, is_meant in FILTERS.items():
            answered = await rows(gateway, f"assets?$select=id&$filter={written}")
            expected = [row["id"] for row in known if is_meant(row)]
            assert [row["id"] for row in answered] == expected, written
            count = await odata(gateway, f"assets/$count?$filter={written}")
            assert count.text == str(len(expected)), written


async def test_conditions_and_orders_go_over_a_link(company: Company) -> None:
    async with sandbox(company) as gateway:
        places = {row["id"]: row["name"] for row in await table(gateway, "locations")}
        known = await table(gateway, "assets")
        name = Counter(places.get(row["location_id"]) for row in known).most_common(2)[-1][0]
        answered = await rows(gateway, f"assets?$select=id&$filter=location/name eq '{name}'")
        assert [row["id"] for row in answered] == [
            row["id"] for row in known if places.get(row["location_id"]) == name
        ]
        ordered = await rows(gateway, "assets?$select=id,location_id&$orderby=location/name desc,id")
    expected = sorted(known, key=lambda row: row["id"])
    expected.sort(key=lambda row: places.get(row["location_id"]) or "", reverse=True)
    assert [row["id"] for row in ordered] == [row["id"] for row in expected]


async def test_nulls_are_lowest_in_an_order(company: Company) -> None:
    async with sandbox(company) as gateway:
        rising = await rows(gateway, "assets?$select=id,purchase_cost&$orderby=purchase_cost,id")
        falling = await rows(gateway, "assets?$select=id,purchase_cost&$orderby=purchase_cost desc,id desc")
    assert rising == falling[::-1]
    costs = [row["purchase_cost"] for row in rising]
    assert costs[0] is None
    assert costs[-1] is not None


async def test_one_entity_and_the_one_behind_its_link(company: Company) -> None:
    async with sandbox(company) as gateway:
        known = await table(gateway, "assets")
        with_place = next(row for row in known if row["location_id"])
        without = next(row for row in known if not row["contract_id"])
        answer = (await odata(gateway, f"assets('{with_place['id']}')?$select=id,name")).json()
        assert answer == {
            "@odata.context": "http://localhost/odata/$metadata#assets(id,name)/$entity",
            "id": with_place["id"],
            "name": with_place["name"],
        }
        place = (await odata(gateway, f"assets(id='{with_place['id']}')/location")).json()
        assert place["@odata.context"] == "http://localhost/odata/$metadata#locations/$entity"
        assert place["id"] == with_place["location_id"]
        assert (await odata(gateway, f"assets('{without['id']}')/contract")).status_code == 204
        for address in ("assets('no')", "assets('no')/location", "people('a''b')"):
            answer_of_none = await odata(gateway, address)
            assert (answer_of_none.status_code, answer_of_none.json()["error"]["code"]) == (404, "NotFound")


async def test_an_entity_expands_its_links(company: Company) -> None:
    async with sandbox(company) as gateway:
        answer = await odata(gateway, "assets?$top=1&$select=name&$expand=location($select=name),contract")
        every = await rows(gateway, "assets?$top=1&$expand=*")
    body = answer.json()
    assert body["@odata.context"] == "http://localhost/odata/$metadata#assets(name,location(name))"
    assert set(body["value"][0]) == {"name", "location", "contract"}
    assert {"location", "contract", "owner", "assigned_to"} <= set(every[0])


async def test_search_finds_text_in_any_column_and_case(company: Company) -> None:
    async with sandbox(company) as gateway:
        known = await table(gateway, "assets")

        def has(row: Row, word: str) -> bool:
            return any(word in lower(value) for value in row.values() if isinstance(value, str))

        searches: dict[str, Callable[[Row], bool]] = {
            "LAPTOP": lambda row: has(row, "laptop"),
            'dell "xps 15"': lambda row: has(row, "dell") and has(row, "xps 15"),
            "dell OR NOT halo": lambda row: has(row, "dell") or not has(row, "halo"),
        }
        for written, is_meant in searches.items():
            answered = await rows(gateway, f"tickets?$top=0&$search={written}")
            assert answered == []
            answered = await rows(gateway, f"assets?$select=id,name&$search={written}")
            texts = {row["id"] for row in known if is_meant(row)}
            assert {row["id"] for row in answered} <= texts
            assert len(answered) == len(texts) or "T" in written


async def test_grouping_counts_and_adds_up(company: Company) -> None:
    async with sandbox(company) as gateway:
        known = await table(gateway, "assets")
        answer = await odata(
            gateway,
            "assets?$apply=filter(purchase_cost ne null)/groupby((source,status),"
            "aggregate($count as n,purchase_cost with sum as total,purchase_date with max as newest))"
            "&$orderby=n desc,source&$count=true",
        )
        body = answer.json(parse_float=Decimal, parse_int=Decimal)
        priced = [row for row in known if row["purchase_cost"] is not None]
        counts = Counter((row["source"], row["status"]) for row in priced)
        assert body["@odata.count"] == len(counts)
        assert {(row["source"], row["status"]): row["n"] for row in body["value"]} == counts
        assert [row["n"] for row in body["value"]] == sorted(counts.values(), reverse=True)
        total = sum(Decimal(row["purchase_cost"]) for row in priced)
        assert sum(row["total"] for row in body["value"]) == total
        assert body["value"][0]["total@odata.type"] == "#Decimal"
        whole = (await odata(gateway, "assets?$apply=aggregate(id with countdistinct as ids)")).json()
        assert whole["value"] == [{"ids@odata.type": "#Int64", "ids": len(known)}]
        by_place = await rows(gateway, "assets?$apply=groupby((location/name,source))")
        places = {row["id"]: row["name"] for row in await table(gateway, "locations")}
        assert {(row["location"]["name"], row["source"]) for row in by_place} == {
            (places.get(row["location_id"]), row["source"]) for row in known
        }
        filtered = await rows(gateway, "assets?$apply=filter(source eq 'halo')")
        assert filtered == await rows(gateway, "assets?$filter=source eq 'halo'")


# --------------------------------------------------------------------------------------------- pages and versions


@pytest.mark.parametrize(
    "address",
    [
        "assets?$count=true",
        "assets?$filter=source ne 'halo'",
        "assets?$orderby=name desc",
        "assets?$filter=source ne 'halo'&$orderby=status&$expand=location($select=name)",
        "assets?$skip=7&$top=41",
        "assets?$skip=7&$top=41&$filter=source ne 'halo'",
        "assets?$skip=7&$top=41&$orderby=name",
        "assets?$apply=groupby((name))&$skip=3",
    ],
)
async def test_a_walk_over_pages_is_the_whole_answer(company: Company, address: str) -> None:
    async with sandbox(company) as gateway:
        whole = await rows(gateway, address)
        walked = await rows(gateway, address, {"prefer": "odata.maxpagesize=10"})
        first = await odata(gateway, address, {"prefer": "odata.maxpagesize=10"})
    assert walked == whole
    assert len(first.json()["value"]) == 10
    assert first.headers["preference-applied"] == "odata.maxpagesize=10"


async def test_a_page_ends_at_its_bytes(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_PAGE_BYTES", 2000)
    monkeypatch.setattr(reader, "_ROWS_AT_ONCE", 3)
    async with sandbox(company) as gateway:
        first = (await odata(gateway, "assets")).json()
        assert 0 < len(first["value"]) < 10
        assert len(await rows(gateway, "assets")) == int((await odata(gateway, "assets/$count")).text)
        assert len(await rows(gateway, "assets?$top=20&$orderby=name")) == 20


async def test_a_walk_stays_on_its_version_and_says_when_that_is_gone(tmp_path: Path) -> None:
    assets = [asset(number) for number in range(30)]
    environ = {"GATEWAY_TABLES__DIR": str(tmp_path), **EAGER}
    handlers: dict[str, Handler] = {"tether": always(assets)}
    async with Gateway({"tether": SETTINGS}, handlers, environ=environ) as gateway:
        first = (await odata(gateway, "assets", {"prefer": "odata.maxpagesize=10"})).json()
        assets[:] = [asset(number, name="changed") for number in range(5, 60)]
        for _ in range(400):
            if (await odata(gateway, "assets/$count")).text == "55":
                break
            await asyncio.sleep(0.02)
        else:
            raise AssertionError("the table was not renewed")
        second = (await gateway._client.get(first["@odata.nextLink"])).json()
        assert [row["name"] for row in second["value"]] == [f"n{number}" for number in range(10, 30)]
        gone = first["@odata.nextLink"].replace("~20", "~19")
        answer = await gateway._client.get(gone)
        assert (answer.status_code, answer.json()["error"]["code"]) == (410, "Gone")


async def test_nulls_are_left_out_only_if_that_is_preferred() -> None:
    async with tether(asset(1)) as gateway:
        plain = await odata(gateway, "assets")
        brief = await odata(gateway, "assets?$expand=location", {"prefer": "omit-values=nulls"})
    assert plain.json()["value"][0]["notes"] is None
    assert "preference-applied" not in plain.headers
    assert None not in brief.json()["value"][0].values()
    assert brief.json()["value"][0]["name"] == "n1"
    assert brief.headers["preference-applied"] == "omit-values=nulls"


# ------------------------------------------------------------------------------------------------ whole, or said so


async def test_a_source_that_fails_refuses_the_table_and_partial_gives_the_others() -> None:
    sources = {"tether": SETTINGS, "other": SETTINGS | {"BASE_URL": "http://other.test/api"}}
    handlers: dict[str, Handler] = {"tether": always([asset(1)]), "other": refusing}
    async with Gateway(sources, handlers) as gateway:
        refused = await odata(gateway, "assets")
        assert refused.status_code in {502, 503, 504}
        error = refused.json()["error"]
        assert error["details"][0]["target"] == "other"
        assert refused.headers["odata-version"] == "4.0"
        partial = await odata(gateway, "assets?partial=true")
        assert [row["source"] for row in partial.json()["value"]] == ["tether"]
        assert partial.headers["missing-sources"].startswith("other;code=UPSTREAM_")


async def test_a_query_that_takes_too_long_ends_and_its_thread_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endless = (
        "SELECT count(*), 'x' FROM range(100000000) a, range(100000000) b WHERE hash(a.range) < b.range - 1"
    )
    statement = Statement(sql=endless, values=[])
    async with tether(asset(1), GATEWAY_LIMITS__DEADLINE_SECONDS="2") as gateway:
        assert (await odata(gateway, "assets/$count")).text == "1"
        with monkeypatch.context() as patch:
            patch.setattr(StatementWriter, "page", lambda *_: statement)
            began = time.monotonic()
            answer = await odata(gateway, "assets")
            assert (answer.status_code, answer.json()["error"]["code"]) == (504, "Timeout")
            assert time.monotonic() - began < 10
        assert len((await odata(gateway, "assets")).json()["value"]) == 1


async def test_text_is_the_text_that_it_is() -> None:
    names = [
        "100%",
        "a_b",
        "aXb",
        "o'x';drop",
        'q"q',
        "back\\slash",
        "line\nbreak",
        "x\u2028y",
        "ünï",
        "a\U0001f600b",
    ]
    async with tether(*(asset(number, name=name) for number, name in enumerate(names))) as gateway:
        answered = await rows(gateway, "assets?$select=name")
        assert [row["name"] for row in answered] == names
        for name in names:
            literal = name.replace("'", "''").replace("%", "%25").replace("\n", "%0A")
            for written in (f"name eq '{literal}'", f"contains(name,'{literal}')", f"name in ('{literal}')"):
                answer = await rows(gateway, f"assets?$select=name&$filter={written}")
                assert answer == [{"name": name}], written


async def test_answers_are_compressed_if_asked(company: Company) -> None:
    async with sandbox(company) as gateway:
        plain = await odata(gateway, "assets", {"accept-encoding": "identity"})
        packed = await odata(gateway, "assets", {"accept-encoding": "gzip, deflate"})
        refused = await odata(gateway, "assets", {"accept-encoding": "gzip;q=0"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json() == refused.json()
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers


async def test_head_is_get_without_its_body() -> None:
    async with tether(asset(1)) as gateway:
        answer = await gateway._client.get("/odata/assets")
        head = await gateway._client.head("/odata/assets")
    assert head.content == b""
    assert head.headers["content-length"] == answer.headers["content-length"]


async def test_a_large_page_size_is_bounded() -> None:
    async with tether(asset(1)) as gateway:
        answer = await odata(gateway, "assets", {"prefer": "maxpagesize=1000000"})
    assert answer.headers["preference-applied"] == f"maxpagesize={paging.MAX_PAGE_ROWS}"


async def test_columns_that_were_not_read_are_said_as_the_tables_say_them(company: Company) -> None:
    async with sandbox(company, only=("halo", "fiwit")) as gateway:
        table = await gateway.get("/tables/assets.csv?columns=notes,name")
        selected = await gateway.get("/odata/assets?$select=id,notes,name&$top=1")
        unaffected = await gateway.get("/odata/assets?$select=id,name&$top=1")
        counted = await gateway.get("/odata/assets/$count")
        expanded = await gateway.get("/odata/asset_changes?$select=id&$expand=asset($select=notes)&$top=1")
    assert table.headers["not-read"] == 'halo;columns="notes"' == selected.headers["not-read"]
    assert "not-read" not in unaffected.headers
    assert "not-read" not in counted.headers
    assert expanded.headers["not-read"] == 'halo;columns="assets/notes"'
