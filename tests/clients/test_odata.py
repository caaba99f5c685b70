"""`@odata/client`, from npm, reads the sets of OData as the tables have them."""

import json
import os
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.clients.served_gateway import ServedGateway
from tests.clients.typed_rows import tables

#: The folder that `make test-clients` has installed the package in; it is empty where there is no npm.
MODULES = Path(os.environ.get("CLIENTS_MODULES", ""))
pytestmark = pytest.mark.skipif(
    not (MODULES / "node_modules/@odata/client").is_dir(), reason="needs Node.js 20 or later with npm"
)


def asked(gateway: ServedGateway, *arguments: str) -> Any:
    """What the client gives, with numbers as they stand in the answer."""
    command = ["node", str(MODULES / "odata_client.js"), f"{gateway.url}/odata/", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout, parse_float=Decimal)


def test_a_client_reads_every_set(gateway: ServedGateway) -> None:
    described = tables(gateway).values()
    read = asked(gateway, "all", *(table.name for table in described))
    for table in described:
        expected = table.parsed(gateway.rows(f"/tables/{table.name}.ndjson"))
        assert table.parsed(read[table.name]) == expected, table.name


def test_a_client_filters_orders_counts_and_follows_links(gateway: ServedGateway) -> None:
    rows = gateway.rows("/tables/assets.ndjson")
    locations = {row["id"]: row["name"] for row in gateway.rows("/tables/locations.ndjson")}
    in_use = sorted((row for row in rows if row["status"] == "IN_USE"), key=lambda row: row["id"])
    answer = asked(gateway, "chosen")
    assert answer["count"] == len(in_use)
    assert [row["id"] for row in answer["page"]] == [row["id"] for row in in_use[10:15]]
    for row, expected in zip(answer["page"], in_use[10:15], strict=True):
        location = row["location"] and row["location"]["name"]
        assert location == locations.get(expected["location_id"])
    assert answer["single"]["name"] == in_use[0]["name"]
