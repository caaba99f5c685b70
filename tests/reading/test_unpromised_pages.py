"""Lists whose documents name no pages: an answer of just an agent's default of rows is not taken for all of them."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gateway.testing.upstreams import answered
from tests.support.gateway import Gateway, sandbox_sources

QUERY = "{ certificates(first: 500) { totalCount complete nodes { nativeId } } }"

#: What comes for a page that nobody promised: (all rows, number, size) -> answer.
Paging = Callable[[int, int, int], httpx.Response]


def rows(first: int, last: int) -> list[dict[str, Any]]:
    return [{"id": number, "name": f"C{number}"} for number in range(first, last + 1)]


def paged(count: int, number: int, size: int) -> httpx.Response:
    return answered(rows((number - 1) * size + 1, min(number * size, count)))


def enveloped(count: int, number: int, size: int) -> httpx.Response:
    page = rows((number - 1) * size + 1, min(number * size, count))
    return answered({"record_count": count, "certificates": page})


def ignored(_count: int, _number: int, size: int) -> httpx.Response:
    return answered(rows(1, size))


def backwards(_count: int, _number: int, size: int) -> httpx.Response:
    return answered(rows(1, size)[::-1])


def refused(_count: int, _number: int, _size: int) -> httpx.Response:
    return answered("", status=400)


def shifted(_count: int, _number: int, size: int) -> httpx.Response:
    return answered(rows(size // 2, size + size // 2))


def part_of_the_same(_count: int, _number: int, size: int) -> httpx.Response:
    return answered(rows(1, size - 1))


def failed(_count: int, _number: int, _size: int) -> httpx.Response:
    return answered({"success": False, "message": "no", "certificates": []})


async def ask(count: int, paging: Paging, size: int) -> tuple[Any, list[str], list[str | None]]:
    def handle(request: httpx.Request) -> httpx.Response:
        params = request.url.params
        if request.url.path == "/auth/token":
            return answered({"access_token": "t", "expires_in": 3600})
        if "page_no" not in params:
            return answered(rows(1, min(count, size)))
        assert params["pageinate"] == "true"
        return paging(count, int(params["page_no"]), int(params["page_size"]))

    async with Gateway({"halo": sandbox_sources()["halo"]}, {"halo": handle}) as gateway:
        answer = await gateway.ask(QUERY)
        return (
            answer.data["certificates"],
            answer.codes,
            [call.params.get("page_no") for call in gateway.calls],
        )


@pytest.mark.parametrize("size", [50, 100])
@pytest.mark.parametrize("paging", [paged, enveloped])
async def test_an_answer_that_was_cut_off_is_read_to_its_end(size: int, paging: Paging) -> None:
    for count in (size - 1, size, size + 40, 2 * size, 2 * size + 1):
        page, codes, numbers = await ask(count, paging, size)
        assert [node["nativeId"] for node in page["nodes"]] == [str(number) for number in range(1, count + 1)]
        assert (page["totalCount"], page["complete"], codes) == (count, True, [])
        assert len(numbers) == count // size + 1


@pytest.mark.parametrize("paging", [ignored, backwards])
async def test_the_same_rows_again_are_all_of_them(paging: Paging) -> None:
    page, codes, numbers = await ask(50, paging, 50)
    assert (len(page["nodes"]), page["complete"], codes, numbers) == (50, True, [], [None, "2"])


@pytest.mark.parametrize("paging", [refused, shifted, part_of_the_same, failed])
async def test_a_refused_or_unclear_second_page_is_not_taken_for_the_end(paging: Paging) -> None:
    page, codes, _ = await ask(90, paging, 50)
    assert [node["nativeId"] for node in page["nodes"]] == [str(number) for number in range(1, 51)]
    assert page["complete"] is False
    assert codes == ["UPSTREAM_REJECTED" if paging is refused else "UPSTREAM_GARBLED"]
