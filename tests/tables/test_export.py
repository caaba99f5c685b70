"""The command `export`: files, a bucket, DuckDB and a real PostgreSQL have the rows and types that `/tables` has."""

import asyncio
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import duckdb
import psycopg
import pytest
import uvicorn

from gateway.cli.main import main
from gateway.sandbox import Company
from gateway.tables.columns import FlatTable
from gateway.tables.derivation import tables
from gateway.tables.export.destination import parse_destination
from gateway.tables.export.request import ExportRequest, ExportTable
from gateway.tables.parquet import SQL_TYPES
from gateway.tables.requests import FillRequests
from gateway.tables.side_tables import SIDE_TABLES
from gateway.testing.harness import _schema
from gateway.testing.upstreams import refusing
from gateway.vendors import load
from tests.support.gateway import Gateway, sandbox, sandbox_sources
from tests.support.postgresql import postgresql
from tests.tables.test_snapshots import SETTINGS, Tether, gateway, row

#: Made anew by each export, and by each fill.
MOVING = {"sources", "deleted_rows"}


def all_tables() -> Mapping[str, FlatTable]:
    return {**tables(_schema(tuple(load()))._schema), **SIDE_TABLES}


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A snapshots' folder, the variables of its gateway, and the rows as `/tables` has them."""

    environ: dict[str, str]
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def export(self, *arguments: str) -> int:
        with patch.dict(os.environ, self.environ):
            return main(["export", *arguments])


def variables(sources: Mapping[str, Mapping[str, str]], folder: Path) -> dict[str, str]:
    named = {
        f"GATEWAY_SOURCES__{name.upper()}__{key}": value
        for name, keys in sources.items()
        for key, value in keys.items()
    }
    return {**named, "GATEWAY_TABLES__DIR": str(folder)}


@pytest.fixture(autouse=True)
def _same_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """To build it takes longer than an export."""
    monkeypatch.setattr("gateway.app.fills.build_schema", lambda _: _schema(tuple(load())))


@pytest.fixture(scope="module")
def kept(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("kept")
    all_rows: dict[str, list[dict[str, Any]]] = {}

    async def ask() -> None:
        async with sandbox(company, environ={"GATEWAY_TABLES__DIR": str(folder)}) as asked:
            for _ in range(2):
                # Of tables that are read first others are made again.
                for name in all_tables():
                    answer = await asked.get(f"/tables/{name}.ndjson")
                    assert answer.status_code == 200, answer.text
                    all_rows[name] = [json.loads(line) for line in answer.text.splitlines()]

    asyncio.run(ask())
    return Kept(environ=variables(sandbox_sources(), folder), rows=all_rows)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgresql() as address:
        yield address


@pytest.fixture
def database(server: str, request: pytest.FixtureRequest) -> str:
    """The address of a schema of the test's own."""
    schema = f"s{abs(hash(request.node.nodeid))}"
    with psycopg.connect(server) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    return f"{server}?options=-csearch_path%3D{schema}"


def ask(database: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(query.encode()).fetchall()


def plain(value: Any) -> Any:
    """A value as NDJSON has it."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def same(
    run: Callable[[str], list[tuple[Any, ...]]], table: FlatTable, expected: list[dict[str, Any]]
) -> None:
    """The rows of a query are those that NDJSON has."""
    names = [column.name for column in table.columns]
    decimals = {column.name for column in table.columns if column.kind.value == "decimal"}

    def comparable(row: Mapping[str, Any]) -> str:
        return repr(
            [
                float(row[name]) if row[name] is not None and name in decimals else plain(row[name])
                for name in names
            ]
        )

    columns = ", ".join(f'"{name}"' for name in names)
    rows = [dict(zip(names, row, strict=True)) for row in run(f"SELECT {columns} FROM {table.name}")]
    assert sorted(map(comparable, rows)) == sorted(map(comparable, expected)), table.name


# ---------------------------------------------------------------------------------------------------- PostgreSQL


def test_postgresql_has_the_rows_types_keys_and_descriptions(kept: Kept, database: str) -> None:
    assert kept.export("--to", database) == 0
    known = all_tables()
    for name, table in known.items():
        same(partial(ask, database), table, kept.rows[name])
    types = {
        (table, column): (type_, comment)
        for table, column, type_, comment in ask(
            database,
            "SELECT relname, attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum) "
            "FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE attnum > 0 AND relkind = 'r' "
            "AND relnamespace = current_schema()::regnamespace",
        )
    }
    assert types["assets", "purchase_cost"][0] == "numeric(38,9)"
    assert types["assets", "purchase_date"][0] == "date"
    assert types["tickets", "created_at"][0] == "timestamp with time zone"
    assert types["sources", "rows"][0] == "bigint"
    assert {(name, column.name): column.description for name in known for column in known[name].columns} == {
        key: comment or "" for key, (_, comment) in types.items()
    }
    keys = ask(
        database,
        "SELECT conrelid::regclass::text, confrelid::regclass::text, convalidated FROM pg_constraint "
        "WHERE contype = 'f' AND connamespace = current_schema()::regnamespace",
    )
    assert ("assets", "locations", False) in keys
    assert len(keys) == sum(
        column.references in known for table in known.values() for column in table.columns
    )
    joined = "SELECT count(*) FROM assets a JOIN locations l ON l.id = a.location_id"
    assert ask(database, joined)[0][0] == sum(row["location_id"] is not None for row in kept.rows["assets"])


def test_unchanged_rows_and_definitions_are_not_touched(kept: Kept, database: str) -> None:
    def state() -> list[Any]:
        return [
            ask(database, "SELECT id, xmin::text, ctid::text FROM assets ORDER BY id"),
            ask(database, "SELECT conname, oid, xmin::text FROM pg_constraint ORDER BY oid"),
            ask(database, "SELECT objoid, objsubid, xmin::text FROM pg_description ORDER BY 1, 2"),
        ]

    assert kept.export("--to", database, "--tables", "assets,locations") == 0
    before = state()
    assert kept.export("--to", database, "--tables", "assets,locations") == 0
    assert state() == before


def test_a_version_that_is_there_is_not_compared(
    kept: Kept, database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kept.export("--to", database, "--tables", "assets,locations") == 0
    capsys.readouterr()
    with monkeypatch.context() as patched:
        patched.setattr("gateway.tables.export.postgresql.csv_stream.connect", refusing)
        assert kept.export("--to", database, "--tables", "assets,locations") == 0
    assert f"assets: {len(kept.rows['assets']):,} rows, 0 written" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE locations SET name = 'mine' WHERE id = (SELECT min(id) FROM locations)",
        "DELETE FROM locations WHERE id = (SELECT min(id) FROM locations)",
        "UPDATE locations SET id = 'mine' WHERE id = (SELECT min(id) FROM locations)",
        "TRUNCATE locations CASCADE",
        "ALTER TABLE locations DROP COLUMN name",
        "ALTER TABLE locations DROP COLUMN name, ADD COLUMN new text; ALTER TABLE locations RENAME new TO name",
        "ALTER TABLE locations ALTER name TYPE text USING 'mine'",
        "DROP TABLE locations CASCADE",
    ],
)
def test_a_table_that_somebody_has_changed_is_exported_again(kept: Kept, database: str, change: str) -> None:
    export = partial(kept.export, "--to", database, "--tables", "locations")
    assert export() == 0
    with psycopg.connect(database) as connection:
        connection.execute(change.encode())
    assert export() == 0
    same(partial(ask, database), all_tables()["locations"], kept.rows["locations"])


def test_a_table_alone_is_exported_though_its_ids_refer_to_others(kept: Kept, database: str) -> None:
    assert kept.export("--to", database, "--tables", "tickets") == 0
    assert kept.export("--to", database, "--tables", "tickets,people") == 0
    # Rows of people go and come while tickets refer to them.
    with psycopg.connect(database) as connection:
        connection.execute("SET session_replication_role = replica")  # without checks
        connection.execute("UPDATE people SET id = 'gone:' || id, name = 'gone'")
    assert kept.export("--to", database, "--tables", "people") == 0
    same(partial(ask, database), all_tables()["people"], kept.rows["people"])
    constraints = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid = 'tickets'::regclass"
    assert ask(database, constraints) == [(2,)]


def test_new_columns_are_added_and_a_changed_type_is_a_fault(
    kept: Kept, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE locations (id text PRIMARY KEY, mine integer)")
        connection.execute("CREATE TABLE people (id text PRIMARY KEY, name integer)")
    assert kept.export("--to", database, "--tables", "locations,people") == 1
    fault = capsys.readouterr().err
    assert "people.name is integer in the database and text now: rename it there" in fault
    assert ask(database, "SELECT count(*) FROM locations") == [(0,)]
    assert kept.export("--to", database, "--tables", "locations") == 0
    same(partial(ask, database), all_tables()["locations"], kept.rows["locations"])
    assert ask(database, "SELECT count(*) FROM locations WHERE mine IS NULL") == [
        (len(kept.rows["locations"]),)
    ]
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE contracts (id integer)")
    assert kept.export("--to", database, "--tables", "contracts") == 1


def test_changed_and_deleted_rows(tmp_path: Path, database: str) -> None:
    vendor = Tether(row(1), row(2), row(3), row(4))
    store = Kept(environ=variables({"tether": SETTINGS}, tmp_path))

    def fill(since: str | None = None) -> str:
        async def renew() -> str:
            async with gateway(vendor, tmp_path) as asked:
                answer = await asked.get("/tables/assets.parquet")
                while answer.headers["etag"] == since:
                    await asyncio.sleep(0.02)
                    answer = await asked.get("/tables/assets.parquet")
                return str(answer.headers["etag"])

        if since is not None:
            FillRequests(tmp_path).mark_written("tether")
        return asyncio.run(renew())

    def names() -> list[tuple[Any, ...]]:
        return ask(database, "SELECT native_id, name FROM assets ORDER BY 1")

    tag = fill()
    assert store.export("--to", database, "--tables", "assets") == 0
    before = dict(ask(database, "SELECT native_id, xmin::text FROM assets"))
    vendor.rows = [row(1), row(2, name="other"), row(5), vendor.rows[3]]
    tag = fill(tag)
    moment = datetime.now(UTC).isoformat()
    assert store.export("--to", database, "--tables", "assets") == 0
    assert names() == [("1", "n1"), ("2", "other"), ("4", "n4"), ("5", "n5")]
    after = dict(ask(database, "SELECT native_id, xmin::text FROM assets"))
    assert {name for name in before.keys() & after.keys() if before[name] == after[name]} == {"1", "4"}
    vendor.rows = [row(2, name="third"), row(5)]
    fill(tag)
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE assets SET name = 'stays' WHERE native_id = '5'")
    assert store.export("--to", database, "--tables", "assets", "--changed-since", moment) == 0
    assert names() == [("2", "third"), ("5", "stays")]
    assert store.export("--to", str(tmp_path / "out"), "--tables", "assets", "--changed-since", moment) == 0
    with duckdb.connect() as files:
        query = f"SELECT native_id FROM '{tmp_path}/out/assets/*/*.parquet'"
        assert files.execute(query).fetchall() == [("2",)]


def test_a_history_has_rows_as_they_were(tmp_path: Path, database: str) -> None:
    vendor = Tether(row(1), row(2), row(3))
    store = Kept(environ=variables({"tether": SETTINGS}, tmp_path))
    arguments = ("--to", database, "--tables", "assets,deleted_rows", "--history")
    export = partial(store.export, *arguments)

    def fill(since: str | None = None) -> str:
        async def renew() -> str:
            async with gateway(vendor, tmp_path) as asked:
                answer = await asked.get("/tables/assets.parquet")
                while answer.headers["etag"] == since:
                    await asyncio.sleep(0.02)
                    answer = await asked.get("/tables/assets.parquet")
                return str(answer.headers["etag"])

        if since is not None:
            FillRequests(tmp_path).mark_written("tether")
        return asyncio.run(renew())

    def at(moment: datetime) -> list[tuple[Any, ...]]:
        valid = f"valid_from <= '{moment}' AND (valid_to > '{moment}' OR valid_to IS NULL)"
        return ask(database, f"SELECT native_id, name FROM assets_history WHERE {valid} ORDER BY 1")

    tag = fill()
    assert export() == 0
    first = datetime.now(UTC)
    before = ask(database, "SELECT xmin::text FROM assets_history")
    assert export() == 0
    assert ask(database, "SELECT xmin::text FROM assets_history") == before
    vendor.rows = [row(1), row(2, name="other"), row(5)]
    tag = fill(tag)
    assert export() == 0
    second = datetime.now(UTC)
    vendor.rows = [row(2, name="third"), row(3)]
    fill(tag)
    assert export() == 0
    assert at(first) == [("1", "n1"), ("2", "n2"), ("3", "n3")]
    assert at(second) == [("1", "n1"), ("2", "other"), ("5", "n5")]
    assert at(datetime.now(UTC)) == [("2", "third"), ("3", "n3")]
    assert ask(database, "SELECT count(*), count(valid_to) FROM assets_history") == [(7, 5)]
    assert ask(database, "SELECT to_regclass('deleted_rows_history')") == [(None,)]
    assert store.export("--to", str(tmp_path / "out"), "--history") == 1


def test_texts_arrive_as_they_are(tmp_path: Path, database: str) -> None:
    controls = "".join(map(chr, range(1, 32))) + "\x7f\x80\x9f\u2028\ufeff"
    text = f"a\\.\n\\.\n\"quoted\", 'single', \\N, {controls}\r\n;{{}} null \ud7ff"
    vendor = Tether(row(1, notes=text, name="nul \x00 here"), row(2, name="", notes="NULL"))

    async def fill() -> list[dict[str, Any]]:
        async with gateway(vendor, tmp_path) as asked:
            answer = await asked.get("/tables/assets.ndjson")
            return [json.loads(line) for line in answer.text.removesuffix("\n").split("\n")]

    expected = asyncio.run(fill())
    store = Kept(environ=variables({"tether": SETTINGS}, tmp_path))
    assert store.export("--to", database, "--tables", "assets") == 0
    rows = dict(ask(database, "SELECT native_id, notes FROM assets"))
    assert rows == {row["native_id"]: row["notes"] for row in expected}
    assert "\\.\n\\." in rows["1"]
    assert ask(database, "SELECT name FROM assets ORDER BY 1") == [("nul  here",), (None,)]


def test_a_file_that_cannot_be_read_to_its_end_changes_nothing(tmp_path: Path, database: str) -> None:
    table, path = all_tables()["locations"], tmp_path / "locations.parquet"
    cells = ", ".join(f"NULL::{SQL_TYPES[column.kind]} AS {column.name}" for column in table.columns[1:])
    values = f"SELECT CASE WHEN i < 90000 THEN i::text ELSE error('broken') END AS id, {cells} FROM range(99999) t(i)"
    request = ExportRequest(
        tables=[ExportTable(table=table, path=path, filled_at=datetime.now(UTC))],
        workspace=tmp_path,
        now=datetime.now(UTC),
    )
    path.touch()
    with (
        patch.object(ExportTable, "rows", return_value=values),
        pytest.raises(duckdb.Error, match="broken"),
    ):
        parse_destination(database).write(request)
    assert ask(database, "SELECT to_regclass('locations')") == [(None,)]


def test_readers_see_nothing_of_an_export_that_fails(
    kept: Kept, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("CREATE VIEW tickets AS SELECT 1::text AS id")
    assert kept.export("--to", database, "--tables", "assets,tickets") == 1
    assert "tickets" in capsys.readouterr().err
    assert ask(database, "SELECT to_regclass('assets')") == [(None,)]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://user:canary@word@127.0.0.1:1/x",
        "postgresql://user:canary/word@127.0.0.1/x",
        "postgresql://user:canary:word@127.0.0.1:1/x",
        "postgresql://user:canary#word@127.0.0.1:1/x",
        "postgresql://user:canary%zz@127.0.0.1:1/x",
        "postgresql://user:canary@127.0.0.1:1/x",
    ],
)
def test_a_password_is_in_no_message(kept: Kept, address: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert kept.export("--to", address) == 1
    written = capfd.readouterr()
    assert written.err.startswith("asset-gateway: ")
    assert "canary" not in written.out + written.err
    assert "word" not in written.err.replace("password", "").replace("PGPASSWORD", "")


# --------------------------------------------------------------------------------------------------------- files


def test_a_duckdb_file_has_the_rows_types_and_keys(kept: Kept, tmp_path: Path) -> None:
    path = tmp_path / "assets.duckdb"
    path.write_text("a file that was there before")
    assert kept.export("--to", str(path)) == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["assets.duckdb"]
    with duckdb.connect(str(path), read_only=True) as connection:
        for name, table in all_tables().items():
            same(lambda query: connection.execute(query).fetchall(), table, kept.rows[name])
        described = dict(connection.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall())
        keys = connection.execute(
            "SELECT table_name, constraint_column_names FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
        ).fetchall()
    assert described["assets"] == all_tables()["assets"].description
    assert {name: tuple(columns) for name, columns in keys} == {
        name: table.key for name, table in all_tables().items()
    }


def test_every_duckdb_1_reads_a_duckdb_file(kept: Kept, tmp_path: Path) -> None:
    path = tmp_path / "assets.duckdb"
    assert kept.export("--to", str(path), "--tables", "sources") == 0
    magic, storage_version = struct.unpack_from("<8x4sQ", path.read_bytes())
    assert (magic, storage_version) == (b"DUCK", 64)  # that of DuckDB 1.0


def test_a_folder_has_a_file_for_each_table_and_day(kept: Kept, tmp_path: Path) -> None:
    assert kept.export("--to", str(tmp_path / "out"), "--tables", "assets,sources") == 0
    manifest = json.loads((tmp_path / "out/manifest.json").read_bytes())
    assert set(manifest["tables"]) == {"assets", "sources"}
    described = manifest["tables"]["assets"]
    day = described["filled_at"][:10]
    assert described["path"] == f"assets/date={day}/assets.parquet"
    assert described["rows"] == len(kept.rows["assets"])
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW assets AS FROM '{tmp_path}/out/assets/*/*.parquet'")
        same(lambda query: connection.execute(query).fetchall(), all_tables()["assets"], kept.rows["assets"])
        assert connection.execute("SELECT DISTINCT date::VARCHAR FROM assets").fetchall() == [(day,)]


@contextmanager
def bucket() -> Iterator[tuple[str, dict[str, bytes]]]:
    """The address of a server that stores what is put there, signed, and its objects."""
    objects: dict[str, bytes] = {}

    class S3(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            signed = self.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=the-key/")
            body = self.rfile.read(int(self.headers["content-length"]))
            if signed:
                objects[unquote(self.path)] = body
            self.send_response(404 if self.path.startswith("/absent/") else 200 if signed else 403)
            self.send_header("etag", '"1"')
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), S3) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{served.server_port}", objects
        finally:
            served.shutdown()
            thread.join()


def test_a_bucket_gets_the_files_of_a_folder(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kept.export("--to", str(tmp_path), "--tables", "assets,people") == 0
    expected = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    with bucket() as (address, objects):
        for name, value in {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "the-key",
            "AWS_SECRET_ACCESS_KEY": "canary-secret",
            "AWS_REGION": "eu-central-1",
        }.items():
            monkeypatch.setenv(name, value)
        assert kept.export("--to", "s3://lake/it/assets/", "--tables", "assets,people") == 0
        assert kept.export("--to", "s3://absent", "--tables", "assets") == 1
        objects.pop(next(path for path in objects if path.startswith("/absent/")))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
        assert kept.export("--to", "s3://lake/it/assets/", "--tables", "assets") == 1
    manifest = json.loads(objects.pop("/lake/it/assets/manifest.json"))
    assert {f"/lake/it/assets/{path}": content for path, content in expected.items()} == objects
    assert set(manifest["tables"]) == {"assets", "people"}
    written = capsys.readouterr()
    assert "the bucket absent cannot be written: there is no such bucket" in written.err
    assert "AWS_ACCESS_KEY_ID" in written.err
    assert "canary" not in written.out + written.err


# -------------------------------------------------------------------------------------------------------- origins


@contextmanager
def serving(gateway: Gateway) -> Iterator[str]:
    """The address of a gateway in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(gateway.app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.02)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def test_a_running_gateway_is_exported(
    company: Company, tmp_path: Path, kept: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"GATEWAY_AUTH__API_KEYS": "canary-key"}
    running = sandbox(company, only=("fiwit", "tether"), environ=environ)
    with serving(running) as address:
        arguments = ("--from", address, "--to", str(tmp_path / "x.duckdb"), "--tables", "assets,locations")
        assert main(["export", *arguments]) == 1
        assert "refuses the key" in capsys.readouterr().err
        assert main(["export", *arguments, "--key", "canary-key"]) == 0
        assert main(["export", *arguments, "--key", "canary-key", "--tables", "nothing"]) == 1
    with duckdb.connect(str(tmp_path / "x.duckdb"), read_only=True) as connection:
        ids = {id_ for (id_,) in connection.execute("SELECT id FROM assets").fetchall()}
    assert ids == {row["id"] for row in kept.rows["assets"] if row["source"] in {"fiwit", "tether"}}
    written = capsys.readouterr()
    assert "canary" not in written.out + written.err


def test_what_is_not_kept_or_not_whole_is_said_and_the_rest_is_exported(
    company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fill() -> None:
        environ = {"GATEWAY_TABLES__DIR": str(tmp_path / "kept")}
        handlers = {"tether": refusing}
        async with sandbox(company, only=("fiwit", "tether"), environ=environ, handlers=handlers) as asked:
            await asked.get("/tables/assets.csv")
            await asked.get("/tables/tickets.csv")

    asyncio.run(fill())
    sources = {name: keys for name, keys in sandbox_sources().items() if name in {"fiwit", "tether"}}
    store = Kept(environ=variables(sources, tmp_path / "kept"))
    assert store.export("--to", str(tmp_path / "out"), "--tables", "assets,tickets,people") == 1
    written = capsys.readouterr()
    assert "assets has no rows of tether: the last read ended with UPSTREAM_" in written.err
    assert "people is not kept: read it with `asset-gateway fill --tables people`" in written.err
    assert set(json.loads((tmp_path / "out/manifest.json").read_bytes())["tables"]) == {"tickets"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "ftp://host/x"], "--to is a folder"),
        (["--to", "s3://"], "--to is s3://bucket/prefix"),
        (["--to", "out", "--tables", "nothing"], "there is no table nothing: there are assets"),
        (["--to", "out", "--from", "nonsense"], "--from is a gateway's address"),
        (["--to", "out", "--from", "http://127.0.0.1:1"], "127.0.0.1:1 does not answer"),
    ],
)
def test_bad_arguments(
    kept: Kept, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kept.export(*arguments) == 1
    assert words in capsys.readouterr().err
