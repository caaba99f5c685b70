"""Each client reads what has changed since it last read, and what is gone. It writes, and therefore comes last."""

import time
from collections.abc import Callable

import duckdb
import pandas as pd
import polars as pl

from tests.clients.duckdb_files import with_httpfs
from tests.clients.served_gateway import ServedGateway

_FILL_SECONDS = 60


def duckdb_ids(url: str) -> set[str]:
    with duckdb.connect() as connection:
        return {row[0] for row in with_httpfs(connection).sql(f"SELECT id FROM '{url}'").fetchall()}


def duckdb_ids_by_condition(url: str) -> set[str]:
    file, _, since = url.partition("?changed_since=")
    query = f"SELECT id FROM '{file}' WHERE row_changed_at >= '{since}'::TIMESTAMPTZ"
    with duckdb.connect() as connection:
        return {row[0] for row in with_httpfs(connection).sql(query).fetchall()}


def pandas_ids(url: str) -> set[str]:
    return set(pd.read_parquet(url)["id"])


def polars_ids(url: str) -> set[str]:
    return set(pl.read_parquet(url)["id"])


READERS: tuple[Callable[[str], set[str]], ...] = (
    duckdb_ids,
    duckdb_ids_by_condition,
    pandas_ids,
    polars_ids,
)


def test_clients_read_what_has_changed_and_what_is_gone(gateway: ServedGateway) -> None:
    assets = [row for row in gateway.rows("/tables/assets.ndjson") if row["source"] == "tether"]
    changed, deleted = assets[0]["id"], assets[1]["id"]
    gateway.graphql(
        """mutation ($changed: ID!, $deleted: ID!) {
          updateAsset(input: { id: $changed, name: "Renamed" }) { asset { name } userErrors { message } }
          deleteAsset(input: { id: $deleted }) { userErrors { message } }
        }""",
        changed=changed,
        deleted=deleted,
    )
    deadline = time.monotonic() + _FILL_SECONDS
    while not gateway.rows("/tables/deleted_rows.ndjson") and time.monotonic() < deadline:
        gateway.get("/tables/assets.ndjson?limit=1")  # renewed behind the answer
        time.sleep(0.2)
    rows = {row["id"]: row for row in gateway.rows("/tables/assets.ndjson")}
    since = rows[changed]["row_changed_at"]
    assert rows[changed]["name"] == "Renamed"
    assert since > assets[0]["row_changed_at"]
    for read in READERS:
        assert read(f"{gateway.table('assets')}.parquet?changed_since={since}") == {changed}
    odata = gateway.get(f"/odata/assets/$count?$filter=row_changed_at%20ge%20{since}")
    assert odata == b"1"
    gone = gateway.rows("/tables/deleted_rows.ndjson")
    assert [(row["table"], row["id"]) for row in gone if row["table"] == "assets"] == [("assets", deleted)]
