"""OData asked through the gateway's public door."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from tests.support.gateway import Gateway

#: What `quote` leaves as people write it.
PLAIN = "/$?=&(),:'@;*%+"


async def odata(gateway: Gateway, address: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """The answer to an address below `/odata`, of which blanks and letters beyond ASCII need no escape."""
    return await gateway._client.get(f"/odata/{quote(address, safe=PLAIN)}", headers=dict(headers or {}))


async def rows(gateway: Gateway, address: str, headers: Mapping[str, str] | None = None) -> list[Any]:
    """All rows of an address, page by page, with decimals as text."""
    answer = await odata(gateway, address, headers)
    collected: list[Any] = []
    while True:
        assert answer.status_code == 200, answer.text
        body = answer.json(parse_float=str)
        collected += body["value"]
        if "@odata.nextLink" not in body:
            return collected
        answer = await gateway._client.get(body["@odata.nextLink"], headers=dict(headers or {}))
