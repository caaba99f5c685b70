"""Chromium without a window, driven by the Chrome DevTools Protocol."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

CHROMIUM = next(
    filter(None, map(shutil.which, filter(None, [os.environ.get("CHROMIUM"), "chromium", "google-chrome"]))),
    None,
)
_SECONDS = 20


class ChromiumPage:
    """A page: errors of its scripts, and what it logs as one, are in `faults`."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self.faults: list[str] = []

    def send(self, method: str, **params: Any) -> Any:
        """The result of a command of the protocol."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(_SECONDS))
            if message.get("method") == "Runtime.exceptionThrown":
                self.faults.append(str(message["params"]["exceptionDetails"]))
            elif message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                self.faults.append(str(message["params"]["entry"]))
            if message.get("id") == self._number:
                return message["result"]

    def run(self, script: str) -> Any:
        """The value of a script's expression."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, script: str) -> Any:
        """The value of an expression once it is true."""
        ends_at = time.monotonic() + _SECONDS
        while not (value := self.run(script)):
            assert time.monotonic() < ends_at, (script, self.faults, self.run("document.body.innerText"))
            time.sleep(0.05)
        return value

    def resize(self, width: int, height: int) -> None:
        """Set the size of the window."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )


@contextmanager
def opened_page(url: str, profile: Path) -> Iterator[ChromiumPage]:
    """A page at a URL, of a browser of its own with this profile's folder."""
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
        f"--user-data-dir={profile}", "about:blank",
    ]  # fmt: skip
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        assert browser.stderr is not None
        lines = (line for line in browser.stderr if line.startswith("DevTools listening on "))
        address = next(lines).removeprefix("DevTools listening on ").strip()
        with connect(address, max_size=None) as socket:
            target = ChromiumPage(socket).send("Target.createTarget", url="about:blank")["targetId"]
        with connect(f"{address.partition('/devtools')[0]}/devtools/page/{target}", max_size=None) as socket:
            page = ChromiumPage(socket)
            for domain in ("Runtime", "Log", "Page"):
                page.send(f"{domain}.enable")
            page.send("Page.navigate", url=url)
            yield page
    finally:
        browser.terminate()
        browser.communicate(timeout=_SECONDS)
