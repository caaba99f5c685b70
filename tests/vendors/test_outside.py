"""Vendors of other distributions: what is wrong with one is said, and costs its own sources only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gateway import vendors
from gateway.cli import main as cli
from gateway.connector.description.fields import identity, text
from gateway.connector.description.paging import CursorPages, OffsetPages
from gateway.connector.description.resource import Description, List, Resource, Vendor
from gateway.settings import SourceKeys
from gateway.upstream.dispatch.auth import FixedHeader

ASSETS = Resource(
    type="Asset", list=List(path="/things"), fields={"native_id": identity("id"), "name": text("name")}
)


def acme(*resources: Resource, name: str = "acme") -> Vendor:
    return Vendor(
        name=name,
        keys=SourceKeys(),
        auth=lambda _: FixedHeader("Bearer x"),
        describe=lambda _: Description(resources=resources or (ASSETS,), probe="/things"),
    )


@dataclass(frozen=True)
class Distribution:
    name: str
    requires: Sequence[str] = ()
    version: str = "1.0"


@dataclass(frozen=True)
class Point:
    """Stands for an EntryPoint."""

    name: str
    loaded: Any
    dist: Distribution = Distribution("acme-assets")
    value: str = "acme:VENDOR"

    def load(self) -> Any:
        if isinstance(self.loaded, Exception):
            raise self.loaded
        return self.loaded


ENVIRON = {
    "GATEWAY_SOURCES__ACME__BASE_URL": "https://acme.example",
    "GATEWAY_SOURCES__FIWIT__BASE_URL": "https://fiwit.example",
    "GATEWAY_SOURCES__FIWIT__API_KEY": "k",
}


def broken(**changes: Any) -> Vendor:
    """A vendor whose list is declared otherwise."""
    listed = List(**{"path": "/things", **changes})
    return acme(replace(ASSETS, list=listed))


def raising(_: Any) -> Description:
    raise KeyError("colour")


OFFSETS = OffsetPages(offset_param="offset", limit_param="limit", page_size=100)
FAULTS: Mapping[str, tuple[Sequence[Point], str]] = {
    "a misspelt field": (
        [Point("acme", acme(replace(ASSETS, fields={**ASSETS.fields, "serial_numbr": text("sn")})))],
        "GATEWAY_SOURCES__ACME: vendor acme: Asset.serial_numbr: there is no such field: did you mean serial_number?",
    ),
    "pages and further paths": (
        [Point("acme", broken(paging=OFFSETS, extra_paths=("/others",)))],
        "GATEWAY_SOURCES__ACME: vendor acme: Asset: a list with pages has one path: no extra_paths, no fallback_path",
    ),
    "one parameter for offset and limit": (
        [Point("acme", broken(paging=replace(OFFSETS, limit_param="offset")))],
        "GATEWAY_SOURCES__ACME: vendor acme: Asset: its pages have one parameter 'offset' for two things",
    ),
    "pages of no rows": (
        [Point("acme", broken(paging=replace(OFFSETS, page_size=0)))],
        "GATEWAY_SOURCES__ACME: vendor acme: Asset: page_size is 0: it must be 1 or more",
    ),
    "a cursor that is also a fixed parameter": (
        [
            Point(
                "acme",
                broken(
                    paging=CursorPages(cursor_param="after", next_cursor_path="next"), params={"after": ""}
                ),
            )
        ],
        "GATEWAY_SOURCES__ACME: vendor acme: Asset: its parameter 'after' is the pagination's",
    ),
    "pages of no kind": (
        [Point("acme", broken(paging={"page": 1}))],
        "GATEWAY_SOURCES__ACME: vendor acme: Asset: dict is no kind of pagination",
    ),
    "a description that raises": (
        [Point("acme", replace(acme(), describe=raising))],
        "GATEWAY_SOURCES__ACME: vendor acme: its description cannot be made: KeyError: 'colour'",
    ),
    "two resources of one type": (
        [Point("acme", acme(ASSETS, ASSETS))],
        "GATEWAY_SOURCES__ACME: vendor acme: its description cannot be made: TypeError: two resources of one type",
    ),
    "an import that raises": (
        [Point("acme", ModuleNotFoundError("No module named 'acme_client'"))],
        "the package acme-assets 1.0 cannot be imported: ModuleNotFoundError: No module named 'acme_client'",
    ),
    "a declaration with a misspelt word": (
        [Point("acme", TypeError("List.__init__() got an unexpected keyword argument 'pth'"))],
        "cannot be imported: TypeError: List.__init__() got an unexpected keyword argument 'pth'",
    ),
    "no vendor": (
        [Point("acme", ASSETS)],
        "vendor acme: acme:VENDOR in the package acme-assets 1.0 is no Vendor",
    ),
    "another name": (
        [Point("acme", acme(name="other"))],
        "vendor acme: the vendor 'other' of the package acme-assets 1.0 must be called as its entry point",
    ),
    "two of one name": (
        [Point("acme", acme()), Point("acme", acme(), Distribution("other-assets"))],
        "vendor acme: the package acme-assets 1.0 and the package other-assets 1.0 have a vendor of this name",
    ),
    "a newer gateway": (
        [Point("acme", acme(), Distribution("acme-assets", ["httpx", "asset-gateway>=99"]))],
        "vendor acme: the package acme-assets 1.0 needs asset-gateway>=99",
    ),
}


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def install(monkeypatch: pytest.MonkeyPatch, points: Sequence[Point]) -> None:
    monkeypatch.setattr(
        vendors, "entry_points", lambda group: points if group == vendors.ENTRY_POINTS else ()
    )


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_and_the_other_vendors_work(
    name: str, environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    points, fault = FAULTS[name]
    install(environ, points)
    assert cli.main(["check"]) == 0
    shown = capsys.readouterr().out
    assert any(line.startswith("warning: ") and fault in line for line in shown.splitlines())
    assert "fiwit (fiwit): ok" in shown
    assert "acme (acme): ok" not in shown


@pytest.mark.parametrize("name", FAULTS)
def test_with_strict_a_fault_is_fatal(
    name: str, environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    points, fault = FAULTS[name]
    install(environ, points)
    assert cli.main(["check", "--strict"]) == 1
    assert fault in capsys.readouterr().out
    assert cli.main(["serve", "--strict", "--port", "0"]) == 1
    assert fault in capsys.readouterr().err


def test_a_source_of_a_vendor_that_cannot_be_used_is_left_out(
    environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(environ, FAULTS["an import that raises"][0])
    assert cli.main(["explain", "{ sources { name vendor } }"]) == 0
    assert "GATEWAY_SOURCES__ACME: is left out: its vendor acme cannot be used" in capsys.readouterr().err


def test_a_vendor_of_the_gateways_own_name_does_not_take_its_place(
    environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(environ, [Point("acme", acme()), Point("fiwit", acme(name="fiwit"))])
    assert cli.main(["check"]) == 0
    shown = capsys.readouterr().out
    assert (
        "warning: vendor fiwit: the package acme-assets 1.0 and the gateway have a vendor of this name"
        in shown
    )
    assert "acme (acme): ok" in shown
    assert "fiwit (fiwit): ok" in shown
    assert vendors.load()["fiwit"].keys.keys


def test_a_vendor_from_outside_is_a_value_of_the_enum(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch, [Point("acme", acme())])
    assert cli.main(["schema"]) == 0
    assert '  """acme."""\n  ACME\n' in capsys.readouterr().out
