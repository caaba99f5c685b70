"""Audit of refused writes: who has tried what, in one line, and no vendor has heard of it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox import make_company
from gateway.testing.harness import Gateway
from tests.support.gateway import sandbox
from tests.support.roles import ask_as, get_as, roles_file

ROLES = """
[roles.all]
sources = ["*"]
read = ["*"]
write = ["*"]
explore = true
[roles.clerk]
sources = ["tether"]
read = ["Asset", "Location"]
write = ["asset.update"]
hide = ["Asset.purchaseCost"]
"""
SECRET = "Un-told-value"
DELETE = "mutation ($input: DeleteInput!) { deleteAsset(input: $input) { deletedId } }"
UPDATE = "mutation ($input: UpdateAssetInput!) { updateAsset(input: $input) { userErrors { code } asset { name } } }"


def opened(folder: Path) -> Gateway:
    config = roles_file(folder, ROLES, ("all", "all"), ("clerk", "clerk"))
    environ = {"GATEWAY_AUDIT__FILE": str(folder / "audit.log")}
    return sandbox(make_company(seed=3, assets=20), only=("tether",), config=config, environ=environ)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with opened(tmp_path) as entered:
        yield entered


def lines(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "audit.log").read_text()
    assert SECRET not in text
    written = [json.loads(line) for line in text.splitlines()]
    assert [line["sequence"] for line in written] == list(range(1, len(written) + 1))
    return written


@pytest.mark.parametrize(
    ("query", "values", "line"),
    [
        (DELETE, {}, ("asset.delete", "1", [], "refused", ["FORBIDDEN"])),
        (UPDATE, {"purchaseCost": "5"}, ("asset.update", "1", ["purchaseCost"], "refused", ["FORBIDDEN"])),
        (UPDATE, {"idempotencyKey": ""}, ("asset.update", "1", [], "refused", ["INVALID"])),
        (
            UPDATE.replace("asset { name }", "asset { purchaseCost }"),
            {"name": SECRET, "idempotencyKey": SECRET},
            ("asset.update", "1", ["name"], "refused", ["FORBIDDEN"]),
        ),
        (
            UPDATE.replace(
                "asset { name }",
                "asset { location { assets(filter: {purchaseCost: {gt: 1}}) { totalCount } } }",
            ),
            {"name": SECRET},
            ("asset.update", "1", ["name"], "refused", ["FORBIDDEN"]),
        ),
    ],
)
async def test_a_refused_write_has_one_line(
    gateway: Gateway, tmp_path: Path, *, query: str, values: dict[str, str], line: tuple[Any, ...]
) -> None:
    await ask_as(gateway, "clerk", query, input={"id": "tether:Asset:1", **values})
    (written,) = lines(tmp_path)
    names = ("mutation", "native_id", "fields", "outcome", "codes")
    assert tuple(written[name] for name in names) == line
    assert (written["event"], written["caller"], written["source"]) == ("refused", "clerk", "tether")
    assert gateway.upstreams.lines() == []


async def test_who_lacks_rights_is_counted(gateway: Gateway) -> None:
    await ask_as(gateway, "clerk", DELETE, input={"id": "tether:Asset:1"})
    await ask_as(gateway, "clerk", "{ assets { nodes { purchaseCost } } }")
    text = (await get_as(gateway, "all", "/metrics")).text
    assert 'gateway_caller_errors_total{caller="clerk",code="FORBIDDEN"} 2.0' in text


async def test_numbers_go_on_over_reloads_and_restarts(tmp_path: Path) -> None:
    async def write(gateway: Gateway) -> None:
        await ask_as(gateway, "clerk", DELETE, input={"id": "tether:Asset:1"})

    async with opened(tmp_path) as old:
        await write(old)
        async with opened(tmp_path) as new:  # a reload: the old application still ends its requests
            await write(new)
            await write(old)
            await write(new)
    async with opened(tmp_path) as restarted:
        await write(restarted)
    assert len(lines(tmp_path)) == 5
