"""The operator's file: faults stop the start, and are only logged later; a catalog that is left behind in an update."""

import asyncio
import os
from collections.abc import Generator
from pathlib import Path

import pytest

from gateway.app import read_settings, vendor_keys
from gateway.identity import IdentityRecord, InvalidDecisions
from gateway.identity.catalog import MatchingCatalog, SourceRows
from gateway.identity.decision_watch import DecisionWatch
from gateway.identity.matching_view import MatchingView
from gateway.settings import SettingsError, load
from tests.identity.estates import EstateMaker
from tests.support.gateway import sandbox_sources


def environ(name: str = "halo", **more: str) -> dict[str, str]:
    keys = {**sandbox_sources()["halo"], "VENDOR": "halo"}
    return {f"GATEWAY_SOURCES__{name.upper()}__{key}": value for key, value in keys.items()} | more


def faults(config: Path | None = None, **more: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read_settings(config, environ(**more))
    return str(caught.value)


def test_no_source_is_called_unified() -> None:
    with pytest.raises(SettingsError, match="GATEWAY_SOURCES__UNIFIED: is the gateway's own name"):
        load(config=None, environ=environ("unified"), vendors=vendor_keys())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[identity]\nsam = [["halo:Asset:1", "halo:Asset:2"]]', "identity.sam: unknown"),
        ('[identity]\nsame = [["nobody:Asset:1", "halo:Asset:2"]]', "unknown source nobody"),
        ('[identity]\nsame = [["halo:Asset:1", "halo:Ticket:2"]]', "halo:Ticket:2"),
        ('[identity.prefer]\ncolour = ["halo"]', "identity.prefer.colour: unknown field"),
        ("[identity", "is not valid TOML"),
        ("same = []", "same: unknown"),
        ("identity = 1", "must be a table"),
    ],
)
def test_faults_of_the_file_stop_the_start(tmp_path: Path, text: str, fault: str) -> None:
    file = tmp_path / "identity.toml"
    file.write_text(text, "utf-8")
    told = faults(GATEWAY_IDENTITY__FILE=str(file))
    assert fault in told
    assert "GATEWAY_IDENTITY__FILE" in told


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    assert "cannot be read" in faults(GATEWAY_IDENTITY__FILE=str(tmp_path / "none.toml"))


def test_decisions_stand_in_the_configuration_or_in_a_file_of_their_own(tmp_path: Path) -> None:
    config, own = tmp_path / "gateway.toml", tmp_path / "identity.toml"
    config.write_text('[identity]\nsame = [["halo:Asset:1", "nobody:Asset:2"]]', "utf-8")
    own.write_text("", "utf-8")
    assert "unknown source nobody" in faults(config)
    config.write_text('[identity]\nsame = [["halo:Asset:1", "halo:Asset:2"]]', "utf-8")
    read_settings(config, environ())
    assert "give one of the two" in faults(config, GATEWAY_IDENTITY__FILE=str(own))
    config.write_text(f'[identity]\nfile = "{own}"', "utf-8")
    read = load(config=config, environ=environ(), vendors=vendor_keys())
    assert read.identity.file == str(own)
    assert read.identity.is_own


def test_a_change_is_seen_within_a_second_and_a_fault_in_it_is_only_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, now = tmp_path / "identity.toml", 0.0
    file.write_text("", "utf-8")
    watch = DecisionWatch(file, sources=["halo"], clock=lambda: now)

    def write(text: str) -> None:
        file.write_text(text, "utf-8")
        os.utime(file, ns=(int(now + 1) * 10**9, int(now + 1) * 10**9))

    write('[identity]\nsame = [["halo:Asset:1", "halo:Asset:2"]]')
    assert watch.current().same == ()
    now = 1.0
    assert watch.current().same == (("halo:Asset:1", "halo:Asset:2"),)
    assert watch.revision == 1
    for text in ("[identity", "[identity]\nsame = 1"):
        now += 1
        write(text)
        assert watch.current().same == (("halo:Asset:1", "halo:Asset:2"),)
        assert "hold" in caplog.text
    now += 1
    file.unlink()
    assert watch.current().same == (("halo:Asset:1", "halo:Asset:2"),)
    with pytest.raises(InvalidDecisions):
        DecisionWatch(file, sources=["halo"])


async def test_an_update_that_is_left_behind_goes_on() -> None:
    records = EstateMaker(2, devices=800).make().records
    rows: dict[str, SourceRows] = {}
    for name in sorted({record.source for record in records}):
        rows[name] = SourceRows([record for record in records if record.source == name])
    catalog = MatchingCatalog()
    first = asyncio.create_task(catalog.use(rows, lambda view: view.keys()))
    await asyncio.sleep(0.01)
    first.cancel()
    whole = await catalog.use(rows, lambda view: view.keys())
    assert [key.id for key in whole] == [
        key.id for key in await MatchingCatalog().use(rows, lambda view: view.keys())
    ]
    second = asyncio.create_task(catalog.use({**rows, "halo": SourceRows([])}, lambda view: view.keys()))
    await asyncio.sleep(0)
    await catalog.close()
    second.cancel()


async def test_others_run_while_much_is_matched() -> None:
    records = EstateMaker(4, devices=1500).make().records
    rows = {
        name: SourceRows([one for one in records if one.source == name])
        for name in {r.source for r in records}
    }
    longest, loop = 0.0, asyncio.get_running_loop()

    async def watch() -> None:
        nonlocal longest
        while True:
            before = loop.time()
            await asyncio.sleep(0)
            longest = max(longest, loop.time() - before)

    watching = asyncio.create_task(watch())
    await MatchingCatalog().use(rows, lambda view: view.keys())
    watching.cancel()
    assert longest < 0.1


async def test_rows_of_a_source_that_is_away_are_forgotten_after_an_hour() -> None:
    now = 0.0
    catalog = MatchingCatalog(clock=lambda: now)
    rows = {
        "a": SourceRows([IdentityRecord("a:Asset:1", "a", "4HJT9X3", manufacturer="Dell")]),
        "b": SourceRows([IdentityRecord("b:Asset:1", "b", "4HJT9X3", manufacturer="Dell")]),
    }
    assert [len(key.members) for key in await catalog.use(rows, lambda view: view.keys())] == [2]
    away = {**rows, "b": SourceRows((), complete=False)}
    for seconds, known in ((3599.0, 2), (3601.0, 1)):
        now = seconds
        assert [len(key.members) for key in await catalog.use(away, lambda view: view.keys())] == [1]
        assert await catalog.use(away, _count) == known


def _count(view: MatchingView) -> Generator[None, None, int]:
    yield
    return len(view.matching)
