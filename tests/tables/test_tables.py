"""Tables: the rows and values of GraphQL's lists, flat, whole or refused, in each format alike."""

import asyncio
import csv
import io
import json
import re
import time
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx
import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from gateway import vendors
from gateway.sandbox import Company
from gateway.sandbox.server import create_apps
from gateway.tables.formats import FORMATS
from gateway.testing.upstreams import Handler, always, answered, refusing, served, silent
from schema.build import build_schema
from tests.support.gateway import Gateway, sandbox, sandbox_sources

KEYS = ["id", "source", "vendor", "native_id"]
MANY = {"GATEWAY_LIMITS__UPSTREAM_CALLS": "1000"}
CANARY = "canary-in-a-vendors-body"


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def read_ndjson(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line, parse_float=str) for line in content.splitlines()]


def tether(*rows: Mapping[str, Any]) -> Gateway:
    """A gateway over one Tether account with these assets."""
    settings = {"VENDOR": "tether", "BASE_URL": "http://tether.test/api", "TOKEN": "t"}
    return Gateway({"tether": settings}, {"tether": always(list(rows))})


async def index(gateway: Gateway) -> Mapping[str, Any]:
    got = await gateway.get("/tables")
    assert got.status_code == 200
    return {table["name"]: table for table in got.json()["tables"]}


# ------------------------------------------------------------------------------------------------- what there is


async def test_every_list_of_the_schema_is_a_table_and_each_scalar_of_its_type_a_column(
    company: Company,
) -> None:
    async with sandbox(company) as gateway:
        told = await index(gateway)
        assert gateway.calls == []
    assert {"assets", "tickets", "locations", "licences", "checklists", "meter_readings", "people"} <= set(
        told
    )
    types = build_schema(vendors.load().values())._schema.type_map
    for name, type_name in (("assets", "Asset"), ("tickets", "Ticket"), ("meter_readings", "MeterReading")):
        type_ = types[type_name]
        assert isinstance(type_, GraphQLObjectType)
        scalars = {
            re.sub("([A-Z])", r"_\1", field).lower()
            for field, one in type_.fields.items()
            if is_leaf_type(get_named_type(one.type))
            and "[" not in str(one.type)
            and "JSON" not in str(one.type)
        }
        columns = {column["name"]: column for column in told[name]["columns"]}
        assert list(columns)[:4] == KEYS
        assert scalars <= set(columns), scalars - set(columns)
        assert all(column["description"] for column in columns.values())
    columns = {column["name"]: column for column in told["assets"]["columns"]}
    kinds = {
        name: columns[name]["type"] for name in ("purchase_cost", "purchase_date", "created_at", "status")
    }
    assert kinds == {
        "purchase_cost": "decimal",
        "purchase_date": "date",
        "created_at": "timestamp",
        "status": "text",
    }
    assert columns["location_id"]["references"] == "locations"
    assert (columns["notes"]["unasked"], columns["notes"]["callForEachRecordOf"]) == (True, ["halo"])
    assert (columns["id"]["nullable"], columns["name"]["nullable"]) == (False, True)


async def test_every_table_comes_in_every_format_with_the_same_rows_in_the_same_order(
    large: Company,
) -> None:
    async with sandbox(large, environ=MANY) as gateway:
        for name, table in (await index(gateway)).items():
            assert set(table["links"]) == set(FORMATS)
            flat = await gateway.get(f"/tables/{name}.csv")
            lines = await gateway.get(f"/tables/{name}.ndjson")
            assert (flat.status_code, lines.status_code) == (200, 200), flat.text
            rows, objects = read_csv(flat.text), read_ndjson(lines.content)
            assert [[*row.values()][1] for row in rows] == [[*row.values()][1] for row in objects]
            assert rows or name in {"deleted_rows", "checkout_events"}
            unasked = [column["name"] for column in table["columns"]]
            assert all(list(row) == unasked for row in (*rows, *objects))
            if "native_id" not in unasked:
                continue
            order = [(row["source"], not row["native_id"].isdecimal(), row["native_id"]) for row in rows]
            assert [one[:2] for one in order] == sorted(one[:2] for one in order)
            numbers = [(one[0], int(one[2])) for one in order if not one[1]]
            assert numbers == sorted(numbers)
            assert len({row["id"] for row in rows}) == len(rows)


async def test_the_values_are_those_of_graphql(company: Company) -> None:
    query = """{ assets(first: 500) { nodes { id nativeId source { name vendor } name serialNumber status notes
        purchaseDate purchaseCost createdAt updatedAt qrCodeUrl warranty { endDate provider } location { id }
        assignedTo { id } } } }"""
    columns = (
        "name,serial_number,status,notes,purchase_date,purchase_cost,created_at,updated_at,qr_code_url,"
        "warranty_end_date,warranty_provider,location_id,assigned_to_id"
    )
    public = {"GATEWAY_PUBLIC_URL": "https://gateway.example.com"}
    async with sandbox(company, environ={**MANY, **public}) as gateway:
        nodes = (await gateway.ask(query)).whole["assets"]["nodes"]
        rows = read_ndjson((await gateway.get(f"/tables/assets.ndjson?live=true&columns={columns}")).content)
    assert [*rows[0]] == [*KEYS, *columns.split(",")]
    found = {row["id"]: row for row in rows}
    assert len(nodes) == len(found)
    for node in nodes:
        inside = node["warranty"] or {}
        row = found[node["id"]]
        row["purchase_cost"] = _number(row["purchase_cost"])
        assert row == {
            "id": node["id"],
            "source": node["source"]["name"],
            "vendor": node["source"]["vendor"],
            "native_id": node["nativeId"],
            "name": node["name"],
            "serial_number": node["serialNumber"],
            "status": node["status"],
            "notes": node["notes"],
            "purchase_date": node["purchaseDate"],
            "purchase_cost": _number(node["purchaseCost"]),
            "created_at": _stamped(node["createdAt"]),
            "updated_at": _stamped(node["updatedAt"]),
            "qr_code_url": node["qrCodeUrl"],
            "warranty_end_date": inside.get("endDate"),
            "warranty_provider": inside.get("provider"),
            "location_id": (node["location"] or {}).get("id"),
            "assigned_to_id": (node["assignedTo"] or {}).get("id"),
        }


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _stamped(moment: str | None) -> str | None:
    """GraphQL leaves out a fraction of nothing; a column has one form."""
    return moment if moment is None or "." in moment else moment.replace("Z", ".000000Z")


# ---------------------------------------------------------------------------------------------------- what it costs


async def test_no_row_costs_a_call_unless_its_column_is_asked_for(large: Company) -> None:
    async with sandbox(large, environ=MANY) as gateway:
        got = await gateway.get("/tables/assets.csv?live=true")
        unasked = Counter(call.line for call in gateway.calls)
        gateway.upstreams.forget()
        with_notes = await gateway.get("/tables/assets.csv?live=true&source=halo&columns=notes")
        asked = Counter(re.sub(r"\d+", "N", call.line) for call in gateway.calls)
        gateway.upstreams.forget()
        free = await gateway.get("/tables/assets.csv?live=true&source=tether&source=Fiwit")
    assert "notes" not in read_csv(got.text)[0]
    assert not [line for line in unasked if re.search(r"/\d+$", line)]
    assert unasked["tether /assets"] == 1
    rows = read_csv(with_notes.text)
    assert {row["source"] for row in rows} == {"halo"}
    assert asked["halo /Asset/N"] == len(rows)
    assert any(row["notes"] for row in rows)
    assert {row["source"] for row in read_csv(free.text)} == {"tether", "fiwit"}
    assert "notes" in read_csv(free.text)[0]


async def test_more_calls_than_the_limit_are_refused_and_not_a_short_table(large: Company) -> None:
    async with sandbox(large, environ={"GATEWAY_LIMITS__UPSTREAM_CALLS": "20"}) as gateway:
        got = await gateway.get("/tables/assets.csv?live=true&columns=notes")
    assert got.status_code == 422
    [fault] = got.json()["sources"]
    assert (fault["source"], fault["code"]) == ("halo", "QUERY_TOO_COMPLEX")
    assert "GATEWAY_LIMITS__UPSTREAM_CALLS" in fault["message"]


async def test_a_table_ends_with_its_deadline() -> None:
    settings = {"VENDOR": "tether", "BASE_URL": "http://tether.test/api", "TOKEN": "t"}
    environ = {"GATEWAY_LIMITS__DEADLINE_SECONDS": "0.3"}
    async with Gateway({"tether": settings}, {"tether": silent}, environ=environ) as gateway:
        got = await gateway.get("/tables/assets.csv")
    assert got.status_code == 504
    assert got.headers["content-type"] == "application/problem+json"


async def test_a_table_that_waits_for_others_ends_in_time_too() -> None:
    settings = {"VENDOR": "tether", "BASE_URL": "http://tether.test/api", "TOKEN": "t"}
    environ = {"GATEWAY_LIMITS__DEADLINE_SECONDS": "0.5"}
    async with Gateway({"tether": settings}, {"tether": silent}, environ=environ) as gateway:
        started = time.monotonic()
        got = await asyncio.gather(*(gateway.get("/tables/assets.csv?live=true") for _ in range(6)))
        assert time.monotonic() - started < 2
    assert {one.status_code for one in got} == {504}
    assert sorted(one.json()["title"] for one in got) == ["The table is not complete"] * 4 + ["Too late"] * 2


# ------------------------------------------------------------------------------------------------ where a source fails


def failing(company: Company, **handlers: Handler) -> Gateway:
    apps = {name: served(app) for name, app in create_apps(company).items()}
    sources = {name: one | {"TIMEOUT_SECONDS": "0.3"} for name, one in sandbox_sources().items()}
    return Gateway(sources, apps | handlers, environ=MANY)


@pytest.mark.parametrize(
    ("handler", "status", "code"),
    [
        (refusing, 503, "UPSTREAM_UNAVAILABLE"),
        (always(f"<h1>{CANARY}</h1>", status=500), 503, "UPSTREAM_UNAVAILABLE"),
        (always({"detail": CANARY}, status=401), 502, "UPSTREAM_AUTH"),
        (always({"message": CANARY}), 502, "UPSTREAM_GARBLED"),
        (silent, 504, "UPSTREAM_TIMEOUT"),
    ],
    ids=["refused", "500", "credential", "envelope", "silent"],
)
async def test_a_table_that_is_not_whole_is_refused_or_says_so(
    company: Company, handler: Handler, status: int, code: str
) -> None:
    async with failing(company, revnue=handler) as gateway:
        refused = await gateway.get("/tables/assets.csv")
        partial = await gateway.get("/tables/assets.csv?partial=true")
        others = await gateway.get("/tables/assets.csv?source=tether,s3s")
        nothing = await gateway.get("/tables/assets.csv?source=revnue&partial=true")
    assert refused.status_code == status
    assert refused.headers["content-type"] == "application/problem+json"
    [fault] = refused.json()["sources"]
    assert (fault["source"], fault["vendor"], fault["code"]) == ("revnue", "REVNUE", code)
    assert "etag" not in refused.headers
    assert CANARY not in refused.text
    assert partial.headers["missing-sources"] == f"revnue;code={code}"
    assert {row["source"] for row in read_csv(partial.text)} == {"fiwit", "halo", "s3s", "tether"}
    assert (others.status_code, "missing-sources" in others.headers) == (200, False)
    assert nothing.status_code == status


async def test_values_that_could_not_be_had_make_a_table_incomplete(company: Company) -> None:
    fiwit = served(create_apps(company)["fiwit"])

    async def without_fields(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("_fields"):
            return answered({}, status=500)
        found = fiwit(request)
        return found if isinstance(found, httpx.Response) else await found

    async with failing(company, fiwit=without_fields) as gateway:
        refused = await gateway.get("/tables/assets.csv?columns=serial_number")
        partial = await gateway.get("/tables/assets.csv?columns=serial_number&partial=true")
        unaffected = await gateway.get("/tables/assets.csv?columns=name")
    assert (refused.status_code, refused.json()["sources"][0]["source"]) == (503, "fiwit")
    rows = read_csv(partial.text)
    assert {row["serial_number"] for row in rows if row["source"] == "fiwit"} == {""}
    assert all(row["serial_number"] for row in rows if row["source"] == "tether")
    assert partial.headers["missing-sources"] == "fiwit;code=UPSTREAM_UNAVAILABLE"
    assert unaffected.status_code == 200


async def test_kept_answers_serve_the_next_table_and_are_named_where_they_are_old(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    fiwit = served(create_apps(company)["fiwit"])
    is_down = False

    async def until_down(request: httpx.Request) -> httpx.Response:
        if is_down:
            return httpx.Response(503)
        found = fiwit(request)
        return found if isinstance(found, httpx.Response) else await found

    async with sandbox(
        company, only=("fiwit", "tether"), cached=True, handlers={"fiwit": until_down}
    ) as gateway:
        first = await gateway.get("/tables/assets.csv?live=true")
        gateway.upstreams.forget()
        again = await gateway.get("/tables/assets.ndjson?live=true")
        assert gateway.calls == []
        now = time.time
        monkeypatch.setattr("gateway.upstream.client.time.time", lambda: now() + 31)
        is_down = True
        later = await gateway.get("/tables/assets.csv?live=true")
    assert len(read_ndjson(again.content)) == len(read_csv(first.text))
    assert "stale-sources" not in first.headers
    assert later.headers["stale-sources"] == "fiwit"
    assert later.headers["etag"] == first.headers["etag"]


async def test_a_source_that_asks_to_wait_is_passed_on() -> None:
    settings = {"VENDOR": "tether", "BASE_URL": "http://tether.test/api", "TOKEN": "t"}
    busy = always({}, status=429, headers={"Retry-After": "70"})
    async with Gateway({"tether": settings}, {"tether": busy}) as gateway:
        got = await gateway.get("/tables/assets.csv?live=true")
    assert got.status_code == 503
    assert 60 <= int(got.headers["retry-after"]) <= 71


# ---------------------------------------------------------------------------------------------------- what is asked


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("columns=serialnumber", "did you mean serial_number?"),
        ("columns=", "`columns` names nothing"),
        ("source=halo,tehter", "There is no source named"),
        ("colums=name", "There is no parameter"),
        ("partial=perhaps", "`partial` is true or false"),
        ("bom=2", "`bom` is true or false"),
    ],
)
async def test_what_cannot_be_asked_is_refused_before_any_call(
    company: Company, query: str, told: str
) -> None:
    async with sandbox(company) as gateway:
        got = await gateway.get(f"/tables/assets.csv?{query}")
        assert gateway.upstreams.calls == []
    assert got.status_code == 400
    assert told in got.json()["detail"]


@pytest.mark.parametrize("path", ["assets.xlsx", "nothing.csv", "Assets.csv", "assets.ndjson.gz"])
async def test_there_is_no_other_table_or_format(path: str) -> None:
    async with tether() as gateway:
        got = await gateway.get(f"/tables/{path}")
        assert gateway.upstreams.calls == []
    assert (got.status_code, got.headers["content-type"]) == (404, "application/problem+json")


async def test_ndjson_knows_no_switch_of_csv() -> None:
    async with tether() as gateway:
        assert (await gateway.get("/tables/assets.ndjson?bom=true")).status_code == 400


# ---------------------------------------------------------------------------------------------------------- the file


ODD = {
    "id": 1,
    "asset_tag": "T",
    "name": 'a "b", c\r\nd',
    "serial": "=HYPERLINK(1)",
    "manufacturer": "",
    "model": None,
    "notes": "-1+cmd|' /C calc'!A0",
    "status": "available",
    "category": {"name": "+32 2 555 01 23"},
    "purchase_cost": "-0.10",
    "purchase_date": "2024-01-15",
    "location": {"id": 5, "name": "Zürich"},
}


async def test_csv_is_rfc_4180_and_safe_for_a_spreadsheet() -> None:
    columns = "name,serial_number,manufacturer,model,notes,category,purchase_cost,purchase_date"
    async with tether(ODD) as gateway:
        safe = await gateway.get(f"/tables/assets.csv?columns={columns}")
        exact = await gateway.get(f"/tables/assets.csv?columns={columns}&exact=true&bom=true")
    head = f"id,source,vendor,native_id,{columns}\r\ntether:Asset:1,tether,TETHER,1,"
    name = '"a ""b"", c\r\nd"'
    assert safe.text == (
        f"{head}{name},'=HYPERLINK(1),,,'-1+cmd|' /C calc'!A0,+32 2 555 01 23,-0.10,2024-01-15\r\n"
    )
    assert exact.content.decode() == (
        f"\ufeff{head}{name},=HYPERLINK(1),,,-1+cmd|' /C calc'!A0,+32 2 555 01 23,-0.10,2024-01-15\r\n"
    )
    assert read_csv(safe.text)[0]["name"] == ODD["name"]


@pytest.mark.parametrize("start", ["=", "+A", "-A", "@", "\t", "\r", "\n"])
async def test_no_text_begins_as_a_formula(start: str) -> None:
    async with tether({**ODD, "notes": f"{start}1"}) as gateway:
        got = await gateway.get("/tables/assets.csv?columns=notes")
    assert read_csv(got.text)[0]["notes"] == f"'{start}1"


FORMULAS = [
    "PC;=1+1", "PC;@SUM(1)", "a\t=1+1", "\uff1d1+1", "a;\uff0b1+A1", "a;+A1", "a;-cmd|x", "a\n=1+1", "a\r\n=1+1",
    "a; =1", 'a;"=1+1', '";=1+1', 'a;""@SUM(1)', ";=1;=2\t=3",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
async def test_no_part_of_a_text_begins_as_a_formula_at_another_separator(text: str) -> None:
    async with tether({**ODD, "name": text, "model": "second"}) as gateway:
        got = await gateway.get("/tables/assets.csv?columns=name,model")
    body = got.text.partition("\r\n")[2]
    for separator in ",;\t":
        lines = csv.reader(io.StringIO(body, newline=""), delimiter=separator)
        cells = [cell.lstrip(' "') for line in lines for cell in line]
        assert not [cell for cell in cells if cell[:1] in tuple("=@+-\uff1d\uff20\uff0b\uff0d")], separator
    assert read_csv(got.text)[0]["name"].replace("'", "") == text


@pytest.mark.parametrize("text", ["a; -5", "room 4; +32 2 555 01 24", "x;1=1", "a - b", "mail@example.org"])
async def test_text_that_is_no_formula_stays(text: str) -> None:
    async with tether({**ODD, "name": text}) as gateway:
        got = await gateway.get("/tables/assets.csv?columns=name")
    assert read_csv(got.text)[0]["name"] == text


async def test_ndjson_has_exact_numbers_and_text_as_it_is() -> None:
    async with tether(ODD) as gateway:
        got = await gateway.get("/tables/assets.ndjson?columns=purchase_cost,notes,model")
    assert got.text == (
        '{"id":"tether:Asset:1","source":"tether","vendor":"TETHER","native_id":"1","purchase_cost":-0.10,'
        '"notes":"-1+cmd|\' /C calc\'!A0","model":null}\n'
    )


async def test_a_table_without_rows_is_its_header() -> None:
    async with tether() as gateway:
        assert (await gateway.get("/tables/assets.csv?columns=name")).text == f"{','.join(KEYS)},name\r\n"
        assert (await gateway.get("/tables/assets.ndjson")).text == ""


async def test_a_file_is_sent_once_while_it_is_the_same() -> None:
    async with tether(ODD) as gateway:
        ask = gateway._client
        first = await ask.get("/tables/assets.csv")
        tag = first.headers["etag"]
        again = await ask.get("/tables/assets.csv", headers={"if-none-match": f'"other", W/{tag}'})
        other = await ask.get("/tables/assets.csv?columns=name", headers={"if-none-match": tag})
        head = await ask.head("/tables/assets.csv")
        posted = await ask.post("/tables/assets.csv")
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert other.status_code == 200
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-length", "content-type", "content-disposition", "cache-control"):
        assert head.headers[name] == first.headers[name]
    assert int(first.headers["content-length"]) == len(first.content)
    assert first.headers["content-disposition"] == 'attachment; filename="assets.csv"'
    assert first.headers["cache-control"] == "private, no-cache"
    assert posted.status_code == 405


async def test_a_large_table_comes_in_pieces() -> None:
    rows = [{**ODD, "id": number} for number in range(1, 2401)]
    sent: list[Any] = []
    async with tether(*rows) as gateway:
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/tables/assets.csv",
            "headers": [(b"host", b"localhost")],
            "query_string": b"",
        }
        await gateway.app(scope, _waiting(), _into(sent))
    bodies = [message["body"] for message in sent if message["type"] == "http.response.body"]
    assert len(bodies) > 2
    assert len(read_csv(b"".join(bodies).decode())) == 2400


async def test_tables_take_a_key_like_every_path(company: Company) -> None:
    async with sandbox(company, environ={"GATEWAY_AUTH__API_KEYS": "secret"}) as gateway:
        ask = gateway._client
        for path in ("/tables", "/tables/assets.csv"):
            assert (await ask.get(path)).status_code == 401
            assert (await ask.get(path, auth=("tableau", "secret"))).status_code == 200


async def test_nothing_more_is_asked_for_a_caller_who_went_away() -> None:
    ended: list[str] = []

    async def endless(request: httpx.Request) -> httpx.Response:
        try:
            return await silent(request)
        finally:
            ended.append("ended")

    settings = {"VENDOR": "tether", "BASE_URL": "http://tether.test/api", "TOKEN": "t"}
    async with Gateway({"tether": settings}, {"tether": endless}) as gateway:
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/tables/assets.csv",
            "headers": [(b"host", b"localhost")],
            "query_string": b"live=true",
        }
        await gateway.app(scope, _going(gateway), _into([]))
        assert ended == ["ended"]


def _going(gateway: Gateway) -> Any:
    """A caller who hangs up as soon as the vendor has been asked."""

    async def receive() -> Any:
        while not gateway.upstreams.calls:
            await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    return receive


def _waiting() -> Any:
    async def receive() -> Any:
        await asyncio.Event().wait()

    return receive


def _into(sent: list[Any]) -> Any:
    async def send(message: Any) -> None:
        sent.append(message)

    return send


@pytest.mark.parametrize("environ", [{}, {"GATEWAY_PUBLIC_URL": "https://bi.example.com/it"}])
async def test_addresses_work_behind_a_proxy_for_tls(environ: Mapping[str, str]) -> None:
    proxied = {"host": "localhost", "x-forwarded-proto": "https", "x-forwarded-host": "evil.example"}
    base = environ.get("GATEWAY_PUBLIC_URL", "")
    settings = {"VENDOR": "tether", "BASE_URL": "http://tether.test/api", "TOKEN": "t"}
    async with Gateway({"tether": settings}, {"tether": always([])}, environ=environ) as gateway:
        ask = gateway._client
        index = (await ask.get("/tables", headers=proxied)).json()
        assert index["tables"][0]["links"]["csv"] == f"{base}/tables/assets.csv"
        page = (await ask.get("/tables", headers={**proxied, "accept": "text/html"})).text
        assert "./tables/assets.csv" in page if not base else "/it/tables/assets.csv" in page
        for path in ("asset-gateway.pbids", "datapackage.json", "sources.yml"):
            text = (await ask.get(f"/tables/{path}", headers=proxied)).text
            assert (base or "https://localhost") in text
            assert "http://localhost" not in text
            assert "evil.example" not in text


async def test_descriptions_hold_no_queries(company: Company) -> None:
    async with sandbox(company) as gateway:
        described = (await gateway.get("/tables")).json()["tables"]
    assert all(table["description"] for table in described)
    assert not [table["name"] for table in described if "{ nodes" in table["description"]]
    assert described[0]["description"].startswith("Assets of all sources as one list. Inactive")
