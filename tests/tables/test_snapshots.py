"""Kept tables: versions, faults, changes, files as files, and what is on disk."""

import asyncio
import csv
import functools
import io
import json
import os
import re
import stat
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.sandbox import Company
from gateway.sandbox.server import create_apps
from gateway.settings import TableSettings
from gateway.tables import freshness
from gateway.tables.lock import FolderLock
from gateway.tables.requests import FillRequests
from gateway.tables.setup import SnapshotFolder, lend_rates
from gateway.tables.store import SnapshotStore
from gateway.testing.upstreams import Handler, always, refusing, served
from tests.support.gateway import Gateway, sandbox

SETTINGS = {"VENDOR": "tether", "BASE_URL": "http://tether.test/api", "TOKEN": "canary-token"}
#: Everything is due at once.
EAGER = {"GATEWAY_TABLES__REFRESH_MINUTES": "0.01"}


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "asset_tag": f"T-{number}", "name": f"n{number}", "status": "available", **more}


class Tether:
    """A vendor whose rows a test changes, and that it may turn off."""

    def __init__(self, *rows: Mapping[str, Any]) -> None:
        self.rows = list(rows)
        self.is_down = False

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        handler: Handler = refusing if self.is_down else always(self.rows)
        answer = handler(request)
        return answer if isinstance(answer, httpx.Response) else await answer


def gateway(vendor: Handler, folder: Path, **environ: str) -> Gateway:
    environ = {"GATEWAY_TABLES__DIR": str(folder), **environ}
    return Gateway({"tether": SETTINGS}, {"tether": vendor}, environ=environ)


def read(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline=""), strict=True))


def _files(folder: Path, pattern: str) -> list[Path]:
    return list(folder.rglob(pattern))


async def refilled(
    gateway: Gateway, path: str = "/tables/assets.csv", *, after: httpx.Response | None = None
) -> httpx.Response:
    """The table after its next fill that changes it."""
    before = (await gateway.get(path) if after is None else after).headers["etag"]
    for _ in range(1000):
        answer = await gateway.get(path)
        if answer.headers["etag"] != before:
            return answer
        await asyncio.sleep(0.04)
    raise AssertionError("the table was not renewed")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freshness, "RETRY", timedelta(0))
    monkeypatch.setattr("gateway.tables.service.RETRY", timedelta(0))


# ------------------------------------------------------------------------------------------------------ versions


async def test_a_kept_table_is_answered_without_any_call_and_stays_after_a_restart(tmp_path: Path) -> None:
    vendor = Tether(row(1), row(2))
    async with gateway(vendor, tmp_path) as first:
        asked = await first.get("/tables/assets.csv")
        first.upstreams.forget()
        again = await first.get("/tables/assets.csv")
        assert first.calls == []
    async with gateway(vendor, tmp_path) as second:
        later = await second.get("/tables/assets.csv")
        assert second.calls == []
    assert asked.content == again.content == later.content
    assert asked.headers["etag"] == later.headers["etag"]
    assert len(read(asked)) == 2


async def test_lists_that_are_read_whole_are_read_one_after_another(tmp_path: Path) -> None:
    """Revnue's has pages, each of which only the one before it names."""
    under_way: list[str] = []
    together: set[frozenset[str]] = set()

    async def slow(request: httpx.Request) -> httpx.Response:
        under_way.append(request.url.host)
        together.add(frozenset(under_way))
        await asyncio.sleep(0.02)
        under_way.remove(request.url.host)
        return httpx.Response(200, json=[])

    revnue = {"VENDOR": "revnue", "BASE_URL": "http://revnue.test/api/v2", "TOKEN": "canary-token"}
    sources = {"tether": SETTINGS, "revnue": revnue}
    environ = {"GATEWAY_TABLES__DIR": str(tmp_path)}
    async with Gateway(sources, dict.fromkeys(sources, slow), environ=environ) as asked:
        await asked.get("/tables/assets.csv?partial=true")
    assert together == {frozenset({"tether.test"}), frozenset({"revnue.test"})}


async def test_many_first_asks_are_one_fill(tmp_path: Path) -> None:
    async with gateway(Tether(row(1)), tmp_path) as asked:
        answers = await asyncio.gather(
            *(asked.get(f"/tables/assets.{ending}") for ending in ("csv", "ndjson") * 5)
        )
        assert {answer.status_code for answer in answers} == {200}
        assert len([call for call in asked.calls if call.path.endswith("/assets")]) == 1


async def test_two_gateways_on_one_folder_fill_once(tmp_path: Path) -> None:
    vendor = Tether(row(1))
    async with gateway(vendor, tmp_path) as one, gateway(vendor, tmp_path) as other:
        answers = await asyncio.gather(one.get("/tables/assets.csv"), other.get("/tables/assets.csv"))
        calls = [call for side in (one, other) for call in side.calls if call.path.endswith("/assets")]
    assert [answer.status_code for answer in answers] == [200, 200], [answer.text for answer in answers]
    assert answers[0].content == answers[1].content
    assert len(calls) == 1


async def test_rows_know_when_they_were_first_seen_and_changed(tmp_path: Path) -> None:
    vendor = Tether(row(1), row(2), row(3))
    async with gateway(vendor, tmp_path, **EAGER) as asked:
        before = {one["native_id"]: one for one in read(await asked.get("/tables/assets.csv"))}
        await asyncio.sleep(0.7)
        vendor.rows = [row(1), row(2, name="other"), row(4)]
        after = {one["native_id"]: one for one in read(await refilled(asked))}
        moment = before["1"]["row_changed_at"]
        changed = read(await asked.get(f"/tables/assets.csv?changed_since={after['2']['row_changed_at']}"))
        deleted = read(await asked.get("/tables/deleted_rows.csv"))
    assert {one["row_first_seen_at"] for one in before.values()} == {moment}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", moment)
    assert (after["1"]["row_changed_at"], after["1"]["row_first_seen_at"]) == (moment, moment)
    assert after["2"]["row_first_seen_at"] == moment < after["2"]["row_changed_at"]
    assert after["4"]["row_first_seen_at"] == after["4"]["row_changed_at"] > moment
    assert [one["native_id"] for one in changed] == ["2", "4"]
    assert [(one["table"], one["id"], one["source"]) for one in deleted] == [
        ("assets", "tether:Asset:3", "tether")
    ]


async def test_the_same_rows_again_are_the_same_file(tmp_path: Path) -> None:
    async with gateway(Tether(row(1)), tmp_path, **EAGER) as asked:
        first = await asked.get("/tables/assets.parquet")
        before = await _filled_at(asked)
        await asyncio.sleep(0.7)
        await asked.get("/tables/assets.parquet")
        for _ in range(100):
            if await _filled_at(asked) != before:
                break
            await asyncio.sleep(0.02)
        again = await asked.get("/tables/assets.parquet")
        assert await _filled_at(asked) != before
    assert first.headers["etag"] == again.headers["etag"]


async def _filled_at(gateway: Gateway) -> str:
    (moment,) = [
        table["filledAt"]
        for table in (await gateway.get("/tables")).json()["tables"]
        if table["name"] == "assets"
    ]
    return str(moment)


async def test_a_clock_that_goes_back_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = Tether(row(1))
    async with gateway(vendor, tmp_path) as asked:
        before = read(await asked.get("/tables/assets.csv"))
    back = functools.partial(SnapshotStore, clock=lambda: datetime.now(UTC) - timedelta(hours=3))
    monkeypatch.setattr("gateway.tables.setup.SnapshotStore", back)
    async with gateway(vendor, tmp_path) as later:
        assert read(await later.get("/tables/assets.csv")) == before


# -------------------------------------------------------------------------------------------------------- faults


async def test_a_source_that_fails_later_keeps_its_rows_and_is_stale(
    company: Company, tmp_path: Path
) -> None:
    down = False
    revnue = served(create_apps(company)["revnue"])

    async def sometimes(request: httpx.Request) -> httpx.Response:
        answer = (refusing if down else revnue)(request)
        return answer if isinstance(answer, httpx.Response) else await answer

    environ = {"GATEWAY_TABLES__DIR": str(tmp_path), **EAGER}
    async with sandbox(company, environ=environ, handlers={"revnue": sometimes}) as asked:
        whole = read(await asked.get("/tables/assets.csv"))
        down = True
        await asyncio.sleep(0.7)
        for _ in range(200):
            answer = await asked.get("/tables/assets.csv")
            if "stale-sources" in answer.headers:
                break
            await asyncio.sleep(0.05)
        index = {table["name"]: table for table in (await asked.get("/tables")).json()["tables"]}
    assert answer.headers["stale-sources"] == "revnue"
    assert {one["id"] for one in read(answer)} == {one["id"] for one in whole}
    states = {part["source"]: (part["state"], part["code"]) for part in index["assets"]["sources"]}
    assert states["revnue"] == ("stale", "UPSTREAM_UNAVAILABLE")
    assert states["tether"] == ("whole", None)


async def test_a_source_that_was_down_at_the_first_fill_is_there_at_the_next(tmp_path: Path) -> None:
    vendor = Tether(row(1))
    vendor.is_down = True
    async with gateway(vendor, tmp_path) as asked:
        refused = await asked.get("/tables/assets.csv")
        vendor.is_down = False
        asked.upstreams.forget()
        answer = await asked.get("/tables/assets.csv")
        for _ in range(100):
            if answer.status_code == 200:
                break
            await asyncio.sleep(0.1)
            answer = await asked.get("/tables/assets.csv")
    assert refused.status_code == 503
    assert refused.json()["sources"][0]["code"] == "UPSTREAM_UNAVAILABLE"
    assert len(read(answer)) == 1


async def test_columns_do_not_depend_on_the_sources_and_say_what_was_not_read(company: Company) -> None:
    async with sandbox(company, only=("tether",)) as few:
        alone = await few.get("/tables/assets.csv")
    async with sandbox(company) as all_of_them:
        together = await all_of_them.get("/tables/assets.csv")
        index = {table["name"]: table for table in (await all_of_them.get("/tables")).json()["tables"]}
    assert list(read(alone)[0]) == list(read(together)[0])
    assert "not-read" not in alone.headers
    assert re.fullmatch(r'halo;columns="[\w ]*\bnotes\b[\w ]*"', together.headers["not-read"])
    columns = {column["name"]: column for column in index["assets"]["columns"]}
    assert columns["notes"]["notReadFrom"] == ["halo"]
    assert all(not one["notes"] for one in read(together) if one["source"] == "halo")


async def test_a_value_that_no_column_can_hold_is_a_fault_of_that_value(tmp_path: Path) -> None:
    vendor = Tether(row(1, purchase_cost="0.12345678901"), row(2, purchase_cost="12.30"))
    async with gateway(vendor, tmp_path) as asked:
        answer = await asked.get("/tables/assets.csv?columns=purchase_cost")
    assert [one["purchase_cost"] for one in read(answer)] == ["", "12.30"]
    assert answer.headers["unfit-values"] == 'tether;columns="purchase_cost"'


async def test_a_folder_that_cannot_be_used_is_said_and_graphql_goes_on(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    async with gateway(Tether(row(1)), blocked / "tables") as asked:
        refused = await asked.get("/tables/assets.csv")
        index = await asked.get("/tables")
        live = await asked.get("/tables/assets.csv?live=true")
        answer = await asked.ask("{ assets { nodes { id } } }")
    assert (refused.status_code, refused.json()["title"]) == (503, "Tables cannot be kept")
    assert str(blocked) not in refused.text
    assert index.status_code == 200
    assert len(read(live)) == 1
    assert answer.whole["assets"]["nodes"] == [{"id": "tether:Asset:1"}]


async def test_a_full_disk_leaves_the_version_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = Tether(row(1))
    async with gateway(vendor, tmp_path, **EAGER) as asked:
        before = await asked.get("/tables/assets.csv")

        def full(*_: Any, **__: Any) -> None:
            raise OSError(28, "No space left on device", "/secret")

        monkeypatch.setattr("gateway.tables.publication.write_parquet", full)
        vendor.rows.append(row(2))
        await asyncio.sleep(0.7)
        await asked.get("/tables/assets.csv")
        await asyncio.sleep(0.2)
        after = await asked.get("/tables/assets.csv")
        other = await asked.get("/tables/tickets.csv")
    assert before.content == after.content
    assert other.status_code == 503
    assert "No space left on device" in other.json()["detail"]
    assert "/secret" not in other.text
    assert not _files(tmp_path, "*.spool")


# ------------------------------------------------------------------------------------------------------- the disk


async def test_damaged_and_foreign_files_are_ignored(tmp_path: Path) -> None:
    vendor = Tether(row(1))
    async with gateway(vendor, tmp_path) as asked:
        await asked.get("/tables/assets.csv")
    current = tmp_path / "current.json"
    manifest = json.loads(current.read_text())
    damaged = [
        "not json",
        json.dumps({**manifest, "fingerprint": "of others"}),
        json.dumps({**manifest, "format": 99}),
        json.dumps(
            {
                **manifest,
                "tables": {"assets": {**manifest["tables"]["assets"], "version": "../../etc"}},
            }
        ),
        json.dumps({**manifest, "tables": {"assets": {**manifest["tables"]["assets"], "bytes": 1}}}),
    ]
    for content in damaged:
        current.write_text(content)
        async with gateway(vendor, tmp_path) as later:
            assert len(read(await later.get("/tables/assets.csv"))) == 1
            assert [call for call in later.calls if call.path.endswith("/assets")]


async def test_files_are_private_and_hold_no_credential(tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    async with gateway(Tether(row(1)), folder) as asked:
        for ending in ("csv", "arrow", "parquet"):
            assert (await asked.get(f"/tables/assets.{ending}")).status_code == 200
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or path.parent != folder, path
        assert b"canary-token" not in path.read_bytes()


async def test_another_configuration_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    other = {**SETTINGS, "TOKEN": "another"}
    environ = {"GATEWAY_TABLES__DIR": str(tmp_path)}
    async with gateway(Tether(row(1)), tmp_path) as first:
        await first.get("/tables/assets.csv")
        async with Gateway({"tether": other}, {"tether": Tether(row(7))}, environ=environ) as second:
            rows = read(await second.get("/tables/assets.csv"))
        again = read(await first.get("/tables/assets.csv"))
    assert [one["native_id"] for one in rows] == ["7"]
    assert [one["native_id"] for one in again] == ["1"]


@pytest.mark.parametrize("path", ["..%2f..%2fetc%2fpasswd.csv", "%2e%2e/assets.csv", "assets.csv%00.parquet"])
async def test_names_of_urls_never_reach_a_path(tmp_path: Path, path: str) -> None:
    async with gateway(Tether(row(1)), tmp_path) as asked:
        assert (await asked.get(f"/tables/{path}")).status_code == 404
    assert not _files(tmp_path, "passwd*")


# --------------------------------------------------------------------------------------------------- files as files


async def test_ranges_and_conditions(tmp_path: Path) -> None:
    async with gateway(Tether(*map(row, range(1, 400))), tmp_path) as asked:
        client = asked._client

        async def get(**headers: str) -> httpx.Response:
            plain = {"accept-encoding": "identity"}
            return await client.get(
                "/tables/assets.csv",
                headers=plain | {key.replace("_", "-"): one for key, one in headers.items()},
            )

        whole = await get()
        tag, size = whole.headers["etag"], len(whole.content)
        part = await get(range="bytes=10-19")
        end = await get(range="bytes=-5", if_range=tag)
        outside = await get(range=f"bytes={size}-")
        several = await get(range="bytes=0-1,4-5")
        replaced = await get(range="bytes=0-9", if_range='"of another version"')
        unchanged = await get(if_none_match=tag)
        since = await get(if_modified_since=whole.headers["last-modified"])
        failed = await get(if_match='"other"')
        packed = await get(accept_encoding="gzip")
    assert whole.headers["accept-ranges"] == "bytes"
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{size}"
    assert (end.status_code, end.content) == (206, whole.content[-5:])
    assert (outside.status_code, outside.headers["content-range"]) == (416, f"bytes */{size}")
    assert (several.status_code, several.content) == (200, whole.content)
    assert (replaced.status_code, replaced.content) == (200, whole.content)
    assert (unchanged.status_code, since.status_code, failed.status_code) == (304, 304, 412)
    assert (packed.headers["content-encoding"], packed.content) == ("gzip", whole.content)
    assert packed.headers["etag"] != tag
    assert int(packed.headers["content-length"]) < size


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("limit=-1", "`limit` is a whole number"),
        ("limit=2147483648", "`limit` is a whole number"),
        ("limit=1e3", "`limit` is a whole number"),
        ("limit=" + "9" * 60, "`limit` is a whole number"),
        ("changed_since=yesterday", "`changed_since` is a moment"),
        ("changed_since=", "`changed_since` is a moment"),
        ("live=true&changed_since=2026-01-01", "it knows no `changed_since`"),
        ("live=maybe", "`live` is true or false"),
    ],
)
async def test_selections_are_checked(tmp_path: Path, query: str, told: str) -> None:
    async with gateway(Tether(row(1)), tmp_path) as asked:
        answer = await asked.get(f"/tables/assets.csv?{query}")
        assert asked.upstreams.calls == []
    assert answer.status_code == 400
    assert told in answer.json()["detail"]


async def test_selections(tmp_path: Path) -> None:
    async with gateway(Tether(*map(row, range(1, 30))), tmp_path) as asked:
        few = read(await asked.get("/tables/assets.csv?columns=name&limit=3"))
        none = read(await asked.get("/tables/assets.csv?changed_since=2100-01-01"))
        every = read(await asked.get("/tables/assets.csv?changed_since=2001-01-01T00:00:00%2B01:00"))
    assert [one["name"] for one in few] == ["n1", "n2", "n3"]
    assert (none, len(every)) == ([], 29)


async def test_a_write_through_the_gateway_renews_the_sources_tables(
    company: Company, tmp_path: Path
) -> None:
    environ = {"GATEWAY_TABLES__DIR": str(tmp_path)}
    create = """mutation { createAsset(input: {source: "tether", name: "written", serialNumber: "W1",
        assetTag: "W-1"}) { asset { id } } }"""
    async with sandbox(company, only=("tether",), environ=environ) as asked:
        before = read(await asked.get("/tables/assets.csv"))
        written = await asked.ask(create)
        assert written.errors == [], written.errors
        after = read(await refilled(asked))
    assert len(after) == len(before) + 1


async def test_metrics_and_downloads(tmp_path: Path) -> None:
    async with gateway(Tether(row(1)), tmp_path) as asked:
        await asked.get("/tables/assets.csv")
        metrics = (await asked.get("/metrics")).text
        page = await asked._client.get("/tables", headers={"accept": "text/html"})
        connection = (await asked.get("/tables/asset-gateway.pbids")).json()
        package = (await asked.get("/tables/datapackage.json")).json()
        dbt = (await asked.get("/tables/sources.yml")).text
    assert 'gateway_table_rows{source="tether",table="assets"} 1.0' in metrics
    assert page.headers["content-type"].startswith("text/html")
    assert "<script" not in page.text
    assert "style-src 'sha256-" in page.headers["content-security-policy"]
    assert connection["connections"][0]["details"]["protocol"] == "odata"
    resources = {resource["name"]: resource for resource in package["resources"]}
    assert resources["assets"]["schema"]["primaryKey"] == "id"
    assert {"fields": "location_id", "reference": {"resource": "locations", "fields": "id"}} in (
        resources["assets"]["schema"]["foreignKeys"]
    )
    assert "- name: assets" in dbt


async def test_the_page_reloads_itself_as_long_as_tables_are_filled(tmp_path: Path) -> None:
    free = asyncio.Event()

    async def waiting(request: httpx.Request) -> httpx.Response:
        await free.wait()
        return await Tether(row(1))(request)

    async with gateway(waiting, tmp_path) as asked:
        task = asyncio.create_task(asked.get("/tables/assets.csv"))
        page = asked._client.build_request("GET", "/tables", headers={"accept": "text/html"})
        async with asyncio.timeout(5):
            while "http-equiv=refresh" not in (await asked._client.send(page)).text:
                await asyncio.sleep(0.01)
        free.set()
        assert len(read(await task)) == 1
        async with asyncio.timeout(5):
            while "http-equiv=refresh" in (await asked._client.send(page)).text:
                await asyncio.sleep(0.01)


def test_what_was_asked_for_at_once_is_filled_in_the_tables_order(tmp_path: Path) -> None:
    requests = FillRequests(tmp_path)
    for name in ("tickets", "assets"):
        requests.put(name)
        os.utime(tmp_path / "requests" / name, (1, 1))
    assert requests.take(["tickets", "assets"]) == ["tickets", "assets"]


async def test_a_fill_elsewhere_is_left_its_share_of_the_rates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.tables.setup._LOOK_SECONDS", 0.01)
    shares: list[float] = []
    folder = SnapshotFolder(settings=TableSettings(dir=str(tmp_path), share=0.4), sources={})
    task = asyncio.create_task(lend_rates(folder, shares.append))
    lock = FolderLock(tmp_path / "lock")
    await asyncio.sleep(0.05)
    assert lock.try_acquire()
    await asyncio.sleep(0.1)
    lock.release()
    await asyncio.sleep(0.1)
    task.cancel()
    assert shares == [0.6, 1.0]
