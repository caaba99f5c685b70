"""Each kind of pagination: all rows once, whatever the vendor does to its pages, and no more pages than needed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

import httpx
import pytest

from gateway import vendors
from gateway.connector.description.fields import identity, text
from gateway.connector.description.paging import (
    CursorPages,
    LinkedPages,
    NextAddress,
    NumberedPages,
    OffsetPages,
    Paging,
)
from gateway.connector.description.resource import Description, ErrorBody, Get, List, Resource, Vendor
from gateway.settings import SourceKeys
from gateway.testing.harness import Gateway
from gateway.testing.upstreams import Handler, answered
from gateway.upstream.dispatch.auth import FixedHeader

BASE = "https://paged.test/api"
SOURCES = {"paged": {"BASE_URL": BASE}}
KINDS: Mapping[str, Paging] = {
    "numbers": NumberedPages(
        page_param="page", size_param="n", page_size=20, full_page=1, total_path="meta.total"
    ),
    "offsets": OffsetPages(offset_param="offset", limit_param="n", page_size=20, total_path="meta.total"),
    "offsets without a total": OffsetPages(offset_param="offset", limit_param="n", page_size=20),
    "cursors": CursorPages(cursor_param="cursor", next_cursor_path="meta.next", size_param="n", page_size=20),
    "links": LinkedPages(size_param="n", page_size=20),
    "addresses": NextAddress(next_path="next", total_path="meta.total"),
}


@contextmanager
def installed(paging: Paging | None) -> Iterator[None]:
    """The vendor `paged`, whose assets come in such pages; the others are there as well."""
    assets = Resource(
        type="Asset",
        list=List(path="/assets", envelope_keys=("rows",), paging=paging),
        get=Get(path="/assets/{id}"),
        fields={"native_id": identity("id"), "name": text("name")},
    )
    errors = ErrorBody(
        is_error=lambda body: "problem" in body,
        is_missing=lambda body: body["problem"] == "missing",
        is_denied=lambda body: body["problem"] == "denied",
    )
    vendor = Vendor(
        name="paged",
        keys=SourceKeys(),
        auth=lambda _: FixedHeader("Bearer x"),
        describe=lambda _: Description(resources=(assets,), errors=errors, probe="/assets"),
    )
    with mock.patch.object(vendors, "load", return_value={"paged": vendor}):
        yield


def row(number: int) -> dict[str, Any]:
    return {"id": number, "name": f"asset {number}"}


def account(count: int, *, cap: int = 20, change: Callable[[int], int] = lambda size: size) -> Handler:
    """A vendor that knows all kinds of pages, and sends at most `cap` rows; `change` makes single pages shorter."""
    rows = [row(number) for number in range(1, count + 1)]

    def answer(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        size = min(int(query.get("n", "20")), cap)
        first = int(query.get("offset", query.get("cursor", (int(query.get("page", "1")) - 1) * size)))
        page = rows[first : first + change(size)]
        following = first + len(page)
        address = f"/api/assets?n={size}&cursor={following}" if following < count else None
        meta = {"total": count, "next": str(following) if address else None}
        headers = {"Link": f'<{address}>; rel="next", </api/assets>; rel="first"'} if address else {}
        return answered({"rows": page, "next": address, "meta": meta}, headers=headers)

    return answer


async def ids(gateway: Gateway, *, first: int) -> list[str]:
    """The ids of all pages, asked for from cursor to cursor."""
    seen: list[str] = []
    after = None
    while True:
        query = """query ($first: Int, $after: String) { assets(first: $first, after: $after) {
            complete nodes { nativeId } pageInfo { hasNextPage endCursor } } }"""
        page = (await gateway.ask(query, first=first, after=after)).whole["assets"]
        assert page["complete"] is True
        seen += [node["nativeId"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return seen


@pytest.mark.parametrize("cap", [20, 7])
@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 100])
@pytest.mark.parametrize("kind", KINDS)
async def test_all_rows_come_once(kind: str, count: int, cap: int) -> None:
    with installed(KINDS[kind]):
        async with Gateway(SOURCES, {"paged": account(count, cap=cap)}) as gateway:
            assert await ids(gateway, first=500) == [str(number) for number in range(1, count + 1)]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_cursor_of_ours_goes_on_in_the_middle_of_a_page(kind: str) -> None:
    with installed(KINDS[kind]):
        async with Gateway(SOURCES, {"paged": account(65)}, cached=True) as gateway:
            assert await ids(gateway, first=13) == [str(number) for number in range(1, 66)]


@pytest.mark.parametrize("kind", ["offsets", "offsets without a total", "cursors", "links"])
async def test_no_more_pages_are_read_than_are_needed(kind: str) -> None:
    with installed(KINDS[kind]):
        async with Gateway(SOURCES, {"paged": account(1000)}) as gateway:
            page = (
                await gateway.ask("{ assets(first: 10) { nodes { id } pageInfo { hasNextPage } } }")
            ).whole
            assert len(gateway.calls) <= 2
    assert len(page["assets"]["nodes"]) == 10
    assert page["assets"]["pageInfo"]["hasNextPage"] is True


@pytest.mark.parametrize("kind", ["offsets", "offsets without a total", "cursors", "links"])
async def test_a_short_page_in_the_middle_loses_no_row(kind: str) -> None:
    sizes = iter([20, 20, 3, *[20] * 100])
    with installed(KINDS[kind]):
        async with Gateway(SOURCES, {"paged": account(90, change=lambda _: next(sizes))}) as gateway:
            assert await ids(gateway, first=500) == [str(number) for number in range(1, 91)]


@pytest.mark.parametrize("kind", ["cursors", "links"])
async def test_pages_that_lead_in_a_circle_come_to_an_end_and_are_incomplete(kind: str) -> None:
    def circle(_: httpx.Request) -> httpx.Response:
        body = {"rows": [], "meta": {"next": "again"}}
        return answered(body, headers={"Link": '</api/assets?cursor=again>; rel="next"'})

    with installed(KINDS[kind]):
        async with Gateway(SOURCES, {"paged": circle}) as gateway:
            result = await gateway.ask("{ assets { complete nodes { id } } }")
    assert result.codes == ["UPSTREAM_GARBLED"]
    assert result.data == {"assets": {"complete": False, "nodes": []}}


async def test_a_link_to_another_host_is_not_followed() -> None:
    def elsewhere(_: httpx.Request) -> httpx.Response:
        return answered({"rows": [row(1)]}, headers={"Link": '<https://evil.test/api/assets>; rel="next"'})

    with installed(KINDS["links"]):
        async with Gateway(SOURCES, {"paged": elsewhere}) as gateway:
            result = await gateway.ask("{ assets { complete nodes { nativeId } } }")
            assert gateway.upstreams.strays == []
    assert result.codes == ["UPSTREAM_GARBLED"]
    assert result.data["assets"] == {"complete": False, "nodes": [{"nativeId": "1"}]}


@pytest.mark.parametrize(
    ("problem", "codes"),
    [("missing", []), ("denied", ["UPSTREAM_AUTH"]), ("broken", ["UPSTREAM_REJECTED"])],
)
async def test_an_error_with_status_200_is_told_by_its_body(problem: str, codes: list[str]) -> None:
    with installed(None):
        async with Gateway(SOURCES, {"paged": lambda _: answered({"problem": problem})}) as gateway:
            result = await gateway.ask('{ asset(id: "paged:Asset:1") { id } }')
            listed = await gateway.ask("{ assets { complete nodes { id } } }")
    assert (result.data, result.codes) == ({"asset": None}, codes)
    assert listed.data["assets"] == {"complete": False, "nodes": []}
    assert listed.codes == (codes or ["UPSTREAM_GARBLED"])


@pytest.mark.parametrize("kind", ["offsets", "cursors", "links"])
async def test_a_table_reads_each_page_once(kind: str) -> None:
    with installed(KINDS[kind]):
        async with Gateway(
            SOURCES, {"paged": account(2500)}, environ={"GATEWAY_LIMITS__UPSTREAM_CALLS": "200"}
        ) as gateway:
            response = await gateway.get("/tables/assets.csv?live=true")
            calls = len(gateway.calls)
    assert [line.split(",")[0] for line in response.text.splitlines()[1:]] == [
        f"paged:Asset:{number}" for number in range(1, 2501)
    ]
    assert calls <= 130
