"""
The floor: the same bytes passed through, and nothing done with them.

python floor.py PORT UPSTREAM. A bare ASGI application on uvicorn and uvloop reads the vendors' answers, all of them for
each request, and sends an answer of the usual size, which it has made once. It reads with a bare protocol of httptools
and uvloop, with none of the gateway's checks: less is not to be had. What a gateway in Python uses beyond that is its
own work.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httptools
import uvicorn
import uvloop

#: Paths below a vendor's account, whose number comes in the header X-Account.
_Q1 = ("fiwit_%s/assets",)
PATHS: Mapping[str, tuple[str, ...]] = {
    "Q1": _Q1,
    "Q2": (*_Q1, "fiwit_%s/locations", "fiwit_%s/users"),
    "Q3": (
        "few_%s/assets",
        "tether_%s/assets",
        "revnue_%s/asset/",
        "halo_%s/Asset",
        "s3s_%s/assets/checklists",
    ),
    "Q4": ("fiwit_%s/assets/1007",),
    "Q5": ("many_%s/assets",),
    "Q6": _Q1,
}
_COLUMNS = {"Q2": ("id", "name"), "Q3": ("id", "name", "status", "created_at", "serial", "warranty_end")}
_TEN = (
    "id",
    "name",
    "user_id",
    "team_id",
    "asset_type_id",
    "assigned_id",
    "location_id",
    "ip_address",
    "created_at",
    "updated_at",
)


def answer(shape: str, told: list[Any]) -> bytes:
    """An answer of about the size that the peers' have."""
    lists: list[Any] = [one if isinstance(one, list) or shape == "Q4" else _rows(one) for one in told]
    if shape == "Q4":
        data: Any = {"asset": {key: lists[0][key] for key in _TEN}}
    elif shape == "Q2":
        places, people = ({row["id"]: row for row in one} for one in lists[1:])
        rows = [
            {
                **{key: row[key] for key in _COLUMNS["Q2"]},
                "location": {key: places[row["location_id"]][key] for key in ("id", "name", "location")},
                "assigned": {key: people[row["assigned_id"]][key] for key in ("id", "first_name", "email")},
            }
            for row in lists[0]
        ]
        data = {"assets": rows}
    else:
        keys = _COLUMNS.get(shape, _TEN)
        rows = [{key: row.get(key) for key in keys} for one in lists for row in one]
        if shape == "Q5":
            values = "custom_field_values"
            for row, whole in zip(rows, lists[0], strict=True):
                row[values] = [
                    {key: one[key] for key in ("custom_field_id", "value")} for one in whole[values]
                ]
        data = {"assets": rows}
    return json.dumps({"data": data}, separators=(",", ":")).encode()


def _rows(envelope: Mapping[str, Any]) -> list[Any]:
    rows: list[Any] = next(found for found in envelope.values() if isinstance(found, list))
    return rows


class Reader(asyncio.Protocol):
    """Reads one answer after the other over a connection, and believes every word."""

    def connection_made(self, transport: Any) -> None:
        """Called by the loop."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self._parser.feed_data(data)

    def on_body(self, piece: bytes) -> None:
        """Called by the parser."""
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self._told.set_result(b"".join(self._pieces))

    async def read(self, head: bytes) -> bytes:
        """The body of the answer."""
        self._pieces: list[bytes] = []
        self._told: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._transport.write(head)
        return await self._told


async def main(port: int, upstream: str) -> None:
    """Serve until the end."""
    there = urlsplit(upstream)
    idle: list[Reader] = []

    async def read(path: str, account: str) -> bytes:
        loop = asyncio.get_running_loop()
        reader = (
            idle.pop()
            if idle
            else (await loop.create_connection(Reader, there.hostname or "", there.port or 80))[1]
        )
        address = f"{there.path}/{path % account}"
        asked = f"GET {address} HTTP/1.1\r\nHost: {there.netloc}\r\nAccept: application/json\r\n\r\n"
        told = await reader.read(asked.encode())
        idle.append(reader)
        return told

    made = {
        shape: answer(shape, [json.loads(await read(path, "0")) for path in paths])
        for shape, paths in PATHS.items()
    }

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = await receive()
        shape = json.loads(body["body"])["query"]
        if shape != "Q6":
            account = dict(scope["headers"])[b"x-account"].decode()
            await asyncio.gather(*(read(path, account) for path in PATHS[shape]))
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(made[shape]))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": made[shape]})

    config = uvicorn.Config(app, port=port, lifespan="off", access_log=False, log_level="warning")
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2]))
