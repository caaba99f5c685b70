"""Each client reads each table whole: the rows, types, nulls and numbers that GraphQL has of the same records."""

import functools
import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import duckdb
import frictionless
import pandas as pd
import polars as pl
import pytest
from pyarrow import ipc, parquet

from tests.clients.duckdb_files import with_httpfs
from tests.clients.graphql_rows import GraphQLRows
from tests.clients.served_gateway import ServedGateway
from tests.clients.typed_rows import Rows, Table, tables


@pytest.fixture(scope="module")
def expected(gateway: ServedGateway) -> dict[Table, Rows]:
    """All rows, as they stand in NDJSON."""
    return {
        table: table.parsed(gateway.rows(f"/tables/{table.name}.ndjson"))
        for table in tables(gateway).values()
    }


def test_rows_are_those_of_graphql(gateway: ServedGateway, expected: Mapping[Table, Rows]) -> None:
    graphql = GraphQLRows(gateway)
    compared = {table.name: rows for table, rows in expected.items() if graphql.has_list_of(table)}
    assert len(compared) == 18
    for table, rows in expected.items():
        if table.name not in compared:
            continue
        records = graphql.rows_of(table)
        assert {key for key, row in rows.items() if not row.get("is_stub")} == set(records)
        for key, record in records.items():
            assert len(record) >= len(table.types) - 3
            if "warranty_status" in record:  # nothing is known, and GraphQL has no warranty at all
                record["warranty_status"] = record["warranty_status"] or "UNKNOWN"
            assert {name: rows[key][name] for name in record} == record


@functools.cache
def connected() -> duckdb.DuckDBPyConnection:
    return with_httpfs(duckdb.connect())


def duckdb_reads(url: str, table: Table) -> Rows:
    return table.typed(connected().sql(f"FROM '{url}.parquet'").to_arrow_table().to_pylist())


def duckdb_reads_csv(url: str, table: Table) -> Rows:
    query = f"FROM read_csv('{url}.csv?exact=true', all_varchar = true, allow_quoted_nulls = false)"
    return table.parsed(connected().sql(query).to_arrow_table().to_pylist())


def polars_reads(url: str, table: Table) -> Rows:
    return table.typed(pl.read_parquet(f"{url}.parquet").to_dicts())


def polars_scans(url: str, table: Table) -> Rows:
    return table.typed(pl.scan_parquet(f"{url}.parquet").collect().to_dicts())


def polars_reads_arrow(url: str, table: Table) -> Rows:
    return table.typed(pl.read_ipc(f"{url}.arrow").to_dicts())


def polars_reads_csv(url: str, table: Table) -> Rows:
    return table.parsed(pl.read_csv(f"{url}.csv?exact=true", infer_schema=False).to_dicts())


def _without_na(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {name: None if value is pd.NA else value for name, value in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]


def pandas_reads(url: str, table: Table) -> Rows:
    return table.typed(_without_na(pd.read_parquet(f"{url}.parquet", dtype_backend="pyarrow")))


def pandas_reads_csv(url: str, table: Table) -> Rows:
    frame = pd.read_csv(f"{url}.csv?exact=true", dtype="string", keep_default_na=False, na_values=[""])
    return table.parsed(_without_na(frame))


def pyarrow_reads(url: str, table: Table) -> Rows:
    return table.typed(ipc.open_file(fetched(f"{url}.arrow")).read_all().to_pylist())


def pyarrow_reads_parquet(url: str, table: Table) -> Rows:
    return table.typed(parquet.read_table(fetched(f"{url}.parquet")).to_pylist())


@functools.cache
def package(base: str) -> frictionless.Package:
    return frictionless.Package(f"{base}/datapackage.json")


def frictionless_reads(url: str, table: Table) -> Rows:
    rows = [row.to_dict() for row in package(url.rpartition("/")[0]).get_resource(table.name).read_rows()]
    for row in rows:
        row |= {  # it knows moments without a zone only
            name: value.replace(tzinfo=UTC) for name, value in row.items() if isinstance(value, datetime)
        }
    return table.typed(rows)


#: They take a text of no characters in CSV for null.
_WITHOUT_BLANKS = (frictionless_reads, pandas_reads_csv)


def without_blanks(rows: Rows) -> Rows:
    return {
        key: {name: None if value == "" else value for name, value in row.items()}
        for key, row in rows.items()
    }


def fetched(url: str) -> io.BytesIO:
    base, _, path = url.partition("/tables/")
    return io.BytesIO(ServedGateway(base).get(f"/tables/{path}"))


@pytest.mark.parametrize(
    "read",
    [
        duckdb_reads,
        duckdb_reads_csv,
        frictionless_reads,
        pandas_reads,
        pandas_reads_csv,
        polars_reads,
        polars_reads_arrow,
        polars_reads_csv,
        polars_scans,
        pyarrow_reads,
        pyarrow_reads_parquet,
    ],
)
def test_a_client_reads_every_table(
    gateway: ServedGateway, expected: Mapping[Table, Rows], read: Callable[[str, Table], Rows]
) -> None:
    for table, rows in expected.items():
        compared = without_blanks(rows) if read in _WITHOUT_BLANKS else rows
        assert read(gateway.table(table.name), table) == compared, table.name


def test_frictionless_finds_every_key_and_reference(gateway: ServedGateway) -> None:
    report = package(f"{gateway.url}/tables").validate()
    assert report.valid, report.to_summary()
    assert len(report.tasks) == len(tables(gateway))
