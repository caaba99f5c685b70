"""Real pages in Chromium, on another port than the gateway: what the browser lets them read."""

import http.server
import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gateway.settings import CorsSettings
from tests.support.chromium import CHROMIUM

SECONDS = 60
PAGE = """<!doctype html><title>A front end</title><pre id="seen"></pre><script>
async function attempt(path, options) {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, options);
    return {status: answer.status, id: answer.headers.get("x-request-id"), text: await answer.text()};
  } catch (error) {
    return {blocked: String(error)};
  }
}
const port = location.hash.slice(1);
const body = JSON.stringify({query: "{ hello }"});
const apollo = {"content-type": "application/json", authorization: "Bearer key", "x-apollo-operation-name": "Q"};
(async () => {
  const blind = `http://127.0.0.1:${port}/graphql?query=%7Bhello%7D`;
  const seen = {
    posted: await attempt("/graphql", {method: "POST", headers: apollo, body}),
    without_key: await attempt("/graphql", {method: "POST", headers: {"content-type": "application/json"}, body}),
    got: await attempt("/graphql?query=%7Bhello%7D", {headers: {"x-api-key": "key"}}),
    schema: await attempt("/graphql/schema", {headers: {authorization: "Bearer key"}}),
    blind: await fetch(blind, {mode: "no-cors"}).then((answer) => answer.type, String),
  };
  document.getElementById("seen").textContent = JSON.stringify(seen);
})();
</script>"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@contextmanager
def front_end() -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def seen_by_a_page(port: int, profile: Any) -> dict[str, Any]:
    """What the page has read from the gateway on this port."""
    with front_end() as page_port:
        command = [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
            "--virtual-time-budget=10000", "--dump-dom", f"http://localhost:{page_port}/#{port}",
        ]  # fmt: skip
        dom = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True).stdout
    match = re.search(r'<pre id="seen">(.*?)</pre>', dom, re.DOTALL)
    assert match is not None, dom
    seen: dict[str, Any] = json.loads(
        match[1].replace("&amp;", "&").replace("&gt;", ">").replace("&lt;", "<")
    )
    return seen


def test_a_page_of_an_allowed_origin_reads_data_errors_and_headers(
    make_app: Any, served: Callable[..., Any], tmp_path: Any
) -> None:
    app = make_app(keys=("key",), cors=CorsSettings(("http://localhost:*",)))
    with served(app) as port:
        seen = seen_by_a_page(port, tmp_path)
    for name in ("posted", "got"):
        assert (seen[name]["status"], json.loads(seen[name]["text"])) == (
            200,
            {"data": {"hello": "hello world"}},
        )
        assert seen[name]["id"]
    assert seen["without_key"]["status"] == 401
    assert "UNAUTHENTICATED" in seen["without_key"]["text"]
    assert "type Query" in seen["schema"]["text"]


def test_a_page_of_another_origin_reads_nothing_and_runs_nothing(
    make_app: Any, served: Callable[..., Any], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.engine.engine import Engine

    prepared: list[object] = []
    monkeypatch.setattr(Engine, "prepare", lambda _, request: prepared.append(request))
    with served(make_app(cors=CorsSettings(("https://it.example",)))) as port:
        seen = seen_by_a_page(port, tmp_path)
    assert all("blocked" in seen[name] for name in ("posted", "without_key", "got", "schema"))
    assert prepared == []
