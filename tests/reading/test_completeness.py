"""A list is never said to be whole, and never counted, if the vendor's own answers show that rows are missing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from gateway.sandbox import Company
from gateway.testing.upstreams import Handler, answered, paths
from tests.support.gateway import Gateway, sandbox, sandbox_sources

Pages = Mapping[int, Callable[[], httpx.Response]]


def checklist(number: int, **values: Any) -> dict[str, Any]:
    row = {
        "id": number,
        "status": "finished",
        "server_reference": f"S-{number}",
        "chassis_serial_number": None,
    }
    return row | values


@dataclass
class S3S:
    """An S3S with some servers. `changed` are the answers to single pages; with `is_counted` it tells its pages."""

    count: int
    page_size: int = 50
    is_counted: bool = True
    changed: Pages = field(default_factory=dict)
    ignores_size: bool = False

    def handle(self, request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["page"])
        if number in self.changed:
            return self.changed[number]()
        return self.page(range(1, self.count + 1)[(number - 1) * self.page_size : number * self.page_size])

    def page(self, numbers: Sequence[int]) -> httpx.Response:
        pagination = {"total": self.count, "total_pages": -(-self.count // self.page_size)}
        meta = {"meta": {"pagination": pagination}} if self.is_counted else {}
        return answered({"data": [checklist(number) for number in numbers], **meta})

    def gateway(self) -> Gateway:
        return Gateway({"s3s": sandbox_sources()["s3s"]}, {"s3s": self.handle})


LIST = """query ($first: Int, $after: String) { assets(first: $first, after: $after) {
  totalCount totalIsExact complete nodes { nativeId } sources { complete error { code } }
  pageInfo { hasNextPage endCursor } } }"""

NO_ROWS: Mapping[str, Any] = {
    "no rows": {"data": []},
    "a failure": {"success": False, "message": "sorry", "data": []},
    "an error": {"error": "sorry", "data": []},
    "errors": {"errors": ["sorry"], "data": []},
    "a message": {"message": "sorry", "data": []},
    "a status": {"status_code": 500, "data": []},
    "nothing": {},
    "a bare list": [],
}


@pytest.mark.parametrize("body", NO_ROWS)
async def test_a_page_without_rows_before_the_total_costs_its_own_rows(body: str) -> None:
    s3s = S3S(57, changed={2: lambda: answered(NO_ROWS[body])})
    async with s3s.gateway() as gateway:
        answer = await gateway.ask(LIST, first=500)
        table = await gateway.get("/tables/assets.csv?columns=name")
    page = answer.data["assets"]
    assert [node["nativeId"] for node in page["nodes"]] == [str(number) for number in range(1, 51)]
    assert (page["complete"], page["totalCount"], page["totalIsExact"]) == (False, 57, False)
    assert (answer.codes, page["sources"]) == (
        ["UPSTREAM_GARBLED"],
        [{"complete": False, "error": {"code": "UPSTREAM_GARBLED"}}],
    )
    assert table.status_code == 502


#: For each vendor with such a list, answers without rows that say why.
FIRST_ANSWERS = [
    (vendor, path, {**body, "data": []})
    for vendor, path in (
        ("fiwit", "/assets"),
        ("tether", "/assets"),
        ("halo", "/Asset"),
        ("s3s", "/assets/checklists"),
        ("revnue", "/asset/"),
    )
    for body in (
        {"success": False, "message": "sorry"},
        {"success": "false"},
        {"error": "sorry"},
        {"errors": {"key": ["sorry"]}},
        {"message": "sorry"},
        {"detail": "sorry"},
        {"status": "error"},
        {"count": 0, "success": False},
        {"record_count": 0, "error": "sorry"},
        {"record_count": 0, "errors": ["sorry"]},
    )
]


@pytest.mark.parametrize(("vendor", "path", "body"), FIRST_ANSWERS)
async def test_no_rows_beside_a_word_of_error_are_not_an_empty_list(
    vendor: str, path: str, body: Mapping[str, Any]
) -> None:
    handler = only(vendor, path, answered(body))
    async with Gateway({vendor: sandbox_sources()[vendor]}, {vendor: handler}) as gateway:
        answer = await gateway.ask("{ assets { complete totalIsExact nodes { id } } }")
    assert answer.codes == ["UPSTREAM_GARBLED"]
    assert answer.data["assets"] == {"complete": False, "totalIsExact": False, "nodes": []}


def only(vendor: str, path: str, answer: httpx.Response) -> Handler:
    """A vendor that lets callers sign in, and has one list."""
    base = {"halo": "/api", "revnue": "/api/v2", "s3s": "/api/v2", "tether": "/api", "fiwit": ""}[vendor]
    sign_in = answered({"access_token": "t", "expires_in": 3600})
    table = {path: answer, "/auth/login": sign_in, f"{base}/auth/login": sign_in, "/auth/token": sign_in}
    return paths({key.removeprefix(base): value for key, value in table.items()} | table, base=base)


async def test_a_total_without_any_row_is_not_an_empty_list() -> None:
    handler = only("halo", "/Tickets", answered({"record_count": 132, "tickets": []}))
    async with Gateway({"halo": sandbox_sources()["halo"]}, {"halo": handler}) as gateway:
        answer = await gateway.ask("{ tickets { complete totalCount totalIsExact nodes { id } } }")
    assert answer.codes == ["UPSTREAM_GARBLED"]
    assert answer.data["tickets"] == {
        "complete": False,
        "totalCount": 132,
        "totalIsExact": False,
        "nodes": [],
    }


@pytest.mark.parametrize(
    ("vendor", "path", "body"),
    [
        ("fiwit", "/assets", []),
        ("tether", "/assets", []),
        ("halo", "/Asset", {"record_count": 0, "assets": []}),
        ("halo", "/Asset", {"assets": [], "columns": []}),
        ("s3s", "/assets/checklists", {"data": []}),
        ("s3s", "/assets/checklists", {"data": [], "success": True, "message": "none"}),
        ("s3s", "/assets/checklists", {"data": [], "status_code": 200}),
        ("revnue", "/asset/", {"count": 0, "next": None, "previous": None, "results": []}),
    ],
)
async def test_an_empty_list_in_a_known_shape_is_one(vendor: str, path: str, body: Any) -> None:
    handler = only(vendor, path, answered(body))
    async with Gateway({vendor: sandbox_sources()[vendor]}, {vendor: handler}) as gateway:
        found = (await gateway.ask("{ assets { complete totalCount nodes { id } } }")).whole["assets"]
    assert found == {"complete": True, "totalCount": 0, "nodes": []}


async def test_rows_beside_a_failure_stay_and_are_not_all() -> None:
    body = {"success": False, "data": [checklist(1), checklist(2)]}
    async with S3S(2, changed={1: lambda: answered(body)}).gateway() as gateway:
        answer = await gateway.ask(LIST)
    assert [node["nativeId"] for node in answer.data["assets"]["nodes"]] == ["1", "2"]
    assert (answer.data["assets"]["complete"], answer.codes) == (False, ["UPSTREAM_GARBLED"])


# --- counts


@pytest.mark.parametrize("status", [500, 403, 404, 429])
@pytest.mark.parametrize("is_counted", [True, False])
async def test_a_count_never_swallows_an_error(company: Company, status: int, *, is_counted: bool) -> None:
    failed: Callable[[], httpx.Response] = lambda: answered("", status=status)  # noqa: E731
    s3s = S3S(57, is_counted=is_counted, changed={2: failed})
    async with sandbox(company, only=("s3s", "tether"), handlers={"s3s": s3s.handle}) as gateway:
        answer = await gateway.ask("{ assets(first: 2) { totalCount totalIsExact complete nodes { id } } }")
        other = await gateway.ask('{ assets(first: 2, filter: {source: {eq: "tether"}}) { totalCount } }')
    page = answer.data["assets"]
    if is_counted:  # the first page has told it
        assert (page["totalCount"], page["totalIsExact"]) == (57 + other.whole["assets"]["totalCount"], True)
        assert answer.errors == []
    else:
        assert (page["totalCount"], page["totalIsExact"]) == (None, False)
        assert [(error["path"], error["extensions"]["source"]) for error in answer.errors] == [
            (["assets", "totalCount"], "s3s")
        ]
    assert (page["complete"], len(page["nodes"])) == (True, 2)


# --- different rows


def pages(*numbers: Sequence[int], count: int) -> S3S:
    s3s = S3S(count)

    def page(row_numbers: Sequence[int]) -> Callable[[], httpx.Response]:
        return lambda: s3s.page(row_numbers)

    s3s.changed = {number: page(row_numbers) for number, row_numbers in enumerate(numbers, 1)} | {
        number: page(()) for number in range(len(numbers) + 1, 9)
    }
    return s3s


ALL = range(1, 121)
SHIFTED: Mapping[str, tuple[Sequence[int], ...]] = {
    "one page overlaps": (ALL[:50], [50, *ALL[51:100]], ALL[100:]),
    "the last page overlaps": (ALL[:50], ALL[50:100], [3, *ALL[101:]]),
    "twice within a page": (ALL[:50], [51, 51, *ALL[52:100]], ALL[100:]),
    "a short page": (ALL[:50], ALL[50:99], ALL[100:]),
}


@pytest.mark.parametrize("how", SHIFTED)
async def test_as_many_rows_as_promised_are_not_all_if_some_came_twice(how: str) -> None:
    async with pages(*SHIFTED[how], count=120).gateway() as gateway:
        answer = await gateway.ask(LIST, first=500)
        ordered = await gateway.ask(
            "{ assets(first: 500, orderBy: [{field: NAME}]) { complete nodes { id } } }"
        )
        table = await gateway.get("/tables/assets.csv?columns=name")
    numbers = [node["nativeId"] for node in answer.data["assets"]["nodes"]]
    assert (len(numbers), len(set(numbers))) == (119, 119)
    assert (answer.data["assets"]["complete"], answer.codes) == (False, ["UPSTREAM_GARBLED"])
    assert (ordered.data["assets"]["complete"], len(ordered.data["assets"]["nodes"])) == (False, 119)
    assert table.status_code == 502


@pytest.mark.parametrize("first", [20, 49, 50, 51, 100])
async def test_a_client_that_pages_itself_learns_that_rows_moved(first: int) -> None:
    numbers: list[str] = []
    is_complete = True
    after = None
    async with pages(*SHIFTED["one page overlaps"], count=120).gateway() as gateway:
        while True:
            page = (await gateway.ask(LIST, first=first, after=after)).data["assets"]
            numbers += [node["nativeId"] for node in page["nodes"]]
            is_complete = is_complete and page["complete"]
            after = page["pageInfo"]["endCursor"] or after
            if not page["pageInfo"]["hasNextPage"]:
                break
    assert len(numbers) == len(set(numbers)) == 119
    assert is_complete is False


async def test_a_record_that_comes_twice_in_an_answer_is_one() -> None:
    rows = [checklist(1), checklist(2), checklist(1)]
    async with S3S(0, changed={1: lambda: answered({"data": rows})}).gateway() as gateway:
        page = (await gateway.ask(LIST)).whole["assets"]
        table = await gateway.get("/tables/assets.csv?columns=name")
    assert [node["nativeId"] for node in page["nodes"]] == ["1", "2"]
    assert (page["totalCount"], page["complete"]) == (2, True)
    assert [line.rpartition(",")[2] for line in table.text.split()[1:]] == ["S-1", "S-2"]


@pytest.mark.parametrize(
    "rows",
    [
        [checklist(1), checklist(2), checklist(1, server_reference="another")],
        [checklist(1), checklist(2), checklist(2**63 + 1)],
        [checklist(1), checklist(2), checklist(10**40)],
        [checklist(1), checklist(2), "row"],
    ],
)
async def test_rows_that_cannot_be_told_apart_or_named_are_left_out_and_said_so(rows: Sequence[Any]) -> None:
    async with S3S(0, changed={1: lambda: answered({"data": rows})}).gateway() as gateway:
        answer = await gateway.ask(
            "{ assets { complete nodes { nativeId name } } checklists { complete nodes { nativeId } } }"
        )
    assert [node["name"] for node in answer.data["assets"]["nodes"]] == ["S-1", "S-2"]
    assert (answer.data["assets"]["complete"], set(answer.codes)) == (False, {"UPSTREAM_GARBLED"})


# --- page sizes


@pytest.mark.parametrize("count", [0, 14, 15, 16, 30, 48, 50, 100])
@pytest.mark.parametrize("size", [15, 50])
async def test_a_page_of_the_documented_default_is_full(count: int, size: int) -> None:
    async with S3S(count, page_size=size, is_counted=False).gateway() as gateway:
        page = (await gateway.ask(LIST, first=500)).whole["assets"]
    assert (len(page["nodes"]), page["totalCount"], page["complete"]) == (count, count, True)


async def test_the_default_of_rows_again_and_again_is_not_the_whole_list() -> None:
    s3s = S3S(48, page_size=15, is_counted=False)
    s3s.changed = {number: lambda: s3s.page(range(1, 16)) for number in range(1, 9)}
    async with s3s.gateway() as gateway:
        answer = await gateway.ask(LIST, first=500)
    assert (len(answer.data["assets"]["nodes"]), answer.data["assets"]["complete"]) == (15, False)
