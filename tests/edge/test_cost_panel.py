"""GraphiQL's panel "Cost" in Chromium: it follows the editor, and fits on a desk's screen and on a telephone's."""

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox import make_company
from tests.support.chromium import CHROMIUM, ChromiumPage, opened_page
from tests.support.gateway import sandbox

QUERY = "{ assets(first: 5) { nodes { name location { name country } } } }"
OTHER = "query ($n: Int = 4) { licences(first: $n) { nodes { assets { nodes { name } } } } }"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


def edit(page: ChromiumPage, query: str) -> None:
    page.run(f"document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.setValue({query!r})")


def panel(page: ChromiumPage, text: str) -> str:
    """The panel's text once it has this one in it."""
    shown = "document.querySelector('.cost-panel')?.innerText"
    return str(page.until(f"{shown}?.includes({text!r}) && {shown}"))


def overflow(page: ChromiumPage) -> Any:
    """What of the panel is wider than the panel, or lies outside the window."""
    return page.run("""(() => {
      const panel = document.querySelector(".cost-panel");
      const { left, right } = panel.getBoundingClientRect();
      const wide = [...panel.querySelectorAll("*")].filter((part) => part.getBoundingClientRect().right > right + 1);
      return [
        ...wide.map((part) => part.tagName + ": " + part.textContent),
        ...(left < 0 || right > innerWidth ? [`panel from ${left} to ${right} of ${innerWidth}`] : []),
      ];
    })()""")


def picture(page: ChromiumPage, name: str) -> None:
    """Leave a picture in the folder that SCREENSHOTS names."""
    if folder := os.environ.get("SCREENSHOTS"):
        data = page.send("Page.captureScreenshot", format="png")["data"]
        (Path(folder) / f"{name}.png").write_bytes(base64.b64decode(data))


async def test_the_panel_follows_the_editor(served: Callable[..., Any], tmp_path: Path) -> None:
    gateway = sandbox(make_company(assets=4), environ={"GATEWAY_IDE": "true"})
    with served(gateway.app) as port, opened_page(f"http://localhost:{port}/graphql", tmp_path) as page:
        page.resize(1280, 800)
        page.until("document.querySelector('.graphiql-query-editor .CodeMirror')?.CodeMirror !== undefined")
        edit(page, QUERY)
        page.run("document.querySelector('[aria-label*=\"Cost\"]').click()")
        text = panel(page, "assets.nodes.location")
        assert "GET /Site/{id}" in text
        assert "tether\nat most 1 GET /locations" in text
        page.run("document.querySelectorAll('.cost-panel summary').forEach((summary) => summary.click())")
        assert "pageinate=true" in panel(page, "pageinate=true")
        assert overflow(page) == []
        picture(page, "cost-1280")
        page.resize(420, 900)
        assert overflow(page) == []
        picture(page, "cost-420")
        page.resize(1280, 800)
        edit(page, OTHER)
        assert "GET /DeviceLicence" in panel(page, "licences.nodes.assets")
        edit(page, "{ nobody }")
        assert "On an empty cache" not in panel(page, "Cannot query field")
        assert page.faults == []
    assert gateway.calls == []
