"""Blank is missing: in values, orders, filters and tables, for every vendor; and so are dates that mean none."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.connector.description import convert
from gateway.connector.description.convert_columns import column_converter
from gateway.testing.upstreams import answered
from tests.support.samples import of_samples, sample

BLANK = ("", " ", "\t", "\u00a0", "\u200b", "\ufeff \u200d", "\u3000")
NULL_DATES = ("0001-01-01", "1900-01-01", "1899-12-30", "1970-01-01")

#: For each vendor the path of the assets, and the keys of a name, a free text, a day and a moment in a row.
KEYS: Mapping[str, tuple[str, str, str | None, str | None, str | None]] = {
    "fiwit": ("/assets", "name", None, None, "updated_at"),
    "halo": ("/Asset", "inventory_number", None, "warranty_end", None),
    "revnue": ("/asset/", "name", "asset_notes", "warranty_end_date", None),
    "s3s": ("/assets/checklists", "server_type", None, None, "updated_at"),
    "tether": ("/assets", "name", "notes", "purchase_date", None),
}
FIELDS = {"fiwit": "name", "halo": "assetTag", "revnue": "name", "s3s": "model", "tether": "name"}
ORDERS = {"name": "NAME", "assetTag": "ASSET_TAG", "model": "MODEL"}


def rows_of(vendor: str, *changes: Mapping[str, Any]) -> tuple[str, Any]:
    """The answer of a list with some rows, as a sample with changes."""
    path = KEYS[vendor][0]
    if vendor == "halo":
        row = sample("halo", "assets")["assets"][0] | {"key_field": "X"}
        rows = [row | {"id": number} | change for number, change in enumerate(changes, 1)]
        return path, {"record_count": len(rows), "assets": rows}
    row = sample("s3s", "checklist")["data"][0] if vendor == "s3s" else sample(vendor, "assets")[0]
    rows = [row | {"id": number} | change for number, change in enumerate(changes, 1)]
    return path, {"data": rows} if vendor == "s3s" else rows


@pytest.mark.parametrize("vendor", KEYS)
async def test_blank_text_is_null_and_other_text_is_trimmed_everywhere(vendor: str) -> None:
    key, field = KEYS[vendor][1], FIELDS[vendor]
    texts = [*BLANK, " b\u00a0", "\u200ba  a\n", "c"]
    path, body = rows_of(vendor, *({key: text} for text in texts))
    async with of_samples(vendor, but={path: answered(body)}) as gateway:
        page = (await gateway.ask(f"{{ assets {{ nodes {{ nativeId {field} }} }} }}")).whole["assets"]
        values = [node[field] for node in sorted(page["nodes"], key=lambda node: int(node["nativeId"]))]
        assert values == [None] * len(BLANK) + ["b", "a  a", "c"]
        for is_null, count in ((True, len(BLANK)), (False, 3)):
            filtered = (
                f"{{ assets(filter: {{{field}: {{isNull: {str(is_null).lower()}}}}}) {{ totalCount }} }}"
            )
            assert (await gateway.ask(filtered)).whole["assets"]["totalCount"] == count
        equal = f'{{ assets(filter: {{{field}: {{eq: "a  a"}}}}) {{ totalCount }} }}'
        if vendor != "halo":  # Halo finds an asset tag by itself
            assert (await gateway.ask(equal)).whole["assets"]["totalCount"] == 1
        for direction, first in (("ASC", ["a  a", "b", "c"]), ("DESC", ["c", "b", "a  a"])):
            order = f"[{{field: {ORDERS[field]}, direction: {direction}}}]"
            query = f"{{ assets(orderBy: {order}) {{ nodes {{ {field} }} }} }}"
            ordered = (await gateway.ask(query)).whole["assets"]["nodes"]
            assert [node[field] for node in ordered] == first + [None] * len(BLANK)
        table = await gateway.get(f"/tables/assets.ndjson?columns={ORDERS[field].lower()}")
        assert [line.count("null") for line in table.text.splitlines()].count(1) == len(BLANK)


@pytest.mark.parametrize("vendor", ["revnue", "tether"])
async def test_free_text_is_as_it_was_written(vendor: str) -> None:
    key = KEYS[vendor][2]
    assert key is not None
    texts = [" two\n  lines ", "", " "]
    path, body = rows_of(vendor, *({key: text} for text in texts))
    async with of_samples(vendor, but={path: answered(body)}) as gateway:
        nodes = (await gateway.ask("{ assets { nodes { nativeId notes } } }")).whole["assets"]["nodes"]
    assert [node["notes"] for node in sorted(nodes, key=lambda node: node["nativeId"])] == texts


@pytest.mark.parametrize(
    "written", ["{}", "{}T00:00:00", "{} 00:00:00", "{}T00:00:00.000", "{}T00:00:00Z", "{}T00:00:00+01:00"]
)
@pytest.mark.parametrize("vendor", KEYS)
async def test_dates_that_mean_none_are_null_for_every_vendor(vendor: str, written: str) -> None:
    _, _, _, day, moment = KEYS[vendor]
    changes: list[dict[str, Any]] = []
    for text in (*(written.format(date) for date in NULL_DATES), "1970-01-02T00:00:00Z"):
        if day is not None:
            changes.append({day: text})
        elif moment is not None:
            wall_time = {"date": text, "timezone_type": 3, "timezone": "UTC"}
            changes.append({moment: wall_time if vendor == "s3s" else text})
    path, body = rows_of(vendor, *changes)
    field = (
        "purchaseDate"
        if vendor == "tether"
        else "updatedAt"
        if day is None
        else "warranty { endDate status }"
    )
    async with of_samples(vendor, but={path: answered(body)}) as gateway:
        nodes = (await gateway.ask(f"{{ assets {{ nodes {{ nativeId {field} }} }} }}")).whole["assets"][
            "nodes"
        ]
    values = [
        (node.get("warranty") or {"endDate": node.get("purchaseDate") or node.get("updatedAt")})["endDate"]
        for node in sorted(nodes, key=lambda node: int(node["nativeId"]))
    ]
    assert values[:-1] == [None] * len(NULL_DATES)
    assert values[-1].startswith("1970-01-02")


async def test_a_blank_custom_value_gives_way_to_the_next_field_of_that_name() -> None:
    row = sample("fiwit", "assets")[0]
    values = [{"id": 1, "custom_field_id": 1, "value": " "}, {"id": 2, "custom_field_id": 2, "value": "S1"}]
    rows = [
        row | {"id": 1, "custom_field_values": values},
        row | {"id": 2, "custom_field_values": values[1:]},
    ]
    fields = [
        {
            "id": number,
            "name": "Serial",
            "type": "string",
            "default_value": None,
            "entity_type_type": "AssetType",
        }
        for number in (1, 2)
    ]
    but = {"/assets": answered(rows), "/asset_fields": answered(fields), "/asset_types": answered([])}
    async with of_samples("fiwit", but=but) as gateway:
        nodes = (await gateway.ask("{ assets { nodes { serialNumber } } }")).whole["assets"]["nodes"]
    assert [node["serialNumber"] for node in nodes] == ["S1", "S1"]


_TEXTS = st.one_of(
    st.none(),
    st.integers(),
    st.sampled_from(
        [*BLANK, "a", " a", "a\u00a0", "\u200ba", "a b", "é", "\u200bé ", "a\u200bb", True, {}, "\x00"]
    ),
    st.text(max_size=4),
)


@given(st.lists(_TEXTS, max_size=6))
def test_a_column_of_text_is_converted_as_each_of_its_values(column: list[Any]) -> None:
    for conversion in (convert.text, convert.free_text):
        assert column_converter(conversion)(list(column)) == list(map(conversion, column))


@given(st.text())
def test_trimmed_text_has_no_blanks_at_its_ends_and_the_same_inside(text: str) -> None:
    trimmed = convert.text(text)
    assert (trimmed is None) is convert.is_blank(text)
    if trimmed is not None:
        assert trimmed in text
        assert convert.text(trimmed) == trimmed == trimmed.strip()
