"""The audit of writes: two lines for each, and together what the vendor has seen."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.access.audit_sinks import AuditFile, open_audit
from gateway.settings import SettingsError
from tests.mutations.house import House, codes
from tests.mutations.test_imports import done

Opened = Callable[..., House]
SECRET = "Un-told-value"


def settings(folder: Path) -> dict[str, str]:
    return {"GATEWAY_AUDIT__FILE": str(folder / "audit.log"), "GATEWAY_AUTH__API_KEYS": "k"}


@pytest.fixture
def audited(house: Opened, tmp_path: Path) -> Callable[..., House]:
    """Opens a gateway with an audit."""
    return lambda name: house(name, environ=settings(tmp_path))


def lines(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "audit.log").read_text()
    assert SECRET not in text
    written = [json.loads(line) for line in text.splitlines()]
    assert [line["sequence"] for line in written] == list(range(1, len(written) + 1))
    return written


def ends(folder: Path) -> list[tuple[Any, ...]]:
    """The mutation, row and outcome of each write; each has a beginning with the same facts."""
    written = lines(folder)
    by_sequence = {line["sequence"]: line for line in written}
    told = []
    for end in (line for line in written if line["event"] == "end"):
        begin = by_sequence[end["begun"]]
        same = begin.keys() - {"sequence", "event", "time", "native_id"}
        assert {name: begin[name] for name in same} == {name: end[name] for name in same}
        told.append((end["mutation"], end["row"], end["outcome"], *end["codes"]))
    assert len(written) == 2 * len(told)
    return told


async def test_a_run_is_told_back(audited: Callable[..., House], tmp_path: Path) -> None:
    async with audited("tether") as gateway:
        gateway.client.headers.update({"x-api-key": "k", "x-request-id": "r-1"})
        new = {"source": "tether", "assetTag": "A-1", "name": SECRET, "idempotencyKey": SECRET}
        asset = (await gateway.do("createAsset", "asset { id nativeId }", new))["asset"]
        await gateway.do("createAsset", "asset { id }", new)
        change = {"id": asset["id"], "name": f"{SECRET} 2", "notes": SECRET}
        await gateway.do("updateAsset", "asset { id }", {**change, "dryRun": True})
        await gateway.do("updateAsset", "asset { id }", change)
        used = (await gateway.assets("id", status={"eq": "IN_USE"}))[0]["id"]
        people = await gateway.ask("{ people(first: 1) { nodes { id } } }")
        checkout = {"id": used, "employeeId": people.whole["people"]["nodes"][0]["id"]}
        assert codes(await gateway.do("checkoutAsset", "asset { id }", checkout)) == [("CONFLICT", "id")]
        gateway.vendor.lose = "before"
        await gateway.attempt(
            "createAsset", "asset { id }", {**new, "assetTag": "A-2", "idempotencyKey": "2"}
        )
        await done(gateway, "tether", f"asset_tag,name\nI-1,{SECRET}\n")
        await gateway.do("deleteAsset", "deletedId", {"id": asset["id"]})
        writes = len(gateway.vendor.writes)
    told = ends(tmp_path)
    assert told == [
        ("asset.create", None, "done"),
        ("asset.update", None, "planned"),
        ("asset.update", None, "done"),
        ("asset.checkout", None, "refused", "CONFLICT"),
        ("asset.create", None, "unknown", "OUTCOME_UNKNOWN"),
        ("asset.import", None, "done"),
        ("asset.delete", None, "done"),
    ]
    assert writes == sum(end[2] != "planned" for end in told)
    first, created, planned, *_ = lines(tmp_path)
    assert (first["caller"], first["request_id"], first["source"]) == ("api-key-1", "r-1", "tether")
    assert (first["native_id"], created["native_id"]) == (None, asset["nativeId"])
    assert (first["fields"], planned["fields"]) == (["name", "assetTag"], ["name", "notes"])
    assert len(first["idempotency_key"]) == 64
    assert planned["dry_run"]


async def test_an_import_row_by_row_is_a_write_for_each_row(
    audited: Callable[..., House], tmp_path: Path
) -> None:
    async with audited("fiwit") as gateway:
        gateway.client.headers.update({"x-api-key": "k"})
        await done(gateway, "fiwit", f"name,ip_address\n{SECRET},10.0.0.1\nF-2,{'x' * 99}\nF-3,10.0.0.3\n")
        writes = len(gateway.vendor.writes)
    told = ends(tmp_path)
    assert told == [("asset.import", row, "done") for row in (2, 3, 4)]
    assert writes == len(told)


async def test_without_room_for_the_audit_nothing_is_written(
    audited: Callable[..., House], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with audited("tether") as gateway:
        gateway.client.headers.update({"x-api-key": "k"})
        new = {"source": "tether", "assetTag": "A-1", "name": "one"}
        real = os.write
        monkeypatch.setattr("gateway.access.audit_sinks.os.write", lambda file, text: real(file, text[:20]))
        answer = await gateway.attempt("createAsset", "asset { id }", new)
        assert answer.errors[0]["message"].startswith("Nothing was sent")
        assert gateway.vendor.writes == []
        assert (tmp_path / "audit.log").read_bytes() == b""
        monkeypatch.undo()
        await gateway.do("createAsset", "asset { id }", new)
    assert ends(tmp_path) == [("asset.create", None, "done")]


async def test_an_end_that_cannot_be_written_is_in_the_log(
    audited: Callable[..., House],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with audited("tether") as gateway:
        gateway.client.headers.update({"x-api-key": "k"})
        append = AuditFile.append

        def fails(file: AuditFile, fields: Any) -> int:
            if fields["event"] == "end":
                raise OSError(28, "No space left on device")
            return append(file, fields)

        monkeypatch.setattr(AuditFile, "append", fails)
        await gateway.do("createAsset", "asset { id }", {"source": "tether", "assetTag": "A", "name": SECRET})
    (begin,) = lines(tmp_path)
    assert begin["event"] == "begin"
    assert "the audit lacks the end of write 1" in caplog.text
    assert SECRET not in caplog.text


def test_numbers_go_on_after_a_rotation_a_restart_and_a_cut(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    first, second = AuditFile(path), AuditFile(path)
    assert [first.append({"x": 1}), second.append({"x": 2}), first.append({"x": "\n"})] == [1, 2, 3]
    path.rename(tmp_path / "audit.log.1")
    assert [second.append({}), first.append({})] == [4, 5]
    path.write_text("")
    assert AuditFile(path).append({}) == 6
    assert len((tmp_path / "audit.log.1").read_text().splitlines()) == 3
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_audit_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"audit\.file: .* cannot be written \(Is a directory\)"):
        open_audit(str(tmp_path))


def test_lines_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    sink = open_audit("stderr")
    assert sink is not None
    assert [sink.append({"event": "begin"}), sink.append({"event": "end"})] == [1, 2]
    written = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["audit"], line["sequence"], line["event"]) for line in written] == [
        (True, 1, "begin"),
        (True, 2, "end"),
    ]
