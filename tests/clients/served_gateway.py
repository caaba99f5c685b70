"""A gateway over its sandbox, in a process of its own, as clients reach it: by HTTP."""

import contextlib
import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

#: The command that is tested: `make test-clients` names it.
COMMAND = os.environ.get("CLIENTS_GATEWAY", "asset-gateway")
#: All columns of all records, in the tables and in one answer of GraphQL.
_SETTINGS = {"GATEWAY_TABLES__DETAILS": "true", "GATEWAY_LIMITS__UPSTREAM_CALLS": "2000"}
_START_SECONDS = 60
_QUERY_SECONDS = 30


@dataclass(frozen=True)
class ServedGateway:
    """The address of a gateway without a slash at its end, and what is asked of it without a client's library."""

    url: str

    def table(self, name: str) -> str:
        """The address of a table without its format."""
        return f"{self.url}/tables/{name}"

    def get(self, path: str) -> bytes:
        """The body of an answer. Raises HTTPError."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=_START_SECONDS) as answer:
            body: bytes = answer.read()
        return body

    def rows(self, path: str) -> list[dict[str, Any]]:
        """The rows of NDJSON."""
        return [json.loads(line, parse_float=Decimal) for line in self.get(path).splitlines()]

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"{self.url}/graphql", body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=_QUERY_SECONDS) as response:
            answer = json.loads(response.read(), parse_float=Decimal)
        assert "errors" not in answer, answer["errors"][:2]
        data: dict[str, Any] = answer["data"]
        return data


@contextlib.contextmanager
def served_gateway() -> Iterator[ServedGateway]:
    """The demo, with all tables filled."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    gateway = ServedGateway(f"http://127.0.0.1:{port}")
    environ = os.environ | _SETTINGS | {"GATEWAY_PUBLIC_URL": gateway.url}
    process = subprocess.Popen([COMMAND, "demo", "--port", str(port)], env=environ, stdout=subprocess.DEVNULL)
    try:
        _wait_until_filled(gateway, process)
        yield gateway
    finally:
        process.terminate()
        process.wait(timeout=_START_SECONDS)


def _wait_until_filled(gateway: ServedGateway, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            if all(table["rows"] is not None for table in json.loads(gateway.get("/tables"))["tables"]):
                return
        time.sleep(0.2)
    raise AssertionError("the tables are not filled")
