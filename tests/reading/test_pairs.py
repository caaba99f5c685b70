"""Assets of many licences by Halo's list of pairs, which has no documented form: used only if it can be understood."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from gateway.sandbox import Company
from gateway.sandbox.server import create_apps
from gateway.testing.upstreams import Handler, served
from tests.support.gateway import sandbox

PAGES = "assets(first: 500) { totalCount complete nodes { id name } }"
QUERY = f"{{ licences(first: 20) {{ nodes {{ id {PAGES} }} }} }}"

Rows = list[dict[str, Any]]


def halo(company: Company, rows: Rows | int, **beside: int) -> Mapping[str, Handler]:
    """Halo with other pairs, or a status in their place."""
    handler = served(create_apps(company)["halo"])

    async def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/DeviceLicence"):
            response = handler(request)
            return response if isinstance(response, httpx.Response) else await response
        if isinstance(rows, int):
            return httpx.Response(rows)
        return httpx.Response(200, json={"devicelicences": rows, **beside})

    return {"halo": answer}


async def by_licence(company: Company) -> list[Any]:
    """Each licence with its assets, a list for each."""
    async with sandbox(company, only=("halo",), handlers=halo(company, [])) as gateway:
        data, lines = await gateway.measure(QUERY)
    assert lines.count("halo /DeviceLicence") == 1
    licences: list[Any] = data["licences"]["nodes"]
    assert lines.count("halo /Asset") >= len(licences) > 3
    return licences


async def test_assets_of_many_licences_are_one_call_for_the_pairs_and_the_assets_by_id(
    company: Company,
) -> None:
    expected = await by_licence(company)
    async with sandbox(company, only=("halo",)) as gateway:
        data, lines = await gateway.measure(QUERY)
        assert not [call for call in gateway.calls if "licence_id" in call.params]
    assert data["licences"]["nodes"] == expected
    assert sum(licence["assets"]["totalCount"] for licence in expected) > 50
    assets = {asset["id"] for licence in expected for asset in licence["assets"]["nodes"]}
    assert sorted(lines) == sorted(
        ["halo /SoftwareLicence", "halo /DeviceLicence", *["halo /Asset"] * -(-len(assets) // 50)]
    )


async def test_up_to_three_licences_cost_what_they_did(company: Company) -> None:
    async with sandbox(company, only=("halo",)) as gateway:
        data, lines = await gateway.measure(
            "{ licences(first: 3) { nodes { assets(first: 5) { nodes { id } } } } }"
        )
    assert sorted(lines) == ["halo /Asset"] * len(data["licences"]["nodes"]) + ["halo /SoftwareLicence"]


async def test_pages_go_on_where_the_pairs_gave_the_first(company: Company) -> None:
    page = "assets(first: 4, after: %s) { nodes { id } pageInfo { endCursor hasNextPage } }"
    async with sandbox(company, only=("halo",)) as gateway:
        whole = (await gateway.ask(QUERY)).whole["licences"]["nodes"]
        many = (await gateway.ask(f"{{ licences(first: 20) {{ nodes {{ id {page % 'null'} }} }} }}")).whole
        licence = many["licences"]["nodes"][0]
        ids = [asset["id"] for asset in licence["assets"]["nodes"]]
        while licence["assets"]["pageInfo"]["hasNextPage"]:
            after = f'"{licence["assets"]["pageInfo"]["endCursor"]}"'
            licence = (
                await gateway.ask(f'{{ licence(id: "{licence["id"]}") {{ id {page % after} }} }}')
            ).whole["licence"]
            ids += [asset["id"] for asset in licence["assets"]["nodes"]]
    assert ids == [asset["id"] for asset in whole[0]["assets"]["nodes"]]
    assert len(ids) > 4


@pytest.mark.parametrize(
    "rows",
    [
        404,
        500,
        [{"id": 1, "a": 2, "b": 3}],
        [{"id": 1, "did": 2, "licence_id": 0}],
        [{"id": 1, "did": 1903, "licence_id": 9999999}],
        [{"id": 1 + number, "did": 1903 + number, "licence_id": 41} for number in range(50)],
    ],
    ids=["not there", "failing", "unknown columns", "no licence", "of no licence here", "perhaps cut off"],
)
async def test_pairs_that_cannot_be_understood_are_not_used(company: Company, rows: Rows | int) -> None:
    expected = await by_licence(company)
    async with sandbox(company, only=("halo",), handlers=halo(company, rows)) as gateway:
        data, lines = await gateway.measure(QUERY)
    assert data["licences"]["nodes"] == expected
    assert lines.count("halo /Asset") >= len(expected)


async def test_pairs_of_assets_that_are_gone_are_none(company: Company) -> None:
    expected = await by_licence(company)
    first = expected[0]
    licence = int(first["id"].rpartition(":")[2])
    assets = [int(asset["id"].rpartition(":")[2]) for asset in first["assets"]["nodes"][:2]]
    rows = [
        {"id": 1, "did": assets[1], "licence_id": licence},
        {"id": 2, "did": 99999999, "licence_id": licence},
        {"id": 3, "did": assets[0], "licence_id": licence},
    ]
    async with sandbox(company, only=("halo",), handlers=halo(company, rows, record_count=3)) as gateway:
        (page, *others) = [node["assets"] for node in (await gateway.ask(QUERY)).whole["licences"]["nodes"]]
    assert page["complete"]
    assert [asset["id"] for asset in page["nodes"]] == [asset["id"] for asset in first["assets"]["nodes"][:2]]
    assert {other["totalCount"] for other in others} == {0}
