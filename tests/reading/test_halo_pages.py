"""Halo's paging trap: pages only where both parameters stand, 50 rows whatever is asked, and counts that lie."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.testing.upstreams import answered
from tests.support.gateway import Gateway, sandbox_sources

Count = Callable[[int, int], Any]  # (rows in all, rows on this page) -> record_count; ... leaves it out


@dataclass
class Halo:
    """A Halo with so many assets. `cuts` are its pages' lengths, the last one over and over."""

    rows: int
    cuts: Sequence[int] = (50,)
    count: Count = lambda whole, _: whole
    changed: dict[int, Callable[[], httpx.Response]] = field(default_factory=dict)
    agents_default: int = 50

    def handle(self, request: httpx.Request) -> httpx.Response:
        params = request.url.params
        if request.url.path == "/auth/token":
            return answered({"access_token": "t", "expires_in": 3600})
        if request.url.path != "/api/Asset":
            return answered("", status=404)
        if params.get("pageinate") != "true" or "page_no" not in params:
            page = range(1, self.agents_default + 1)
            return answered({"record_count": len(page), "assets": [self.row(number) for number in page]})
        number = int(params["page_no"])
        if number in self.changed:
            return self.changed[number]()
        return self.page(number)

    def page(self, number: int) -> httpx.Response:
        start = sum(self.length(earlier) for earlier in range(1, number))
        page = range(start + 1, min(start + self.length(number), self.rows) + 1)
        body: dict[str, Any] = {"assets": [self.row(row_id) for row_id in page], "columns": []}
        total = self.count(self.rows, len(page))
        return answered(body if total is ... else {"record_count": total, **body})

    def length(self, number: int) -> int:
        return self.cuts[min(number, len(self.cuts)) - 1]

    def row(self, number: int) -> dict[str, Any]:
        return {"id": number, "inventory_number": f"T-{number}", "inactive": False}

    def gateway(self, *, size: int = 500) -> Gateway:
        limits = {"GATEWAY_LIMITS__MAX_PAGE_SIZE": str(size)}
        return Gateway({"halo": sandbox_sources()["halo"]}, {"halo": self.handle}, environ=limits)


QUERY = """query ($first: Int, $after: String) { assets(first: $first, after: $after) {
  totalCount totalIsExact complete nodes { nativeId } pageInfo { hasNextPage endCursor } } }"""


async def read(
    gateway: Gateway, first: int = 500, after: str | None = None, *, is_sound: bool = True
) -> tuple[Any, list[int]]:
    answer = await gateway.ask(QUERY, first=first, after=after)
    page = (answer.whole if is_sound else answer.data)["assets"]
    return page, [int(node["nativeId"]) for node in page["nodes"]]


def numbers(gateway: Gateway) -> list[int]:
    return [int(call.params["page_no"]) for call in gateway.calls if call.path == "/Asset"]


@pytest.mark.parametrize("rows", [0, 1, 49, 50, 51, 99, 100, 101, 150, 237])
async def test_every_row_comes_once_in_as_few_pages_as_there_are(rows: int) -> None:
    async with Halo(rows).gateway() as gateway:
        page, row_numbers = await read(gateway)
        assert row_numbers == list(range(1, rows + 1))
        assert (page["totalCount"], page["totalIsExact"], page["complete"]) == (rows, True, True)
        assert page["pageInfo"]["hasNextPage"] is False
        # 50 of 50 is what a Halo says that has not understood that pages are wanted: one more call is worth it.
        pages = 2 if rows == 50 else max(1, -(-rows // 50))
        assert sorted(numbers(gateway)) == list(range(1, pages + 1))
        for call in gateway.calls:
            assert (call.params["pageinate"], call.params["page_size"]) == ("true", "100")


async def test_only_the_pages_that_are_needed_are_read() -> None:
    async with Halo(1000).gateway() as gateway:
        page, row_numbers = await read(gateway, first=60)
        assert row_numbers == list(range(1, 61))
        assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (1000, True)
        assert sorted(numbers(gateway)) == [1, 2]
        gateway.upstreams.forget()
        page, row_numbers = await read(gateway, first=60, after=page["pageInfo"]["endCursor"])
        assert row_numbers == list(range(61, 121))
        assert sorted(numbers(gateway)) == [2, 3]


async def test_a_halo_that_gives_as_many_rows_as_asked_for_is_read_by_those() -> None:
    async with Halo(237, cuts=(100,)).gateway() as gateway:
        _, row_numbers = await read(gateway)
        assert (row_numbers, sorted(numbers(gateway))) == (list(range(1, 238)), [1, 2, 3])


COUNTS: dict[str, Count] = {
    "right": lambda whole, _: whole,
    "missing": lambda _whole, _page: ...,
    "zero": lambda _whole, _page: 0,
    "null": lambda _whole, _page: None,
    "the page's": lambda _whole, page: page,
    "too small": lambda whole, _: max(whole - 130, 0),
    "smaller than a page": lambda _whole, _page: 7,
    "too large": lambda whole, _: whole + 130,
    "text": lambda whole, _: str(whole),
    "negative": lambda _whole, _page: -1,
    "odd": lambda _whole, _page: {"a": 1},
}


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("rows", [50, 150, 237, 250])
async def test_no_row_is_lost_whatever_the_count_says(count: str, rows: int) -> None:
    async with Halo(rows, count=COUNTS[count]).gateway() as gateway:
        answer = await gateway.ask(QUERY, first=500)
        page = answer.data["assets"]
        assert [int(node["nativeId"]) for node in page["nodes"]] == list(range(1, rows + 1))
        assert max(numbers(gateway)) <= -(-rows // 50) + 4
    # A vendor that counts more rows than it gives has not given all of them, as far as anyone can know.
    assert page["complete"] is (count != "too large")
    assert answer.codes == ([] if page["complete"] else ["UPSTREAM_GARBLED"])


@pytest.mark.parametrize("count", ["missing", "zero", "null", "negative", "odd"])
async def test_without_a_count_the_rows_are_counted(count: str) -> None:
    async with Halo(237, count=COUNTS[count]).gateway() as gateway:
        page, row_numbers = await read(gateway, first=10)
    assert len(row_numbers) == 10
    assert (page["totalCount"], page["totalIsExact"], page["pageInfo"]["hasNextPage"]) == (237, True, True)


@pytest.mark.parametrize("count", ["right", "missing", "too large"])
@pytest.mark.parametrize("first", [7, 50, 60, 100])
async def test_page_after_page_gives_every_row_once(count: str, first: int) -> None:
    row_numbers: list[int] = []
    after: str | None = None
    async with Halo(237, count=COUNTS[count]).gateway() as gateway:
        for _ in range(50):
            page, page_numbers = await read(gateway, first=first, after=after, is_sound=count != "too large")
            row_numbers += page_numbers
            after = page["pageInfo"]["endCursor"] or after
            if not page["pageInfo"]["hasNextPage"]:
                break
    assert row_numbers == list(range(1, 238))
    assert page["complete"] is (count != "too large")


@pytest.mark.parametrize("cuts", [(50, 30, 50), (50, 1, 50), (50, 49, 48, 47), (30, 50)])
async def test_short_pages_in_the_middle_lose_no_row(cuts: tuple[int, ...]) -> None:
    """Pages may be shorter than the first one, as where an agent may not see some rows: what was returned counts."""
    async with Halo(150, cuts=cuts).gateway() as gateway:
        _, row_numbers = await read(gateway)
    assert row_numbers == list(range(1, 151))


def the_first_page_again(halo: Halo) -> dict[int, Callable[[], httpx.Response]]:
    return {number: lambda: halo.page(1) for number in range(2, 40)}


async def test_pages_that_repeat_come_to_an_end_and_the_list_does_not_claim_to_be_whole() -> None:
    halo = Halo(237)
    halo.changed = the_first_page_again(halo)
    async with halo.gateway() as gateway:
        page = (await gateway.ask(QUERY, first=500)).data["assets"]
        assert [int(node["nativeId"]) for node in page["nodes"]] == list(range(1, 51))
        assert max(numbers(gateway)) <= 5
    assert page["complete"] is False


@pytest.mark.parametrize("size", [49, 50, 100, 137])
async def test_pages_that_repeat_without_a_count_are_all_unless_they_are_as_long_as_requested(
    size: int,
) -> None:
    halo = Halo(size, cuts=(size,), count=COUNTS["missing"])
    halo.changed = the_first_page_again(halo)
    async with halo.gateway() as gateway:
        page = (await gateway.ask(QUERY, first=500)).data["assets"]
        assert [int(node["nativeId"]) for node in page["nodes"]] == list(range(1, size + 1))
        assert (numbers(gateway), page["complete"]) == ([1, 2], size != 100)


async def test_a_row_that_moves_to_the_next_page_while_pages_are_read_comes_once() -> None:
    halo = Halo(120)
    moved = [halo.row(number) for number in range(50, 100)]
    halo.changed[2] = lambda: answered({"record_count": 120, "assets": moved})
    async with halo.gateway() as gateway:
        page, row_numbers = await read(gateway, is_sound=False)
    assert row_numbers == [*range(1, 100), *range(101, 121)]
    assert page["complete"] is False


async def test_a_page_that_fails_in_the_middle_leaves_the_rows_before_it_and_can_be_taken_up_again() -> None:
    halo = Halo(237)
    halo.changed[3] = lambda: answered("<h1>oops</h1>", status=500)
    async with halo.gateway() as gateway:
        answer = await gateway.ask(QUERY, first=500)
        [error] = answer.errors
        page = answer.data["assets"]
        assert (error["path"], error["extensions"]["code"]) == (["assets"], "UPSTREAM_UNAVAILABLE")
        assert page["complete"] is False
        before = [int(node["nativeId"]) for node in page["nodes"]]
        assert before == list(range(1, len(before) + 1))
        assert len(before) >= 50
        halo.changed.clear()
        _, rest = await read(gateway, after=page["pageInfo"]["endCursor"])
        assert before + rest == list(range(1, 238))


async def test_a_first_page_that_fails_says_so() -> None:
    halo = Halo(237)
    halo.changed[1] = lambda: answered("", status=503)
    async with halo.gateway() as gateway:
        answer = await gateway.ask(QUERY, first=500)
    assert answer.codes == ["UPSTREAM_UNAVAILABLE"]
    assert (answer.data["assets"]["nodes"], answer.data["assets"]["complete"]) == ([], False)
    assert answer.data["assets"]["totalIsExact"] is False


async def test_a_reference_table_is_read_over_all_of_its_pages() -> None:
    sites = [{"id": number, "name": f"S{number}", "country_code_name": "BE"} for number in range(1, 131)]

    def handle(request: httpx.Request) -> httpx.Response:
        params = request.url.params
        if request.url.path == "/api/Site" and params.get("pageinate") == "true" and "page_no" in params:
            start = (int(params["page_no"]) - 1) * 50
            return answered({"record_count": 130, "sites": sites[start : start + 50]})
        if request.url.path == "/api/Asset":
            return answered(
                {
                    "record_count": 130,
                    "assets": [{"id": number, "site_id": number} for number in range(81, 131)],
                }
            )
        return Halo(0).handle(request)

    async with Gateway({"halo": sandbox_sources()["halo"]}, {"halo": handle}) as gateway:
        data, lines = await gateway.measure(
            "{ assets(first: 50) { nodes { nativeId location { name country } } } }"
        )
    assert [node["location"]["name"] for node in data["assets"]["nodes"]] == [
        f"S{number}" for number in range(81, 131)
    ]
    assert lines.count("halo /Site") == 3


@settings(max_examples=20, deadline=None)
@given(
    rows=st.integers(0, 160),
    steps=st.integers(1, 8),
    size=st.sampled_from([10, 50, 100]),
    count=st.sampled_from(["right", "missing", "zero", "too large", "text"]),
)
def test_any_page_size_over_any_vendors_page_size_gives_every_row_once(
    rows: int, steps: int, size: int, count: str
) -> None:
    first = max(1, -(-rows // steps))

    async def walk() -> list[int]:
        row_numbers: list[int] = []
        after: str | None = None
        async with Halo(rows, cuts=(size,), count=COUNTS[count]).gateway() as gateway:
            for _ in range(steps + 4):
                page, page_numbers = await read(
                    gateway, first=first, after=after, is_sound=count != "too large"
                )
                assert len(page_numbers) <= first
                row_numbers += page_numbers
                after = page["pageInfo"]["endCursor"] or after
                if not page["pageInfo"]["hasNextPage"]:
                    return row_numbers
        raise AssertionError("the pages never end")

    assert asyncio.run(walk()) == list(range(1, rows + 1))
