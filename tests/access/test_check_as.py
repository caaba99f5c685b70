"""`asset-gateway check --as`: what a role, or the holder of a key, may."""

import json
from pathlib import Path

import pytest

from gateway.cli.main import main

CONFIG = """
[sources.fiwit]
api_key = "k"
[sources.tether]
token = "t"
base_url = "https://acme.atechsolutions.org/api"
[[auth.keys]]
name = "front"
key = "0123456789abcdef"
roles = ["desk", "report"]
[roles.desk]
sources = ["tether"]
read = ["Asset", "Ticket", "Person"]
write = ["asset.checkout", "ticket.*"]
rows = { tether = { category = ["Laptop", "Phone"] } }
[roles.report]
sources = ["*"]
read = ["Asset"]
hide = ["Asset.purchaseCost", "Ticket.subject"]
explore = true
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "gateway.toml"
    path.write_text(CONFIG)
    return str(path)


def test_a_role_is_printed_source_by_source(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", config, "--as", "desk"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "roles: desk",
        "schema (introspection, GraphiQL): no",
        "metrics: no",
        "tether (tether)",
        "  reads Asset, rows with category Laptop or Phone",
        "  reads Person, no rows",
        "  writes asset.checkout",
    ]


def test_a_key_is_the_sum_of_its_roles(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", config, "--as", "front", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["roles"], report["explore"], report["metrics"]) == (["desk", "report"], True, True)
    fiwit, tether = report["sources"]
    hidden = ["Asset.purchaseCost"]
    assert fiwit["reads"] == [{"type": "Asset", "hidden": hidden, "rows": None}]
    assert tether["reads"][0] == {"type": "Asset", "hidden": hidden, "rows": None}
    assert (fiwit["writes"], tether["writes"]) == ([], ["asset.checkout"])


def test_an_unknown_name_is_a_fault(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", config, "--as", "desc"]) == 1
    assert "did you mean desk?" in capsys.readouterr().out
