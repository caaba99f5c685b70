"""GraphiQL's page: its settings, and that it loads files of its own origin only."""

import json
import re
from pathlib import Path

from gateway.edge.graphiql.page import STATIC, Tab, page, static_path

HOSTILE = 'query Q { a(b: "</script><script>alert(1)</script>") }'


def settings_of(html: str) -> dict[str, object]:
    match = re.search(r'<script id="settings" type="application/json">(.*?)</script>', html, re.DOTALL)
    assert match is not None
    settings: dict[str, object] = json.loads(match[1])
    return settings


def test_tabs_are_what_graphiql_takes() -> None:
    tab = Tab(
        title="First\nlook", query="\n{ a }\n", variables={"é": 1}, headers={"Authorization": "Bearer K"}
    )
    assert settings_of(page(endpoint="/graphql", tabs=[tab])) == {
        "endpoint": "/graphql",
        "tabs": [
            {
                "query": "# First\n# look\n{ a }\n",
                "variables": '{\n  "é": 1\n}',
                "headers": '{\n  "Authorization": "Bearer K"\n}',
            }
        ],
    }


def test_a_query_cannot_leave_its_script_element() -> None:
    html = page(endpoint="/graphql", tabs=[Tab(title="</script>", query=HOSTILE)])
    assert settings_of(html)["tabs"] == [{"query": f"# </script>\n{HOSTILE}\n"}]
    assert "alert(1)</script>" not in html


def test_everything_is_loaded_from_here_and_is_there() -> None:
    html = page(endpoint="/api/graphql", tabs=[])
    loaded = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert len(loaded) == 10
    for path in loaded:
        assert path.startswith("/api/graphql/ide/")
        assert (STATIC / path.removeprefix("/api/graphql/ide/")).is_file()


def test_scripts_and_handlers_never_stand_in_the_page() -> None:
    html = page(endpoint="/graphql", tabs=[])
    assert not re.search(r"<script>|<style|\son\w+=|\sstyle=", html)


def test_a_page_without_its_files_says_so(tmp_path: Path) -> None:
    (tmp_path / "react.js").touch()
    html = page(endpoint="/graphql", tabs=[], vendor=tmp_path)
    assert "GraphiQL is not built" in html
    assert "graphiql.js" in html
    assert "react.js" not in html
    assert "<script" not in html


def test_static_path_lies_under_the_endpoint() -> None:
    assert static_path("/graphql/") == "/graphql/ide"
