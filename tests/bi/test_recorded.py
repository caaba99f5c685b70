"""Requests as BI tools send them, one after another, with their headers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from gateway.sandbox import Company
from tests.support.gateway import Gateway, sandbox

FOLDER = Path(__file__).parent
KEY = {"GATEWAY_AUTH__API_KEYS": "key-of-tests"}
JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Recording:
    headers: dict[str, str]
    addresses: list[str]


def recorded(name: str) -> Recording:
    head, _, requests = (FOLDER / f"{name}.http").read_text("utf-8").partition("\n\n")
    lines = [line for line in head.splitlines() if not line.startswith("#")]
    return Recording(
        headers=dict(line.split(": ", 1) for line in lines),
        addresses=[line.removeprefix("GET ") for line in requests.splitlines()],
    )


def checked(answers: Iterator[httpx.Response]) -> None:
    for answer in answers:
        path = answer.request.url.path
        assert answer.status_code == 200, answer.text
        assert answer.headers.get_list("odata-version") == ["4.0"]
        assert "dataserviceversion" not in answer.headers
        assert "preference-applied" not in answer.headers
        expected = {"$metadata": "application/xml;charset=utf-8", "$count": "text/plain;charset=utf-8"}
        assert answer.headers["content-type"] == expected.get(path.rpartition("/")[2], JSON)


async def replayed(gateway: Gateway, recording: Recording) -> list[httpx.Response]:
    return [await gateway._client.get(address, headers=recording.headers) for address in recording.addresses]


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.http")))
async def test_a_tool_gets_answers_that_it_can_read(company: Company, name: str) -> None:
    recording = recorded(name)
    environ = KEY if "Authorization" in recording.headers else {}
    async with sandbox(company, environ=environ) as gateway:
        if environ:
            refused = await gateway.get(recording.addresses[0])
            assert refused.status_code == 401
            assert any(value.startswith("Basic ") for value in refused.headers.get_list("www-authenticate"))
        answers = await replayed(gateway, recording)
    checked(iter(answers))


async def test_power_query_sees_every_property_and_moments_with_z(company: Company) -> None:
    recording = recorded("power_query")
    async with sandbox(company) as gateway:
        answers = dict(zip(recording.addresses, await replayed(gateway, recording), strict=True))
    preview = answers["/odata/assets?$top=1000"].json()
    assert preview["@odata.context"] == "http://localhost/odata/$metadata#assets"
    assert len(preview["value"]) == int(answers["/odata/assets/$count"].text)
    names = set(preview["value"][0])
    assert all(set(row) == names for row in preview["value"])
    moments = [row["row_changed_at"] for row in preview["value"]]
    assert all(moment.endswith("Z") for moment in moments)
    window = next(address for address in recording.addresses if "2099" in address)
    assert answers[window].json()["value"] == preview["value"]
    in_use = next(address for address in recording.addresses if "$count?$filter" in address)
    assert int(answers[in_use].text) == sum(row["status"] == "IN_USE" for row in preview["value"])
    others = next(address for address in recording.addresses if "not%20(" in address)
    assert [row["id"] for row in answers[others].json()["value"]] == [
        row["id"] for row in preview["value"] if row["status"] != "IN_USE"
    ]
    assert answers["/odata/assets?$top=1000"].headers["content-encoding"] == "gzip"
    by_skip = answers["/odata/assets?$skip=10&$top=10"].json()
    assert by_skip["value"] == preview["value"][10:20]
    assert "@odata.nextLink" not in by_skip
