"""Tables of unified assets: the same things, values and conflicts as GraphQL's, made again with `assets`."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.sandbox import Company
from gateway.tables import freshness
from gateway.testing.upstreams import Handler, always, refusing
from tests.support.gateway import Gateway, sandbox
from tests.tables.test_snapshots import EAGER, refilled

TABLES = ("unified_assets", "unified_asset_records", "asset_conflicts", "asset_possible_matches")
QUERY = """{
  unifiedAssets(first: 500) { nodes {
    id matchedBy serialNumbers name assetTag manufacturer model status category organisation purchaseDate
    location { id } warranty { status endDate provider } support { status endDate }
    records { id } provenance { field source { name } } } }
  assetConflicts(first: 500) { nodes { asset { id } field values { source { name } value } } }
  possibleMatches(first: 500) { nodes { left { id } right { id } reasons against } } }"""
SETTINGS = {
    "tether": {"VENDOR": "tether", "BASE_URL": "http://tether.test/api", "TOKEN": "t"},
    "revnue": {"VENDOR": "tether", "BASE_URL": "http://revnue.test/api", "TOKEN": "t"},
}


def read(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline=""), strict=True))


def row(number: int, serial: str, name: str) -> dict[str, Any]:
    return {
        "id": number,
        "asset_tag": f"T-{number}",
        "name": name,
        "serial": serial,
        "manufacturer": "Dell",
        "model": "Latitude 5440",
        "status": "available",
    }


class Rows:
    """A vendor whose rows a test changes, and that it may turn off."""

    def __init__(self, *rows: Mapping[str, Any]) -> None:
        self.rows = list(rows)
        self.is_down = False

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        handler: Handler = refusing if self.is_down else always(self.rows)
        answer = handler(request)
        return answer if isinstance(answer, httpx.Response) else await answer


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freshness, "RETRY", timedelta(0))
    monkeypatch.setattr("gateway.tables.service.RETRY", timedelta(0))


async def test_the_tables_say_what_graphql_says(company: Company) -> None:
    async with sandbox(company) as gateway:
        answers = {name: await gateway.get(f"/tables/{name}.csv?exact=true") for name in TABLES}
        data = {name: page["nodes"] for name, page in (await gateway.ask(QUERY)).data.items()}
    tables = {name: read(answer) for name, answer in answers.items()}
    _check_things({row["id"]: row for row in tables["unified_assets"]}, data["unifiedAssets"])
    assert "mac_address" in answers["unified_assets"].headers["not-read"]
    assert {(row["unified_asset_id"], row["asset_id"]) for row in tables["unified_asset_records"]} == {
        (thing["id"], record["id"]) for thing in data["unifiedAssets"] for record in thing["records"]
    }
    assert {
        (row["left_id"], row["right_id"], row["reasons"]) for row in tables["asset_possible_matches"]
    } == {
        (pair["left"]["id"], pair["right"]["id"], "; ".join(pair["reasons"]))
        for pair in data["possibleMatches"]
    }
    conflicting: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in tables["asset_conflicts"]:
        conflicting[row["unified_asset_id"], row["field"]].append((row["source"], row["value"]))
    live = {
        (conflict["asset"]["id"], conflict["field"]): sorted(
            (value["source"]["name"], str(value["value"])) for value in conflict["values"]
        )
        for conflict in data["assetConflicts"]
    }
    # Amounts are exact numbers in a table, and as the vendor writes them in GraphQL.
    amounts = {key for key in live if key[1] == "purchaseCost"}
    assert {key: sorted(values) for key, values in conflicting.items() if key not in amounts} == {
        key: values for key, values in live.items() if key not in amounts
    }
    assert amounts <= conflicting.keys()
    assert len(live) > 20
    assert all(
        sum(row["is_shown"] == "true" for row in tables["asset_conflicts"] if _conflict(row) == key) == 1
        for key in live
    )


def _conflict(row: Mapping[str, str]) -> tuple[str, str]:
    return row["unified_asset_id"], row["field"]


def _check_things(rows: Mapping[str, Mapping[str, str]], things: list[dict[str, Any]]) -> None:
    assert set(rows) == {thing["id"] for thing in things}
    assert any(len(thing["records"]) > 2 for thing in things)
    for thing in things:
        row = rows[thing["id"]]
        plain = {
            "name": thing["name"],
            "asset_tag": thing["assetTag"],
            "manufacturer": thing["manufacturer"],
            "model": thing["model"],
            "status": thing["status"],
            "category": thing["category"],
            "organisation": thing["organisation"],
            "purchase_date": thing["purchaseDate"],
            "location_id": (thing["location"] or {}).get("id"),
            "matched_by": ",".join(thing["matchedBy"]) or None,
            "serial_numbers": ",".join(thing["serialNumbers"]) or None,
            "records": str(len(thing["records"])),
            "sources": ",".join(sorted({record["id"].partition(":")[0] for record in thing["records"]})),
            **{f"warranty_{name}": (thing["warranty"] or {}).get(key) for name, key in _WARRANTY.items()},
            "support_end_date": (thing["support"] or {}).get("endDate"),
        }
        # Rows of a table also tell what Halo keeps by type of asset.
        by_type = {name for name in ("manufacturer", "model") if plain[name] is None}
        assert {name: None if name in by_type else row[name] or None for name in plain} == plain


_WARRANTY = {"status": "status", "end_date": "endDate", "provider": "provider"}


async def test_they_are_made_again_with_assets(tmp_path: Path) -> None:
    """A decision holds from the next fill on, and things that are no more are in `deleted_rows`."""
    file = tmp_path / "identity.toml"
    file.write_text("")
    first = Rows(row(1, "4HJT9X3", "one"), row(2, "5KLM8Y4", "two"))
    second = Rows(row(7, "4HJT9X3", "one"))
    environ = {
        **EAGER,
        "GATEWAY_TABLES__DIR": str(tmp_path / "tables"),
        "GATEWAY_IDENTITY__FILE": str(file),
    }
    async with Gateway(SETTINGS, {"tether": first, "revnue": second}, environ=environ) as gateway:
        before = await gateway.get("/tables/unified_assets.csv")
        assert [(row["id"], row["sources"]) for row in read(before)] == [
            ("unified:UnifiedAsset:4HJT9X3", "revnue,tether"),
            ("unified:UnifiedAsset:5KLM8Y4", "tether"),
        ]
        file.write_text('[identity]\ndifferent = [["tether:Asset:1", "revnue:Asset:7"]]')
        first.rows.pop()
        after = read(await refilled(gateway, "/tables/unified_assets.csv", after=before))
        while "5KLM8Y4" in str(after) or len(after) < 2:
            after = read(await refilled(gateway, "/tables/unified_assets.csv"))
        assert sorted(row["sources"] for row in after) == ["revnue", "tether"]
        deleted = read(await gateway.get("/tables/deleted_rows.csv"))
        assert ("unified_assets", "unified:UnifiedAsset:5KLM8Y4") in {(r["table"], r["id"]) for r in deleted}
        records = read(await gateway.get("/tables/unified_asset_records.csv"))
        assert len({row["unified_asset_id"] for row in records}) == len(records) == 2


async def test_rows_of_a_source_that_is_away(tmp_path: Path) -> None:
    """Earlier rows stand in; without any the tables are refused, as `assets` is."""
    first, second = Rows(row(1, "4HJT9X3", "one")), Rows(row(7, "4HJT9X3", "one"))
    second.is_down = True
    environ = {**EAGER, "GATEWAY_TABLES__DIR": str(tmp_path)}
    async with Gateway(SETTINGS, {"tether": first, "revnue": second}, environ=environ) as gateway:
        refused = await gateway.get("/tables/unified_assets.csv")
        assert refused.status_code in {502, 503}
        assert "revnue" in refused.text
        partial = await gateway.get("/tables/unified_assets.csv?partial=true")
        assert [row["sources"] for row in read(partial)] == ["tether"]
        assert partial.headers["missing-sources"].startswith("revnue;code=")
        second.is_down = False
        whole = await gateway.get("/tables/unified_assets.csv")
        while whole.status_code != 200:
            whole = await gateway.get("/tables/unified_assets.csv")
        assert [row["sources"] for row in read(whole)] == ["revnue,tether"]
        second.is_down = True
        stale = await refilled(gateway, "/tables/unified_assets.csv?columns=name", after=whole)
        while "stale-sources" not in stale.headers:
            stale = await gateway.get("/tables/unified_assets.csv")
        assert stale.headers["stale-sources"] == "revnue"
        assert [row["sources"] for row in read(await gateway.get("/tables/unified_assets.csv"))] == [
            "revnue,tether"
        ]


async def test_they_are_described_and_joined(company: Company) -> None:
    async with sandbox(company) as gateway:
        refused = await gateway.get("/tables/unified_assets.csv?source=halo")
        index = {table["name"]: table for table in (await gateway.get("/tables")).json()["tables"]}
        package = json.loads((await gateway.get("/tables/datapackage.json")).text)
        joined = await gateway.get(
            "/odata/unified_asset_records?$top=3&$expand=asset($select=id),unified_asset($select=id)"
            "&$filter=unified_asset/records gt 1"
        )
        live = await gateway.get("/tables/unified_assets.csv?live=true")
    assert refused.status_code == 400
    assert live.status_code == 400
    foreign = {
        (resource["name"], key["fields"], key["reference"]["resource"])
        for resource in package["resources"]
        for key in resource["schema"].get("foreignKeys", ())
    }
    assert {
        ("unified_asset_records", "unified_asset_id", "unified_assets"),
        ("unified_asset_records", "asset_id", "assets"),
        ("asset_conflicts", "unified_asset_id", "unified_assets"),
        ("asset_possible_matches", "left_id", "assets"),
        ("unified_assets", "location_id", "locations"),
    } <= foreign
    assert set(TABLES) <= index.keys()
    for entity in joined.json()["value"]:
        assert entity["asset"]["id"] == entity["asset_id"]
        assert entity["unified_asset"]["id"] == entity["unified_asset_id"]
    assert len(joined.json()["value"]) == 3
