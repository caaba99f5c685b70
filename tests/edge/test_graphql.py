"""GraphQL over HTTP, with requests as clients send them."""

import json
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from typing import Any

import httpx
import pytest

RESPONSE = "application/graphql-response+json"
Connect = Callable[..., httpx.AsyncClient]


async def test_post_and_get(client: httpx.AsyncClient) -> None:
    body: dict[str, Any] = {
        "query": "query ($n: String!) { hello(name: $n) }",
        "variables": {"n": "you"},
        "operationName": None,
        "extensions": {},
    }
    posted = await client.post("/graphql", json=body)
    got = await client.get("/graphql", params={"query": body["query"], "variables": '{"n": "you"}'})
    for answer in (posted, got):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json() == {"data": {"hello": "hello you"}}


@pytest.mark.parametrize("accept", ["application/json", RESPONSE])
async def test_automatic_persisted_queries(client: httpx.AsyncClient, accept: str) -> None:
    text = "query ($n: String!) { hello(name: $n) }"
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": sha256(text.encode()).hexdigest()}}
    variables = {"n": "you"}
    by_hash = {"extensions": extensions, "variables": variables}
    in_query = {name: json.dumps(value) for name, value in by_hash.items()}
    client.headers["accept"] = accept
    for answer in (
        await client.post("/graphql", json=by_hash),
        await client.get("/graphql", params=in_query),
    ):
        (error,) = answer.json()["errors"]
        assert error == {
            "message": "PersistedQueryNotFound",
            "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"},
        }
        assert answer.headers["cache-control"] == "no-store"
    for answer in (
        await client.post("/graphql", json={"query": text, **by_hash}),
        await client.post("/graphql", json=by_hash),
        await client.get("/graphql", params=in_query),
    ):
        assert answer.json() == {"data": {"hello": "hello you"}}
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["documentId", "doc_id", "id"])
async def test_a_document_by_its_id(client: httpx.AsyncClient, name: str) -> None:
    text = "{ hello }"
    document_id = f"sha256:{sha256(text.encode()).hexdigest()}"
    unknown = await client.get("/graphql", params={name: document_id})
    assert unknown.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    await client.post("/graphql", json={"query": text, "documentId": document_id})
    for answer in (
        await client.post("/graphql", json={name: document_id}),
        await client.get("/graphql", params={name: document_id}),
    ):
        assert answer.json() == {"data": {"hello": "hello world"}}


async def test_a_mutation_by_hash_is_taken_by_post_only(client: httpx.AsyncClient) -> None:
    text = "mutation { act }"
    document_id = f"sha256:{sha256(text.encode()).hexdigest()}"
    posted = await client.post("/graphql", json={"query": text, "documentId": document_id})
    assert posted.json() == {"data": {"act": "acted"}}
    assert (await client.get("/graphql", params={"documentId": document_id})).status_code == 405


async def test_decimals_are_numbers_digit_for_digit(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{ anything }"})
    assert answer.text == '{"data":{"anything":{"price":10.50,"big":1152921504606846976,"none":null}}}'


async def test_what_json_cannot_hold_is_an_internal_error(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{ unwritable }"})
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert answer.headers["x-request-id"] in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/json", "application/json"),
        (RESPONSE, RESPONSE),
        (f"{RESPONSE}, application/graphql+json, application/json, text/event-stream", RESPONSE),
        (f"{RESPONSE};q=0.5, application/json;q=0.9", "application/json"),
        (f"application/json;q=0, {RESPONSE};q=0.1", RESPONSE),
        (f"application/json;q=0.1, {RESPONSE.upper()};charset=UTF-8", RESPONSE),
        ("text/event-stream, */*;q=0.1", "application/json"),
    ],
)
async def test_the_answers_type_is_negotiated(
    client: httpx.AsyncClient, accept: str | None, media_type: str
) -> None:
    del client.headers["accept"]
    headers = {} if accept is None else {"accept": accept}
    answer = await client.post("/graphql", json={"query": "{ hello }"}, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"


@pytest.mark.parametrize(
    "accept", ["image/png", "application/json;q=0", "text/calendar", "application/json;charset=latin1"]
)
async def test_an_answer_that_the_caller_cannot_take(client: httpx.AsyncClient, accept: str) -> None:
    answer = await client.post("/graphql", json={"query": "{ hello }"}, headers={"accept": accept})
    assert answer.status_code == 406


@pytest.mark.parametrize(
    ("query", "plain", "strict"),
    [
        ("{", 200, 400),
        ("{ nothing }", 200, 400),
        ("query ($a: Int!) { hello }", 200, 400),
        ("{ slow }", 200, 200),
    ],
)
async def test_the_status_follows_the_media_type(
    make_app: Any, connector: Connect, query: str, plain: int, strict: int
) -> None:
    from gateway.settings import LimitSettings

    async with connector(make_app(limits=LimitSettings(deadline_seconds=0.01))) as client:
        for accept, status in (("application/json", plain), (RESPONSE, strict)):
            answer = await client.post("/graphql", json={"query": query}, headers={"accept": accept})
            assert answer.status_code == status
            assert ("data" in answer.json()) is (strict == 200)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b'"{ hello }"',
        b"[]",
        b'[{"query": "{ hello }"}]',
        b"{}",
        b'{"query": null}',
        b'{"query": 1}',
        b'{"query": "{ hello }", "operationName": 1}',
        b'{"query": "{ hello }", "variables": "{}"}',
        b'{"query": "{ hello }", "variables": [1]}',
        b'{"query": "{ hello }", "extensions": 1}',
        b'{"documentId": 1}',
        b'{"query": "{ hello }", "documentId": []}',
        b'{"extensions": {}}',
        b'{"query": "\\ud800"}',
        b'{"query": "\xff"}',
        b"[" * 9000,
        b'{"query": "{ hello }", "variables": ' + b'{"a":' * 1500 + b"1" + b"}" * 1500 + b"}",
    ],
)
async def test_a_body_that_is_no_request(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("variables", ["{", "1", "[]", '"a"'])
async def test_parameters_of_get_that_are_no_request(client: httpx.AsyncClient, variables: str) -> None:
    answer = await client.get("/graphql", params={"query": "{ hello }", "variables": variables})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/graphql"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": ""},
        {},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
async def test_what_a_page_of_another_site_could_send_is_refused(
    client: httpx.AsyncClient, ended: list[str], headers: dict[str, str]
) -> None:
    answer = await client.post("/graphql", content=b'{"query": "mutation { act }"}', headers=headers)
    assert answer.status_code == 415
    assert ended == []


async def test_a_mutation_is_not_taken_by_get(client: httpx.AsyncClient, ended: list[str]) -> None:
    query = "query Q { hello } mutation M { act }"
    answer = await client.get("/graphql", params={"query": query, "operationName": "M"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert ended == []
    answer = await client.get("/graphql", params={"query": query, "operationName": "Q"})
    assert answer.json() == {"data": {"hello": "hello world"}}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
async def test_other_methods(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/graphql")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


async def test_a_body_over_the_limit(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"query": "{ hello }"'
        for _ in range(20):
            yield b" " * 1000

    headers = {"content-type": "application/json"}
    for content in (b" " * 10_001, chunks()):
        answer = await client.post("/graphql", content=content, headers=headers)
        assert answer.status_code == 413
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    exactly = b'{"query": "{ hello }"}'.ljust(10_000)
    assert (await client.post("/graphql", content=exactly, headers=headers)).status_code == 200


async def test_a_browser_gets_graphiql(client: httpx.AsyncClient) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    answer = await client.get("/graphql", headers=browser)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "{ hello }" in answer.text
    style = await client.get("/graphql/ide/ide.css")
    assert style.status_code == 200
    slash = await client.get("/graphql/", headers=browser)
    assert (slash.status_code, slash.headers["location"]) == (308, "../graphql")
    posted = await client.post("/graphql", json={"query": "{ hello }"}, headers=browser)
    assert posted.json() == {"data": {"hello": "hello world"}}


async def test_without_the_ide_a_browser_gets_json(make_app: Any, connector: Connect) -> None:
    async with connector(make_app(ide=False)) as client:
        browser = {"accept": "text/html,*/*;q=0.8"}
        answer = await client.get("/graphql", params={"query": "{ hello }"}, headers=browser)
        assert answer.json() == {"data": {"hello": "hello world"}}
        assert (await client.get("/graphql/ide/ide.css")).status_code == 404
