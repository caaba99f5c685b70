"""Pages of other origins: CORS for those that are allowed, refusal of what a browser marks as another site's."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gateway.settings import CorsSettings

Connect = Callable[..., httpx.AsyncClient]
PAGE = "http://localhost:5173"
ORIGINS = ("https://it.example", "http://localhost:*")
QUERY = {"query": "{ hello }"}
APOLLO = "content-type,authorization,apollographql-client-name,apollographql-client-version,x-apollo-operation-name"
URQL = "content-type,accept,x-api-key"
LINK = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "accept": "text/html,*/*;q=0.8"}


def preflight(origin: str, method: str = "POST", names: str = APOLLO) -> dict[str, str]:
    return {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": names,
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "cors",
    }


def cors(*origins: str) -> dict[str, Any]:
    return {"cors": CorsSettings(origins)}


@pytest.mark.parametrize("origin", ["https://it.example", "http://localhost:5173", "http://localhost"])
@pytest.mark.parametrize("path", ["/graphql", "/graphql/schema", "/tables"])
@pytest.mark.parametrize("names", [APOLLO, URQL])
async def test_a_preflight_needs_no_key(
    make_app: Any, connector: Connect, origin: str, path: str, names: str
) -> None:
    async with connector(make_app(keys=("key",), **cors(*ORIGINS))) as client:
        answer = await client.options(path, headers=preflight(origin, names=names))
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == names
    assert "origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://it.example.evil.example", "http://it.example", "https://it.example:444", "https://evil.example",
        "null",        "http://localhost.evil.example:80", "http://localhost:", "http://localhost:a", "",
    ],
)  # fmt: skip
async def test_another_origin_gets_nothing(make_app: Any, connector: Connect, origin: str) -> None:
    async with connector(make_app(**cors(*ORIGINS))) as client:
        for answer in (
            await client.options("/graphql", headers=preflight(origin)),
            await client.get(
                "/graphql", params=QUERY, headers={"origin": origin, "sec-fetch-site": "cross-site"}
            ),
        ):
            assert answer.status_code == 403
            assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
            assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize("status", [200, 400, 401])
async def test_a_page_of_an_allowed_origin_reads_answers_and_errors(
    make_app: Any, connector: Connect, status: int
) -> None:
    async with connector(make_app(keys=("key",), **cors(*ORIGINS))) as client:
        headers = {
            "origin": PAGE,
            "sec-fetch-site": "cross-site",
            "x-api-key": "" if status == 401 else "key",
        }
        answer = await client.post("/graphql", json=QUERY if status != 400 else {}, headers=headers)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == PAGE
    exposed = answer.headers["access-control-expose-headers"].lower()
    assert {"retry-after", "etag", "x-request-id"} <= set(exposed.replace(" ", "").split(","))
    assert "origin" in answer.headers["vary"]


async def test_any_origin_is_without_credentials(make_app: Any, connector: Connect) -> None:
    async with connector(make_app(**cors("*"))) as client:
        for answer in (
            await client.options("/graphql", headers=preflight("https://anybody.example")),
            await client.get("/graphql", params=QUERY, headers={"origin": "https://anybody.example"}),
        ):
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("names", ["", "a b", "x" * 3000, "x,,y", 'x"'])
async def test_odd_header_names_are_not_allowed(make_app: Any, connector: Connect, names: str) -> None:
    async with connector(make_app(**cors(*ORIGINS))) as client:
        answer = await client.options("/graphql", headers=preflight(PAGE, names=names))
    assert (answer.status_code, answer.headers.get("access-control-allow-headers")) == (204, None)


async def test_a_cache_in_between_keeps_origins_apart(make_app: Any, connector: Connect) -> None:
    async with connector(make_app(**cors(*ORIGINS))) as client:
        answer = await client.get("/graphql", params=QUERY)
    assert "origin" in answer.headers["vary"]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize(
    "path", ["/graphql", "/graphql/schema", "/tables", "/metrics", "/healthz", "/", "/nothing"]
)
async def test_another_sites_requests_are_refused(
    make_app: Any, connector: Connect, site: str, path: str
) -> None:
    async with connector(make_app()) as client:
        for mode in ("no-cors", "cors", "navigate"):
            headers = {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": "iframe"}
            answer = await client.get(path, params=QUERY, headers=headers)
            assert answer.status_code == 403, mode
            assert "GATEWAY_CORS__ORIGINS" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("site", ["same-origin", "none", ""])
async def test_our_own_pages_and_other_clients_are_served(
    make_app: Any, connector: Connect, site: str
) -> None:
    async with connector(make_app()) as client:
        headers = {"sec-fetch-site": site} if site else {}
        assert (await client.get("/graphql", params=QUERY, headers=headers)).json() == {
            "data": {"hello": "hello world"}
        }


async def test_a_link_opens_a_page_and_runs_nothing(make_app: Any, connector: Connect) -> None:
    link = {**LINK, "sec-fetch-site": "cross-site"}
    async with connector(make_app()) as client:
        assert (await client.get("/", headers=link)).status_code == 200
        answer = await client.get("/graphql", params=QUERY, headers=link)
        assert answer.headers["content-type"].startswith("text/html")
        assert (await client.post("/graphql", json=QUERY, headers=link)).status_code == 403
    async with connector(make_app(ide=False)) as client:
        assert (await client.get("/graphql", params=QUERY, headers=link)).status_code == 403


async def test_without_origins_no_answer_has_a_word_of_cors(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql", params=QUERY, headers={"origin": PAGE})
    assert not any(name.startswith("access-control") for name in answer.headers)
    assert answer.headers["vary"] == "accept"
