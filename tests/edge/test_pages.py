"""Pages for people: the landing page, 404 for browsers; and requests of a kind that is not served, in words."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gateway.edge.health import SourceStatus
from gateway.edge.pages.landing import PathEntry, landing_route

Connect = Callable[..., httpx.AsyncClient]
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def links(html: str) -> list[str]:
    return re.findall(r'href="([^"]*)"', html)


async def test_the_landing_page_names_what_is_served(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers=BROWSER)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert {"./graphql", "./graphql/schema", "./tables", "./readyz", "./metrics"} <= set(links(answer.text))


async def test_the_landing_page_shows_the_sources_health(connector: Connect) -> None:
    statuses = [
        SourceStatus(name="up", vendor="HALO", state="UP", last_error="UPSTREAM_TIMEOUT"),
        SourceStatus(name="<b>down", vendor="S3S", state="DOWN", last_error="UPSTREAM_AUTH"),
    ]
    route = landing_route([PathEntry(path="x", title="<i>", description="&")], lambda _: statuses)
    async with connector(Starlette(routes=[route])) as client:
        html = (await client.get("/")).text
    assert "UPSTREAM_AUTH" in html
    assert "UPSTREAM_TIMEOUT" not in html
    assert 'class="state down"' in html
    assert "<b>down" not in html
    assert "<i>" not in html


async def test_without_graphiql_the_landing_page_has_no_link_to_it(make_app: Any, connector: Connect) -> None:
    async with connector(make_app(ide=False)) as client:
        assert "./graphql" not in links((await client.get("/")).text)


@pytest.mark.parametrize(
    ("path", "root"), [("/nothing", "./"), ("/a/b/c", "../../"), ("/graphql/ide/nothing.js", "../../")]
)
async def test_a_browser_gets_404_as_a_page(client: httpx.AsyncClient, path: str, root: str) -> None:
    answer = await client.get(path, headers=BROWSER)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f"<code>{path}</code>" in answer.text
    assert links(answer.text) == [root]
    assert (await client.get(path)).json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_path_is_shown_escaped_and_bounded(client: httpx.AsyncClient) -> None:
    answer = await client.get("/<script>alert(1)</script>" + "x" * 5000, headers=BROWSER)
    assert "<script" not in answer.text
    assert len(answer.text) < 4000


@pytest.mark.parametrize("arrives", ["/it", "/it/", "/"])
async def test_below_the_public_urls_path_every_link_has_it(
    make_app: Any, connector: Connect, arrives: str
) -> None:
    settings = {"public_url": "https://apps.example/it"}
    async with connector(make_app(**settings)) as client:
        answer = await client.get(arrives, headers=BROWSER)
        assert answer.status_code == 200
        assert set(links(answer.text)) >= {"/it/graphql", "/it/tables"}


@pytest.mark.parametrize("prefix", ["", "/it"])
@pytest.mark.parametrize("keys", [(), ("key",)])
async def test_all_is_found_with_and_without_the_prefix(
    make_app: Any, connector: Connect, prefix: str, keys: tuple[str, ...]
) -> None:
    async with connector(make_app(keys=keys, public_url="https://apps.example/it")) as client:
        assert (await client.get(f"{prefix}/healthz")).status_code == 200
        headers = {"x-api-key": "key"}
        for path in ("/graphql", "/graphql/"):
            answer = await client.post(f"{prefix}{path}", json={"query": "{ hello }"}, headers=headers)
            assert answer.json() == {"data": {"hello": "hello world"}}
        assert (await client.get(f"{prefix}/graphql/ide/ide.css", headers=headers)).status_code == 200
        page = await client.get(f"{prefix}/graphql", headers={**BROWSER, **headers})
        assert all(link.startswith("graphql/ide/") for link in links(page.text))
        assert '"endpoint": "graphql"' in page.text
        assert (await client.get(f"{prefix}/itself", headers=headers)).status_code == 404


async def test_a_proxy_on_this_machine_serves_the_public_name(make_app: Any, connector: Connect) -> None:
    async with connector(make_app(public_url="https://Apps.example/it")) as client:
        assert (await client.get("/healthz", headers={"host": "apps.example"})).status_code == 200
        assert (await client.get("/healthz", headers={"host": "evil.example"})).status_code == 421


async def test_a_batch_is_refused_in_words(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json=[{"query": "{ hello }"}] * 2)
    assert answer.status_code == 400
    assert "batching is off" in answer.json()["errors"][0]["message"]
