"""OData that is no OData, or too much of it: refused in OData's own form, quickly, and never with a traceback."""

import time
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import vendors
from gateway.tables.derivation import tables
from gateway.tables.odata.model import EntityModel
from gateway.tables.odata.refusal import ODataRefusal
from gateway.tables.odata.request.parse import RequestParser
from gateway.tables.side_tables import SIDE_TABLES
from gateway.testing.upstreams import always
from schema.build import build_schema
from tests.support.gateway import Gateway
from tests.support.odata import odata

SETTINGS = {"VENDOR": "tether", "BASE_URL": "http://tether.test/api", "TOKEN": "canary-token"}
SECONDS = 0.5  # 20 ms on a machine of its own

BAD = {
    "$filter=": 400,
    "$filter=name": 400,
    "$filter=name eq": 400,
    "$filter=name eq 'a": 400,
    "$filter=(name eq 'a'": 400,
    "$filter=name EQ 'a'": 400,
    "$filter=name = 'a'": 400,
    "$filter=nope eq 1": 400,
    "$filter=location/nope eq 1": 400,
    "$filter=location eq null": 400,
    "$filter=location_id/name eq 'x'": 400,
    "$filter=purchase_date gt 'x'": 400,
    "$filter=purchase_date gt 2021-02-30": 400,
    "$filter=created_at gt 2021-02-03": 400,
    "$filter=created_at gt 0001-01-01T00:00:00%2B14:00": 400,
    "$filter=contains(purchase_cost,'1')": 400,
    "$filter=contains(name)": 400,
    "$filter=name add 1 eq 2": 400,
    "$filter=not name": 400,
    "$filter=purchase_cost div 0 eq 1": 400,
    "$filter=purchase_cost mod 0.0 eq 1": 400,
    f"$filter=purchase_cost eq {'9' * 60}": 400,
    f"$filter=purchase_cost eq {'9' * 5000}": 400,
    f"$filter=purchase_cost eq 0.{'1' * 60}": 400,
    "$filter=purchase_cost eq 1e999": 400,
    "$filter=purchase_cost eq NaN": 400,
    "$filter=purchase_cost eq -INF": 400,
    "$filter=name in ()": 400,
    "$filter=name in 'a'": 400,
    "$filter=name in ('a',1)": 400,
    "$filter=name in (asset_tag)": 400,
    "$filter=name has 'a'": 400,
    "$filter=matchesPattern(name,'(a%2B)%2B$')": 400,
    "$filter=name eq @p": 400,
    "$filter=name eq @p&@p=@p": 400,
    "$filter=name eq @p&@p=concat(name,name)": 400,
    f"$filter={'(' * 3000}true{')' * 3000}": 400,
    f"$filter={'not+' * 1900}true": 400,
    f"$filter={'-' * 2000}1 eq 1": 400,
    f"$filter={'true+and+' * 800}true": 400,
    f"$filter=name eq @p&@p={'(' * 3000}1{')' * 3000}": 400,
    f"$filter=@a&@a={'not+' * 1900}true": 400,
    f"$orderby={'-' * 2000}purchase_cost": 400,
    f"$search={'NOT+' * 1900}a": 400,
    f"$search={'(' * 3000}a": 400,
    f"$apply={'filter(' * 900}true{')' * 900}": 400,
    f"$expand={'location(' * 300}{')' * 300}": 400,
    f"$select={'(' * 3000}": 400,
    f"$search={'a+' * 3000}": 400,
    f"$search='{'a+OR+' * 1500}a'": 400,
    f"$search='{'(' * 300}a{')' * 300}'": 400,
    f'$filter=name eq "{"not+" * 1500}"': 400,
    "$search=": 400,
    "$search=a AND": 400,
    "$orderby=": 400,
    "$orderby=nope": 400,
    "$orderby=name up": 400,
    "$select=nope": 400,
    "$select=location/name": 400,
    "$expand=nope": 400,
    "$expand=name": 400,
    "$expand=location($filter=name eq 'a')": 400,
    "$expand=location($expand=nope)": 400,
    "$top=-1": 400,
    "$top=x": 400,
    "$top=": 400,
    "$top=1.5": 400,
    "$top=2147483649": 400,
    f"$top={'9' * 5000}": 400,
    "$skip=-1": 400,
    "$skip=9999999999": 400,
    "$count=yes": 400,
    "$top=1&$top=2": 400,
    "$skiptoken=": 400,
    "$skiptoken=5": 400,
    "$skiptoken=5~../../etc/passwd": 400,
    "$skiptoken=5~20261127T083000-0123456789ab~20261127T083000-0123456789ab": 400,
    "$skiptoken=5~20261127T083000-0123456789ab": 410,
    "$nope=1": 400,
    "filter=name eq 'a'": 400,
    "$format=atom": 406,
    "$apply=": 400,
    "$apply=groupby((nope))": 400,
    "$apply=aggregate(name with sum as n)": 400,
    "$apply=aggregate($count as n,$count as n)": 400,
    "$apply=groupby((name),aggregate($count as name))": 400,
    "$apply=aggregate($count as n)&$orderby=name": 400,
    "$apply=aggregate($count as n)&$filter=n gt 1": 501,
    "$apply=topcount(1,purchase_cost)": 501,
    "$apply=groupby((name))/filter(true)": 501,
    "$apply=compute(1 as a)": 501,
    "$compute=1 as a": 501,
    "$deltatoken=1": 501,
    "$filter=location/any(a:true)": 501,
    "$filter=cast(name,Edm.String) eq 'a'": 501,
    "$filter=location/location/name eq 'x'": 400,
    "$expand=location/$ref": 501,
}
PATHS = {
    "nope": 404,
    "assets('no')": 404,
    "assets('no')/nope": 404,
    "assets(1)": 400,
    "assets('no'": 400,
    "assets(nope='a')": 400,
    "assets('a','b')": 400,
    "assets('no')/name": 501,
    "assets('no')/name/$value": 501,
    "assets('no')/$ref": 501,
    "assets('no')?$filter=true": 400,
    "assets/name": 400,
    "$metadata/x": 400,
    "$metadata?$top=1": 400,
    "?$top=1": 400,
    "$batch": 501,
    "$all": 501,
    "$crossjoin(assets,people)": 501,
    "$entity?$id=assets('a')": 501,
    "..%2f..%2fetc/passwd": 404,
    "assets/..%2f..%2fcurrent.json": 404,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    assets = [{"id": 1, "asset_tag": "T-1", "name": "o'x", "status": "available"}]
    folder = tmp_path_factory.mktemp("snapshots")
    environ = {"GATEWAY_TABLES__DIR": str(folder / "canary-folder")}
    async with Gateway({"tether": SETTINGS}, {"tether": always(assets)}, environ=environ) as opened:
        for name in ("assets", "locations"):
            assert (await odata(opened, f"{name}?$filter=id ne 'x'")).status_code == 200
        yield opened


def check(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["code"]
    assert error["message"]
    assert len(error["message"]) < 400
    assert answer.headers.get_list("odata-version") == ["4.0"]
    assert answer.headers["content-type"].startswith("application/json")
    for secret in ("Traceback", "canary", "parquet", "SELECT", "duckdb", "odatapy"):
        assert secret not in answer.text


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("query", "status"), BAD.items(), ids=[query[:40] for query in BAD])
async def test_a_bad_query_is_refused(gateway: Gateway, query: str, status: int) -> None:
    began = time.process_time()
    check(await odata(gateway, f"assets?{query}"), status)
    assert time.process_time() - began < SECONDS


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("path", "status"), PATHS.items())
async def test_a_bad_path_is_refused(gateway: Gateway, path: str, status: int) -> None:
    check(await odata(gateway, path), status)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_other_methods_are_refused(gateway: Gateway, method: str) -> None:
    for path in ("/odata", "/odata/assets", "/odata/assets('a')"):
        answer = await gateway._client.request(method, path, json={"name": "x"})
        check(answer, 405)
        assert answer.headers["allow"] == "GET, HEAD"
    check(await gateway._client.post("/odata/$batch", json={"requests": []}), 501)


@pytest.mark.asyncio(loop_scope="module")
async def test_an_address_may_have_eight_kilobytes(gateway: Gateway) -> None:
    members = ",".join(f"'{number:05}'" for number in range(900))
    long = await odata(gateway, f"assets?$select=id&$filter=name in ({members},'o''x')")
    assert [row["id"] for row in long.json()["value"]] == ["tether:Asset:1"]
    check(await odata(gateway, f"assets?$filter=name in ({members},{members})"), 414)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "name",
    ["%00", "a%00b", "%ED%A0%80", "%FF", "%25", "_", "o''x'';drop table x", "%22", "';--".replace("'", "''")],
)
async def test_strange_text_is_taken_as_it_is_and_finds_no_other_row(gateway: Gateway, name: str) -> None:
    for written in (
        f"name eq '{name}'",
        f"name in ('{name}')",
        f"startswith(name,'{name}')",
        f"id eq '{name}'",
    ):
        answer = await odata(gateway, f"assets?$filter={written}")
        assert (answer.status_code, answer.json()["value"]) == (200, []), written
    assert (await odata(gateway, f"assets('{name}')")).status_code == 404


@pytest.mark.asyncio(loop_scope="module")
async def test_numbers_at_their_bounds_are_compared(gateway: Gateway) -> None:
    for number in ("9" * 29 + "." + "9" * 9, "-" + "9" * 29, "9223372036854775808", "1e30", "0.000000001"):
        answer = await odata(gateway, f"assets?$filter=purchase_cost lt {number}")
        assert answer.status_code == 200, answer.text
    overflow = "year(row_changed_at) mul 9223372036854775807 gt 1"
    check(await odata(gateway, f"assets?$filter={overflow}"), 400)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_caller_that_takes_no_json_or_another_version_is_told(gateway: Gateway) -> None:
    check(await odata(gateway, "assets", {"accept": "application/atom+xml"}), 406)
    check(await odata(gateway, "assets", {"odata-maxversion": "3.0"}), 400)


MODEL = EntityModel([*tables(build_schema(vendors.load().values())._schema).values(), *SIDE_TABLES.values()])
PARSER = RequestParser(MODEL)
VOCABULARY = """name purchase_cost purchase_date location/name location eq ne gt in and or not add div mod ( ) , ' ''
    'a' 1 -1 0 1.5 null true 2021-01-01 @p - contains( length( year( now() $count groupby( aggregate( filter( with sum
    as x desc $select= ; [ ] { : $it $root/assets /any( % duration'P1D' 12:30:00"""
WORDS = st.sampled_from([*VOCABULARY.split(), "\x00", "\ud800", "\u06f1", "\xe9"])


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    option=st.sampled_from(
        ["$filter", "$orderby", "$apply", "$expand", "$select", "$search", "$skiptoken", "$filter=@p&@p"]
    ),
    words=st.lists(WORDS, max_size=12),
    path=st.sampled_from(["assets", "assets/$count", "assets('a')", "people", "", "assets('a')/location"]),
)
def test_whatever_is_written_is_a_request_or_a_refusal(option: str, words: list[str], path: str) -> None:
    statuses = []
    try:
        PARSER.parse(path, f"{option}={' '.join(words)}")
    except ODataRefusal as refusal:
        statuses.append(refusal.status)
    assert set(statuses) <= {400, 404, 406, 501}


def test_the_model_has_a_key_for_every_table() -> None:
    keys = {name: entity_set.key for name, entity_set in MODEL.sets.items()}
    assert keys.pop("deleted_rows") == ("table", "id", "source")
    assert keys.pop("sources") == ("name",)
    assert set(keys.values()) == {("id",)}
    types = [entity_set.type for entity_set in MODEL.sets.values()]
    assert len(set(types)) == len(types)
