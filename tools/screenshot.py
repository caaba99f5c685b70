"""
Screenshot of GraphiQL over the demo, written to docs/images/graphiql.png: `make screenshot`.

Needs a Chromium or Chrome on the machine (Debian: `apt-get install chromium`); `CHROMIUM` names another one.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGE = Path(__file__).parents[1] / "docs" / "images" / "graphiql.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_SECONDS = 60
PAUSE_MS = 1000
EXAMPLE = "OneDevice"
SIZE = {"width": 1360, "height": 800}


def main() -> None:
    """Takes the screenshot, with an example of GraphiQL run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gateway", default="asset-gateway", help="the command that runs the demo")
    options = parser.parse_args()
    with demo(options.gateway) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        page.goto(f"{url}/graphql")
        page.get_by_role("tab", name=EXAMPLE).click()
        page.wait_for_timeout(PAUSE_MS)  # GraphiQL parses the tab's document a moment after it shows it
        page.get_by_role("button", name="Execute query").click()
        page.locator(".result-window", has_text='"data"').wait_for()
        page.wait_for_timeout(PAUSE_MS)  # the editor's colours come a moment after the text
        page.screenshot(path=IMAGE)
        browser.close()
    outside = [address for address in requested if not address.startswith((url, "data:", "blob:"))]
    if outside:
        sys.exit(f"GraphiQL loads from elsewhere: {', '.join(outside)}")
    print(f"{IMAGE}: {IMAGE.stat().st_size} bytes")


def browser_path() -> str:
    """Path of the browser to use."""
    candidates = (os.environ.get("CHROMIUM"), *BROWSERS)
    for candidate in candidates:
        if candidate and (path := shutil.which(candidate)):
            return path
    sys.exit("no Chromium on this machine: install one, or name it in CHROMIUM")


@contextmanager
def demo(command: str) -> Iterator[str]:
    """A running demo, as its URL; it is stopped at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    process = subprocess.Popen([command, "demo", "--port", str(port)], stdout=subprocess.DEVNULL)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}/readyz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS)


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Returns as soon as the URL answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    sys.exit("the demo does not start")


if __name__ == "__main__":
    main()
