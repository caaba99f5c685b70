"""`/tables` as a page for people: no script, every text escaped. A click on an example selects it whole."""

import base64
import hashlib
import html
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

_STYLE = Path(__file__).with_name("page.css").read_text("utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_ONLY_STYLE = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'"
CONTENT_SECURITY_POLICY = f"{_ONLY_STYLE}; form-action 'none'; frame-ancestors 'none'"

_EXAMPLES = {
    "DuckDB": "SELECT * FROM '{base}/tables/{name}.parquet';",
    "pandas": 'import pandas\nrows = pandas.read_parquet("{base}/tables/{name}.parquet")',
    "polars": 'import polars\nrows = polars.read_parquet("{base}/tables/{name}.parquet")',
    "Excel, Power BI (M)": (
        'Table.PromoteHeaders(Csv.Document(Web.Contents("{base}/tables/{name}.csv"), [Encoding = 65001]))'
    ),
    "R": (
        'download.file("{base}/tables/{name}.parquet", "{name}.parquet", mode = "wb")\n'
        'rows <- arrow::read_parquet("{name}.parquet")'
    ),
}
_DOWNLOADS = {
    "asset-gateway.pbids": "Power BI Desktop: open it, and be connected",
    "datapackage.json": "Frictionless data package: fields, keys, foreign keys",
    "sources.yml": "sources for dbt-duckdb",
}
_WIDTH, _HEIGHT = 900, 560
_RELOAD_SECONDS = 3


def tables_page(
    described: Sequence[Mapping[str, Any]], base: str, *, root: str, progress: str, reloads: bool = False
) -> str:
    """
    The page of the tables, as `/tables` describes them in JSON. `base` is the gateway's full address for examples,
    `root` the one for links on this page. A page that `reloads` shows more tables as they are filled.
    """
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Tables</title>",
        f"<meta http-equiv=refresh content={_RELOAD_SECONDS}>" if reloads else "",
        f"<style>{_STYLE}</style><h1>Tables</h1>",
        f"<p>{_text(progress)}</p>" if progress else "",
        _overview(described),
        "<h2>Connect</h2><ul>",
        *(
            f'<li><a href="{_text(root)}/tables/{name}" download>{name}</a>: {_text(about)}'
            for name, about in _DOWNLOADS.items()
        ),
        "</ul><h2>How they join</h2>",
        _picture([table for table in described if "historyOf" not in table]),
        "<h2>Columns</h2>",
        *(_details(table, base) for table in described),
    ]
    return "".join(parts)


def _overview(described: Iterable[Mapping[str, Any]]) -> str:
    rows = [
        f'<tr><td><a href="#{_text(table["name"])}">{_text(table["name"])}</a>'
        f"<td>{_text(table['description'])}"
        f"<td class=number>{_number(table['rows'])}<td class=number>{_age(table['ageSeconds'])}"
        f"<td>{_states(table['sources'])}<td>{_links(table['links'])}"
        for table in described
    ]
    head = "<tr><th>table<th>meaning<th>rows<th>age<th>sources<th>files"
    return f"<table>{head}{''.join(rows)}</table>"


def _details(table: Mapping[str, Any], base: str) -> str:
    rows = [
        f"<tr><td>{_text(column['name'])}<td>{_text(column['type'])}<td>{_text(column['description'])}"
        f"<td>{_text(column['references'] or '')}<td>{_text(', '.join(column['notReadFrom']))}"
        for column in table["columns"]
    ]
    examples = [
        f"<p>{_text(tool)}<pre>{_text(example.format(base=base, name=table['name']))}</pre>"
        for tool, example in _EXAMPLES.items()
    ]
    head = "<tr><th>column<th>type<th>meaning<th>references<th>not read from"
    return (
        f'<details id="{_text(table["name"])}"><summary>{_text(table["name"])}</summary>'
        f"<table>{head}{''.join(rows)}</table>{''.join(examples)}</details>"
    )


def _picture(described: Sequence[Mapping[str, Any]]) -> str:
    """The tables on an ellipse, and a line for each link between two of them."""
    points = {
        table["name"]: (
            _WIDTH / 2 + (_WIDTH / 2 - 110) * math.cos(turn),
            _HEIGHT / 2 + (_HEIGHT / 2 - 30) * math.sin(turn),
        )
        for number, table in enumerate(described)
        for turn in [2 * math.pi * number / len(described)]
    }
    pairs = {
        (table["name"], column["references"])
        for table in described
        for column in table["columns"]
        if column["references"] in points
    }
    lines = [
        f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}"/>'
        for start, end in sorted(pairs)
        for (x1, y1), (x2, y2) in [(points[start], points[end])]
    ]
    texts = [
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle">{_text(name)}</text>'
        for name, (x, y) in points.items()
    ]
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Links between the tables">'
        f"{''.join(lines)}{''.join(texts)}</svg>"
    )


def _states(sources: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(
        f'<span class="state-{_text(part["state"])}">{_text(part["source"])}'
        f"{'' if part['state'] == 'whole' else ' ' + _text(part['state'])}</span>"
        for part in sources
    )


def _links(links: Mapping[str, str]) -> str:
    return " ".join(f'<a href="{_text(url)}">{_text(ending)}</a>' for ending, url in links.items())


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _age(seconds: int | None) -> str:
    """
    An age for people.

    >>> _age(None), _age(59), _age(3 * 3600 + 120)
    ('', '59 s', '3 h 2 min')
    """
    if seconds is None:
        return ""
    minutes = seconds // 60
    if minutes < 1:
        return f"{seconds} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _text(text: object) -> str:
    return html.escape(str(text))
