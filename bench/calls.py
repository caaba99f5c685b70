"""
Python calls of a request: a measure of its cost that no other process disturbs, for one change beside another.

    python bench/calls.py [--shapes Q1,Q3] [--functions 20]

The gateway serves in this process, over sockets; the vendors and the caller are threads of their own, which
`sys.setprofile` does not see. A resumed coroutine counts as a call, C functions do not. `--functions` prints the
functions that were called most.
"""

import argparse
import asyncio
import http.client
import json
import socket
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any

import uvloop

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench import vendors
from bench.gateways import OURS, our_settings, our_variables
from gateway.app import create_app, read_settings
from gateway.edge.serving.reloading import ReloadableApp
from gateway.edge.serving.serve import server

_ACCOUNTS = 2
_WARM_UP, _REQUESTS, _ROUNDS = 32, 8, 5
_LARGE_WARM_UP, _LARGE_REQUESTS = 2, 2

#: Calls of one request, by function.
Calls = Mapping[str, float]


def count_calls(shapes: Sequence[str]) -> Mapping[str, Calls]:
    """Calls of one request of each shape: the least of some rounds."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_count_calls(shapes))


async def _count_calls(shapes: Sequence[str]) -> Mapping[str, Calls]:
    calls: dict[str, Calls] = {}
    with _static_vendors() as upstream:
        for cached in (False, True):
            async with _served(upstream, cached=cached) as port:
                for shape in shapes:
                    if (shape == "Q6") is cached:
                        calls[shape] = await _least(port, shape)
    return calls


async def _least(port: int, shape: str) -> Calls:
    is_large = shape == "Q5"
    warm_up, requests = (_LARGE_WARM_UP, _LARGE_REQUESTS) if is_large else (_WARM_UP, _REQUESTS)
    await asyncio.to_thread(_ask, port, shape, warm_up)
    rounds = []
    for _ in range(_ROUNDS):
        with _profiled() as counter:
            await asyncio.to_thread(_ask, port, shape, requests)
        rounds.append(counter)
    least = min(rounds, key=Counter.total)
    return {function: count / requests for function, count in least.items()}


def _ask(port: int, shape: str, times: int) -> None:
    """Asks in a row over one connection, the accounts in turns. Raises RuntimeError for a wrong answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for number in range(times):
        query = {"query": OURS[shape], "variables": our_variables(shape, number % _ACCOUNTS)}
        connection.request("POST", "/graphql", json.dumps(query), {"content-type": "application/json"})
        body = connection.getresponse().read()
        if b'"errors"' in body[-2000:] or b'"errors"' in body[:100]:
            raise RuntimeError(body[:500].decode())
    connection.close()


@contextmanager
def _profiled() -> Iterator[Counter[str]]:
    """The calls of this thread by function, until the block ends."""
    counter: Counter[str] = Counter()

    def on_event(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            code = frame.f_code
            counter[f"{'/'.join(Path(code.co_filename).parts[-3:])}:{code.co_name}"] += 1

    sys.setprofile(on_event)
    try:
        yield counter
    finally:
        sys.setprofile(None)


@asynccontextmanager
async def _served(upstream: str, *, cached: bool) -> AsyncIterator[int]:
    """The port of the gateway, which runs in this loop."""
    settings = read_settings(None, our_settings(upstream, cached=cached, accounts=_ACCOUNTS))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = ReloadableApp(create_app(settings), lambda: create_app(settings))
        running = server(lambda: app, settings.log)
        task = asyncio.create_task(running.serve(sockets=[listener]))
        while not running.started:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            running.should_exit = True
            await task


@contextmanager
def _static_vendors() -> Iterator[str]:
    """The URL of the vendors, served by threads."""
    documents = {f"/{path}": document for path, document in vendors.documents()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one write

        def do_GET(self) -> None:
            _, account, path = self.path.partition("?")[0].split("/", 2)
            document = documents.get(f"/{account.rpartition('_')[0]}/{path}")
            self._send(document or b"{}", status=404 if document is None else 200)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self._send(vendors.TOKEN.encode())

        def _send(self, body: bytes, *, status: int = 200) -> None:
            self.send_response_only(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as static:
        threading.Thread(target=static.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{static.server_address[1]}"
        finally:
            static.shutdown()


def main() -> None:
    """Count, and print."""
    parser = argparse.ArgumentParser(description="Python calls of a request.")
    parser.add_argument("--shapes", default=",".join(OURS))
    parser.add_argument("--functions", type=int, default=0, help="so many of those that are called most")
    args = parser.parse_args()
    for shape, calls in count_calls(args.shapes.split(",")).items():
        print(f"{shape} {sum(calls.values()):.1f}")
        for function, count in sorted(calls.items(), key=lambda item: -item[1])[: args.functions]:
            print(f"{count:10.1f} {function}")


if __name__ == "__main__":
    main()
