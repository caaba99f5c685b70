"""History of tables: the first whole version of a day stays, and is read as a table of its own, by whoever may."""

import asyncio
import csv
import functools
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import polars as pl
import pytest

from gateway.tables.store import SnapshotStore
from gateway.testing.harness import Gateway
from gateway.testing.upstreams import Handler, always, refusing
from tests.support.roles import get_as, roles_file

TODAY = datetime(2026, 11, 27, 9, tzinfo=UTC)
SOURCES = {
    name: {"VENDOR": "tether", "BASE_URL": f"http://{name}.test/api", "TOKEN": "canary-token"}
    for name in ("tether", "other")
}
Travel = Callable[[float], None]


def row(number: int, category: str = "Laptop", **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "asset_tag": f"T-{number}",
        "name": f"n{number}",
        "category": {"name": category},
        **more,
    }


class Tether:
    """A vendor whose rows a test changes, and that it may turn off."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = list(rows)
        self.is_down = False

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        rows = self.rows if "/assets" in request.url.path else []
        handler: Handler = refusing if self.is_down else always(rows)
        answer = handler(request)
        return answer if isinstance(answer, httpx.Response) else await answer


@pytest.fixture
def travel(monkeypatch: pytest.MonkeyPatch) -> Travel:
    """Moves the snapshots' clock, by days."""
    days = 0.0
    begun = datetime.now(UTC)

    def clock() -> datetime:
        return TODAY + timedelta(days=days) + (datetime.now(UTC) - begun)

    def move(number: float) -> None:
        nonlocal days
        days += number

    monkeypatch.setattr("gateway.tables.setup.SnapshotStore", functools.partial(SnapshotStore, clock=clock))
    return move


def gateway(
    folder: Path, *vendors: Tether, days: int = 400, config: Path | None = None, **environ: str
) -> Gateway:
    names = list(SOURCES)[: len(vendors)]
    settings = {"GATEWAY_TABLES__DIR": str(folder), "GATEWAY_TABLES__HISTORY_DAYS": str(days), **environ}
    sources = {name: SOURCES[name] for name in names}
    return Gateway(sources, dict(zip(names, vendors, strict=True)), environ=settings, config=config)


async def rows(gateway: Gateway, path: str) -> list[dict[str, str]]:
    answer = await gateway.get(path)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline=""), strict=True))


async def next_day(gateway: Gateway, folder: Path, date: str) -> None:
    """Have the table read on a day, and wait until that is kept."""
    async with asyncio.timeout(10):
        while not (folder / f"history/assets/date={date}/assets.parquet").is_file():
            await gateway.get("/tables/assets.csv")
            await asyncio.sleep(0.02)
        while f'"{date}"' not in (folder / "history/assets/days.json").read_text():
            await asyncio.sleep(0.01)


async def test_how_many_laptops_there_were(tmp_path: Path, travel: Travel) -> None:
    vendor = Tether(row(1), row(2), row(3, "Monitor"))
    async with gateway(tmp_path, vendor) as asked:
        first = await rows(asked, "/tables/assets_history.csv")
        travel(1)
        vendor.rows = [row(1), row(3, "Monitor"), row(4, "Monitor")]
        await next_day(asked, tmp_path, "2026-11-28")
        both = await rows(asked, "/tables/assets_history.csv")
        last = await rows(asked, "/tables/assets_history.csv?from=2026-11-28&columns=name")
        early = await rows(asked, "/tables/assets_history.csv?to=2026-11-27")
        none = await rows(asked, "/tables/assets_history.csv?from=2027-01-01")
        parquet = (await asked.get("/tables/assets_history.parquet")).content
        lines = (await asked.get("/tables/assets_history.ndjson?limit=1")).text
        arrow = (await asked.get("/tables/assets_history.arrow")).content
        address = "/odata/assets_history"
        by_day = await asked.get(
            f"{address}?$apply=filter(category eq 'Laptop')"
            "/groupby((snapshot_date),aggregate($count as laptops))&$orderby=snapshot_date"
        )
        count = await asked.get(f"{address}/$count?$filter=snapshot_date ge 2026-11-28")
        every = await asked.get(f"{address}/$count")
        paged: list[str] = []
        url: str | None = address
        while url is not None:
            page = (await asked.client.get(url, headers={"prefer": "odata.maxpagesize=2"})).json()
            paged += [f"{entry['snapshot_date']} {entry['name']}" for entry in page["value"]]
            url = page.get("@odata.nextLink")
        ordered = await asked.get(
            f"{address}?$orderby=name desc,snapshot_date&$top=2&$select=name,snapshot_date"
        )
        metadata = (await asked.get("/odata/$metadata")).text
        index = (await asked.client.get("/tables", headers={"accept": "application/json"})).json()["tables"]
        package = (await asked.get("/tables/datapackage.json")).json()
    days = [(entry["snapshot_date"], entry["name"]) for entry in both]
    assert [entry["name"] for entry in first] == ["n1", "n2", "n3"]
    assert days == [
        (f"2026-11-{day}", f"n{n}") for day, n in ((27, 1), (27, 2), (27, 3), (28, 1), (28, 3), (28, 4))
    ]
    assert list(last[0]) == ["snapshot_date", "id", "source", "vendor", "native_id", "name"]
    assert [entry["name"] for entry in last] == ["n1", "n3", "n4"]
    assert (early, none) == (both[:3], [])
    assert pl.read_parquet(parquet).select("snapshot_date", "name").cast(pl.String).rows() == days
    assert pl.read_ipc(arrow).select("snapshot_date", "name").cast(pl.String).rows() == days
    assert json.loads(lines)["snapshot_date"] == "2026-11-27"
    assert [(entry["snapshot_date"], entry["laptops"]) for entry in by_day.json()["value"]] == [
        ("2026-11-27", 2),
        ("2026-11-28", 1),
    ]
    assert (count.text, every.text) == ("3", "6")
    assert paged == [" ".join(day) for day in days]
    assert [(e["name"], e["snapshot_date"]) for e in ordered.json()["value"]] == [
        ("n4", "2026-11-28"),
        ("n3", "2026-11-27"),
    ]
    assert '<PropertyRef Name="snapshot_date"/>' in metadata
    entry = next(table for table in index if table["name"] == "assets_history")
    assert (entry["rows"], entry["historyOf"]) == (6, "assets")
    resource = next(each for each in package["resources"] if each["name"] == "assets_history")
    assert resource["schema"]["primaryKey"] == ["snapshot_date", "id"]
    assert "foreignKeys" not in resource["schema"]
    # DuckDB reads the folder as it is, too.
    trend = duckdb.execute(
        f"SELECT date, count(*) FROM read_parquet('{tmp_path}/history/assets/*/*.parquet') "
        "WHERE category = 'Laptop' GROUP BY date ORDER BY date"
    ).fetchall()
    assert [(str(date), count) for date, count in trend] == [("2026-11-27", 2), ("2026-11-28", 1)]
    SnapshotStore(tmp_path, "").forget()
    assert not (tmp_path / "history").exists()


async def test_odata_reads_rows_of_days_by_key_and_in_order(tmp_path: Path, travel: Travel) -> None:
    vendor, address = Tether(row(1), row(2), row(3, "Monitor")), "/odata/assets_history"
    async with gateway(tmp_path, vendor) as asked:
        await rows(asked, "/tables/assets_history.csv")
        travel(1)
        vendor.rows = [row(1), row(3, "Monitor"), row(4, "Monitor")]
        await next_day(asked, tmp_path, "2026-11-28")
        walk: list[str] = []
        url: str | None = (
            f"{address}?$orderby=snapshot_date desc,name desc&$filter=category eq 'Monitor'&$count=true"
        )
        while url is not None:
            page = (await asked.client.get(url, headers={"prefer": "odata.maxpagesize=1"})).json()
            walk += [
                f"{entry['snapshot_date']} {entry['name']} of {page['@odata.count']}"
                for entry in page["value"]
            ]
            url = page.get("@odata.nextLink")
        beyond = await asked.get(f"{address}?$orderby=name&$skip=6")
        key = (await rows(asked, "/tables/assets_history.csv?limit=1"))[0]["id"]
        entity = await asked.get(f"{address}(snapshot_date=2026-11-28,id='{key}')?$select=name,snapshot_date")
        not_there = [
            await asked.get(f"{address}({predicates})")
            for predicates in (f"snapshot_date=2026-11-26,id='{key}'", "id='x',snapshot_date=2026-11-27")
        ]
        no_key = [
            await asked.get(f"{address}({predicates})")
            for predicates in (f"'{key}'", f"snapshot_date='2026-11-27',id='{key}'", f"id='{key}'")
        ]
    assert walk == ["2026-11-28 n4 of 3", "2026-11-28 n3 of 3", "2026-11-27 n3 of 3"]
    assert beyond.json()["value"] == []
    assert entity.json()["@odata.context"].endswith("#assets_history(snapshot_date,name)/$entity")
    assert (entity.json()["name"], entity.json()["snapshot_date"]) == ("n1", "2026-11-28")
    assert [answer.status_code for answer in not_there] == [404, 404]
    assert [answer.status_code for answer in no_key] == [400, 400, 400]


async def test_a_day_is_kept_whole_or_not_at_all(tmp_path: Path, travel: Travel) -> None:
    vendor, other = Tether(row(1)), Tether(row(2))
    async with gateway(tmp_path, vendor, other) as asked:
        assert len(await rows(asked, "/tables/assets_history.csv")) == 2
        other.is_down = True
        travel(1)
        async with asyncio.timeout(10):
            while (await asked.get("/tables/assets.csv")).headers.get("stale-sources") != "other":
                await asyncio.sleep(0.02)
        assert len(await rows(asked, "/tables/assets_history.csv")) == 2
        other.is_down = False
        travel(0.1)
        await next_day(asked, tmp_path, "2026-11-28")
        history = await rows(asked, "/tables/assets_history.csv")
    assert {entry["snapshot_date"] for entry in history} == {"2026-11-27", "2026-11-28"}


async def test_days_go_when_they_are_too_old_or_too_many_bytes(tmp_path: Path, travel: Travel) -> None:
    vendor = Tether(row(1))
    async with gateway(tmp_path, vendor, days=2) as asked:
        await rows(asked, "/tables/assets_history.csv")
        for day in ("2026-11-28", "2026-11-29"):
            travel(1)
            await next_day(asked, tmp_path, day)
        history = await rows(asked, "/tables/assets_history.csv")
    assert {entry["snapshot_date"] for entry in history} == {"2026-11-28", "2026-11-29"}
    assert not (tmp_path / "history/assets/date=2026-11-27").exists()
    async with gateway(tmp_path, vendor, GATEWAY_TABLES__HISTORY_BYTES="1") as asked:
        travel(1)
        vendor.rows = [row(1, "Phone")]
        await next_day(asked, tmp_path, "2026-11-30")
        async with asyncio.timeout(5):
            while len(await rows(asked, "/tables/assets_history.csv")) > 1:
                await asyncio.sleep(0.02)
    assert [path.name for path in (tmp_path / "history/assets").glob("date=*")] == ["date=2026-11-30"]


async def test_a_source_that_is_new_or_has_another_account_does_not_read_the_others_days(
    tmp_path: Path, travel: Travel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gateway(tmp_path, Tether(row(1)), Tether(row(2))) as asked:
        assert len(await rows(asked, "/tables/assets_history.csv")) == 2
    travel(1)
    monkeypatch.setitem(SOURCES["other"], "BASE_URL", "http://elsewhere.test/api")
    settings = {"GATEWAY_TABLES__DIR": str(tmp_path), "GATEWAY_TABLES__HISTORY_DAYS": "9"}
    vendors = {"tether": Tether(row(1)), "other": Tether(row(7))}
    async with Gateway(SOURCES, vendors, environ=settings) as asked:
        await next_day(asked, tmp_path, "2026-11-28")
        history = await rows(asked, "/tables/assets_history.csv")
        index = (await asked.client.get("/tables", headers={"accept": "application/json"})).json()["tables"]
    assert [(entry["snapshot_date"], entry["name"]) for entry in history] == [
        ("2026-11-27", "n1"),
        ("2026-11-28", "n7"),
        ("2026-11-28", "n1"),
    ]
    assert next(table["rows"] for table in index if table["name"] == "assets_history") == 3


async def test_roles_hold_for_rows_as_they_were(tmp_path: Path, travel: Travel) -> None:
    roles = """
[roles.laptops]
sources = ["*"]
read = ["Asset"]
hide = ["Asset.serialNumber"]
[roles.laptops.rows]
tether = { category = ["Laptop"] }
[roles.all]
sources = ["*"]
read = ["*"]
[roles.people]
sources = ["*"]
read = ["Person"]
"""
    config = roles_file(tmp_path, roles, *((name, name) for name in ("all", "laptops", "people")))
    vendor = Tether(row(1, serial="S1"), row(2, "Monitor"))
    folder = tmp_path / "tables"
    settings = {"GATEWAY_TABLES__DIR": str(folder), "GATEWAY_TABLES__HISTORY_DAYS": "9"}
    sources = {"tether": SOURCES["tether"]}
    async with Gateway(sources, {"tether": vendor}, environ=settings, config=config) as asked:
        assert (await get_as(asked, "all", "/tables/assets.csv")).status_code == 200
        vendor.rows = [row(1, "Monitor"), row(2)]
        travel(1)
        async with asyncio.timeout(10):
            while not (folder / "history/assets/date=2026-11-28").exists():
                await get_as(asked, "all", "/tables/assets.csv")
                await asyncio.sleep(0.02)
            while '"2026-11-28"' not in (folder / "history/assets/days.json").read_text():
                await asyncio.sleep(0.01)
        answer = await get_as(asked, "laptops", "/tables/assets_history.ndjson")
        odata = (await get_as(asked, "laptops", "/odata/assets_history?$select=snapshot_date,name")).json()
        count = (await get_as(asked, "laptops", "/odata/assets_history/$count")).text
        hidden = await get_as(asked, "laptops", "/odata/assets_history?$filter=serial_number eq 'S1'")
        refused = await get_as(asked, "people", "/tables/assets_history.csv")
        listed = (await get_as(asked, "laptops", "/tables", accept="application/json")).json()["tables"]
    shown = [json.loads(line) for line in answer.text.splitlines()]
    assert [(entry["snapshot_date"], entry["name"]) for entry in shown] == [
        ("2026-11-27", "n1"),
        ("2026-11-28", "n2"),
    ]
    assert "serial_number" not in shown[0]
    assert [entry["name"] for entry in odata["value"]] == ["n1", "n2"]
    assert count == "2"
    assert hidden.status_code == 400
    assert refused.status_code == 404
    history = next(table for table in listed if table["name"] == "assets_history")
    assert (history["rows"], history["bytes"]) == (None, None)
    assert "people_history" not in {table["name"] for table in listed}


@pytest.mark.parametrize(
    "query", ["from=yesterday", "to=2026-13-01", "live=true", "changed_since=2026-11-27"]
)
async def test_what_is_no_day_or_no_parameter_of_a_history_is_refused(tmp_path: Path, query: str) -> None:
    async with gateway(tmp_path, Tether(row(1))) as asked:
        answer = await asked.get(f"/tables/assets_history.csv?{query}")
    assert answer.status_code == 400, answer.text


async def test_without_the_setting_there_is_no_history(tmp_path: Path) -> None:
    async with gateway(tmp_path, Tether(row(1)), days=0) as asked:
        await rows(asked, "/tables/assets.csv")
        assert (await asked.get("/tables/assets_history.csv")).status_code == 404
        assert "assets_history" not in (await asked.get("/odata")).text
    assert not (tmp_path / "history").exists()
