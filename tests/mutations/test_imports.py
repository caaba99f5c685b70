"""Files: sent as the GraphQL multipart request specification says, imported by the vendor or row by row."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from gateway.connector.writing.csv_import import MAX_ROWS
from gateway.sandbox import Company
from gateway.sandbox.vendors import tether as sandbox
from gateway.testing.upstreams import answered
from tests.mutations.cases import KINDS, rows
from tests.mutations.house import PAYLOAD, House
from tests.mutations.test_revnue import countries

Opened = Callable[..., House]
MUTATION = (
    "mutation($input: ImportAssetsInput!) { importAssets(input: $input) "
    f"{{ created updated rowErrors {{ row message }} {PAYLOAD} }} }}"
)
PREFLIGHT = {"Apollo-Require-Preflight": "yes"}


async def posted(
    house: House, fields: Mapping[str, str], files: Mapping[str, Any], headers: Mapping[str, str] = PREFLIGHT
) -> httpx.Response:
    return await house.client.post("/graphql", data=dict(fields), files=dict(files), headers=dict(headers))


async def sent(house: House, source: str, content: str | bytes, *, dry_run: bool = False) -> Any:
    """The payload of an import of a file."""
    operations = {
        "query": MUTATION,
        "variables": {"input": {"source": source, "file": None, "dryRun": dry_run}},
    }
    fields = {"operations": json.dumps(operations), "map": json.dumps({"f": ["variables.input.file"]})}
    got = await posted(house, fields, {"f": ("assets.csv", content, "text/csv")})
    assert got.status_code == 200, got.text
    return got.json()


async def done(house: House, source: str, content: str | bytes, *, dry_run: bool = False) -> dict[str, Any]:
    """The payload of an import without errors."""
    body = await sent(house, source, content, dry_run=dry_run)
    assert "errors" not in body, body
    payload: dict[str, Any] = body["data"]["importAssets"]
    return payload


async def test_tether_imports_by_itself(house: Opened) -> None:
    async with house("tether", served=True) as gateway:
        asset = (await gateway.assets())[0]
        content = f"asset_tag,name,status\nI-1,one,\n{asset['assetTag']},renamed,retired\nI-3,three,in use\n,none,\n"
        payload = await done(gateway, "tether", content)
        assert (payload["created"], payload["updated"], payload["userErrors"], payload["planned"]) == (
            1,
            1,
            [],
            None,
        )
        assert [error["row"] for error in payload["rowErrors"]] == [4, 5]
        assert "in use" in payload["rowErrors"][0]["message"]
        [(method, path, body)] = gateway.vendor.writes
        assert (method, path) == ("POST", "/api/assets/import/csv")
        assert gateway.vendor.sent[0].headers["content-type"].startswith("multipart/form-data")
        assert content.encode() in body
        assert b'name="file"' in body
        assert (await gateway.asset(asset["id"]))["name"] == "renamed"


async def test_a_dry_run_imports_nothing(house: Opened) -> None:
    async with house("tether") as gateway:
        payload = await done(gateway, "tether", "asset_tag,name\nI-1,one\n", dry_run=True)
        assert payload["planned"] == [
            {
                "method": "POST",
                "url": f"{gateway.vendor.url}/api/assets/import/csv",
                "body": {"file": "asset_tag,name\nI-1,one\n"},
            }
        ]
        assert gateway.vendor.writes == []


async def test_what_tether_refuses_as_a_whole(house: Opened, firm: Company) -> None:
    async with house("tether") as gateway:
        payload = await done(gateway, "tether", "tag,name\nI-1,one\n")
        assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("INVALID", ["file"])]
    async with house("tether", app=sandbox.create_app(firm, asset_limit=1)) as gateway:
        payload = await done(gateway, "tether", "asset_tag,name\nI-1,one\n")
        assert [error["code"] for error in payload["userErrors"]] == ["QUOTA_EXCEEDED"]
        assert payload["created"] == 0


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00", "", "asset_tag\n", 'asset_tag\n"open', "asset_tag\n" + "x\n" * (MAX_ROWS + 1)],
    ids=["not UTF-8", "empty", "no rows", "open quote", "too long"],
)
async def test_a_file_that_is_none_is_refused_unsent(house: Opened, content: str | bytes) -> None:
    async with house("tether") as gateway:
        payload = await done(gateway, "tether", content)
        assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("INVALID", ["file"])]
        assert gateway.vendor.writes == []


@pytest.mark.parametrize("failure", ["before", "after", "500"])
async def test_a_lost_answer_is_told(house: Opened, failure: str) -> None:
    async with house("tether") as gateway:
        before = await gateway.assets("id")
        gateway.vendor.lose = failure
        body = await sent(gateway, "tether", "asset_tag,name\nI-1,one\n")
        assert [error["extensions"]["code"] for error in body["errors"]] == ["OUTCOME_UNKNOWN"]
        assert body["data"]["importAssets"]["created"] == 0
        assert len(gateway.vendor.writes) == 1
        assert len(await gateway.assets("id")) - len(before) == (0 if failure == "before" else 1)


ROWS = {
    "fiwit": ("name,ip_address", ["F-1,10.0.0.1", "F-2,10.0.0.2"]),
    "halo": ("asset_tag,asset_type_id,location_id", ["H-1,14,{location}", "H-2,14,{location}"]),
    "revnue": ("name,notes", ["R-1,one", "R-2,two"]),
}
SENT: dict[str, tuple[str, Callable[[int, int], Any]]] = {
    "fiwit": ("/assets/", lambda number, _: {"name": f"F-{number}", "ip_address": f"10.0.0.{number}"}),
    "halo": (
        "/api/Asset",
        lambda number, location: [
            {"inventory_number": f"H-{number}", "assettype_id": 14, "site_id": location}
        ],
    ),
    "revnue": (
        "/api/v2/asset?company=1",
        lambda number, _: {"name": f"R-{number}", "asset_notes": ["", "one", "two"][number]},
    ),
}


async def file_of(gateway: House) -> tuple[str, int]:
    """A file of two new assets, and the number of a place in it."""
    answer = await gateway.ask("{ assets(first: 1) { nodes { location { id nativeId } } } }")
    location = answer.whole["assets"]["nodes"][0]["location"]
    header, lines = ROWS[gateway.name]
    text = "\n".join([header, *lines]).format(location=location["id"])
    return text, int(location["nativeId"]) if gateway.name == "halo" else 0


@pytest.mark.parametrize("source", ROWS)
async def test_each_row_is_a_request_of_its_own(house: Opened, source: str) -> None:
    async with house(source, served=True) as gateway:
        text, location_id = await file_of(gateway)
        before = await rows(gateway, KINDS[f"{source}.asset"])
        payload = await done(gateway, source, text)
        assert (payload["created"], payload["updated"], payload["rowErrors"]) == (2, 0, [])
        path, body = SENT[source]
        assert gateway.vendor.writes == [("POST", path, body(number, location_id)) for number in (1, 2)]
        after = await rows(gateway, KINDS[f"{source}.asset"])
        assert len(after) == len(before) + 2
        assert before == {key: row for key, row in after.items() if key in before}


@pytest.mark.parametrize("source", ROWS)
@pytest.mark.parametrize("failure", ["before", "after", "500"])
async def test_a_row_that_was_not_answered_ends_the_import(house: Opened, source: str, failure: str) -> None:
    async with house(source) as gateway:
        text, _ = await file_of(gateway)
        before = await rows(gateway, KINDS[f"{source}.asset"])
        gateway.vendor.lose = failure
        body = await sent(gateway, source, text)
        payload = body["data"]["importAssets"]
        assert [error["extensions"]["code"] for error in body["errors"]] == ["OUTCOME_UNKNOWN"]
        assert (payload["created"], payload["updated"]) == (0, 0)
        assert [error["row"] for error in payload["rowErrors"]] == [2, 3]
        assert "look before you repeat it" in payload["rowErrors"][0]["message"]
        assert "not done" in payload["rowErrors"][1]["message"]
        assert len(gateway.vendor.writes) == 1
        after = await rows(gateway, KINDS[f"{source}.asset"])
        assert len(after) - len(before) == (0 if failure == "before" else 1)


@pytest.mark.parametrize("source", ROWS)
async def test_rows_that_the_vendor_refuses_are_told_in_our_words(house: Opened, source: str) -> None:
    async with house(source) as gateway:
        text, _ = await file_of(gateway)
        gateway.vendor.answer = answered({"detail": "words of the vendor"}, status=400)
        payload = await done(gateway, source, text)
        assert (payload["created"], [error["row"] for error in payload["rowErrors"]]) == (0, [2, 3])
        assert all(f"{source} refuses" in error["message"] for error in payload["rowErrors"])
        assert len(gateway.vendor.writes) == 2


async def test_cells_are_read_as_what_they_stand_for(house: Opened) -> None:
    async with house("halo") as gateway:
        asset = (await gateway.assets())[0]
        lines = [
            f"{asset['id']},12.50,retired,2030-01-02",
            f"{asset['id']},cheap,,",
            f"{asset['id']},NaN,,",
            f"{asset['id']},1e99,,",
            f"{asset['id']},,gone,",
            f"{asset['id']},,,soon",
        ]
        text = "\n".join(["id,purchase_cost,status,warranty_end_date", *lines])
        payload = await done(gateway, "halo", text)
        assert (payload["updated"], [error["row"] for error in payload["rowErrors"]]) == (1, [3, 4, 5, 6, 7])
        after = await gateway.asset(asset["id"])
        assert (after["status"], after["purchaseCost"]) == ("RETIRED", "12.5")
        assert after["warranty"]["endDate"] == "2030-01-02"


async def test_a_row_that_is_only_warned_of_does_not_count(house: Opened) -> None:
    async with house("halo") as gateway:
        text, _ = await file_of(gateway)
        gateway.vendor.answer = answered({"id": 0, "_warning": "Too many"}, status=201)
        payload = await done(gateway, "halo", text)
        assert (payload["created"], [error["row"] for error in payload["rowErrors"]]) == (0, [2, 3])


async def test_who_cannot_import_says_so(house: Opened) -> None:
    async with house("s3s") as gateway:
        payload = await done(gateway, "s3s", "asset_tag\nx\n")
        assert [error["code"] for error in payload["userErrors"]] == ["NOT_SUPPORTED"]


async def test_row_by_row_where_the_vendor_has_no_import(house: Opened) -> None:
    async with house("fiwit") as gateway:
        known = next(
            asset
            for asset in await gateway.assets()
            if asset["serialNumber"] and asset["assetType"] == "Laptop"
        )
        other = next(
            asset
            for asset in await gateway.assets()
            if asset["id"] != known["id"] and asset["assetType"] == "Laptop"
        )
        serial = known["serialNumber"].lower()
        content = (
            "\ufeffID,Name,serial_number,Model,assetTypeId,purchase_date\r\n"
            f",renamed,{serial},,,\r\n"
            ",fresh,NEW-SERIAL,M1,363,2026-01-02\r\n"
            ",,,,,\r\n"
            f"{other['id']},by id,,,,\r\n"
            ",no day,X-1,,363,02/01/2026\r\n"
            ",,X-2,,363,\r\n"
            "tether:Asset:1,elsewhere,,,,\r\n"
            ",fresh again,NEW-SERIAL,M2,,\r\n"
        )
        payload = await done(gateway, "fiwit", content)
        assert (payload["created"], payload["updated"]) == (1, 3)
        assert [asset["row"] for asset in payload["rowErrors"]] == [6, 7, 8]
        assert "YYYY-MM-DD" in payload["rowErrors"][0]["message"]
        after = {asset["id"]: asset for asset in await gateway.assets()}
        assert after[known["id"]]["name"] == "renamed"
        assert after[known["id"]]["model"] == known["model"], "an empty cell changes nothing"
        assert after[other["id"]]["name"] == "by id"
        assert [
            (asset["name"], asset["model"])
            for asset in after.values()
            if asset["serialNumber"] == "NEW-SERIAL"
        ] == [("fresh again", "M2")]


async def test_a_dry_run_row_by_row(house: Opened) -> None:
    async with house("halo") as gateway:
        asset = (await gateway.assets())[0]
        payload = await done(gateway, "halo", f"asset_tag,notes\n{asset['assetTag']},n\n", dry_run=True)
        assert payload["planned"][-1]["body"] == [
            {"notes": "n", "inventory_number": asset["assetTag"], "id": int(asset["nativeId"])}
        ]
        assert (payload["created"], payload["updated"], payload["rowErrors"]) == (0, 0, [])
        assert gateway.vendor.writes == []


async def test_a_column_without_a_place_is_refused_as_a_whole(house: Opened) -> None:
    async with house("fiwit") as gateway:
        for header in ("name,asset_tag", "name,Name"):
            payload = await done(gateway, "fiwit", f"{header}\na,b\n")
            assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [
                ("INVALID", ["file"])
            ]
        assert gateway.vendor.calls == []


async def test_rows_that_are_left_when_the_calls_are_used_up_are_told(house: Opened) -> None:
    async with house("fiwit", environ={"GATEWAY_LIMITS__UPSTREAM_CALLS": "3"}) as gateway:
        payload = await done(gateway, "fiwit", "name\na\nb\nc\nd\ne\n")
        assert payload["created"] == 3
        assert [error["row"] for error in payload["rowErrors"]] == [5, 6]
        assert all("not done" in error["message"] for error in payload["rowErrors"])


async def test_definitions_are_read_once_for_a_file(house: Opened) -> None:
    async with house("fiwit") as gateway:
        rows = "".join(f"n{number},S-{number},363\n" for number in range(20))
        payload = await done(gateway, "fiwit", f"name,serial,asset_type_id\n{rows}")
        assert payload["created"] == 20
        assert len(gateway.vendor.reads) <= 4
        assert len(gateway.vendor.writes) == 20


# how files come in

GOOD = {
    "operations": json.dumps({"query": MUTATION, "variables": {"input": {"source": "tether", "file": None}}}),
    "map": json.dumps({"f": ["variables.input.file"]}),
}
LISTED = json.dumps({"query": MUTATION, "variables": {"files": [None] * 12}})
FILE = {"f": ("a.csv", "asset_tag,name\nU-1,u\n", "text/csv")}


@pytest.mark.parametrize(
    "name", ["Apollo-Require-Preflight", "GraphQL-Require-Preflight", "X-Requested-With"]
)
async def test_one_of_three_headers_is_needed(house: Opened, name: str) -> None:
    async with house("tether") as gateway:
        refused = await posted(gateway, GOOD, FILE, {})
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
        assert gateway.vendor.writes == []
        taken = await posted(gateway, GOOD, FILE, {name: "1"})
        assert taken.json()["data"]["importAssets"]["created"] == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"operations": "{"},
        {"operations": "[]"},
        {"operations": None},
        {"map": "[]"},
        {"map": None},
        {"map": json.dumps({"g": ["variables.input.file"]})},
        {"map": json.dumps({"f": "variables.input.file"})},
        {"map": json.dumps({"f": ["variables.input.source"]})},
        {"map": json.dumps({"f": ["variables.input.nothing"]})},
        {"map": json.dumps({"f": ["query"]})},
        {"map": json.dumps({"f": ["variables"]})},
        {"map": json.dumps({"f": ["variables.input.file.0"]})},
        {"operations": LISTED, "map": json.dumps({"f": ["variables.files." + "9" * 5000]})},
        {"operations": LISTED, "map": json.dumps({"f": ["variables.files.1_0"]})},
        {"operations": LISTED, "map": json.dumps({"f": ["variables.files.٣"]})},
        {"more": "x"},
    ],
)
async def test_what_is_not_as_the_specification_says(house: Opened, changed: dict[str, str | None]) -> None:
    async with house("tether") as gateway:
        fields = {name: text for name, text in {**GOOD, **changed}.items() if text is not None}
        refused = await posted(gateway, fields, FILE)
        assert refused.status_code == 400, refused.text
        assert gateway.vendor.calls == []


async def test_a_body_that_is_no_form_or_too_large(house: Opened) -> None:
    async with house("tether", environ={"GATEWAY_LIMITS__BODY_BYTES": "2000"}) as gateway:
        headers = {**PREFLIGHT, "Content-Type": "multipart/form-data; boundary=x"}
        broken = await gateway.client.post("/graphql", content=b"no parts", headers=headers)
        assert broken.status_code == 400
        without = {**PREFLIGHT, "Content-Type": "multipart/form-data"}
        assert (await gateway.client.post("/graphql", content=b"x", headers=without)).status_code == 400
        large = {"f": ("a.csv", "asset_tag\n" + "x\n" * 2000, "text/csv")}
        assert (await posted(gateway, GOOD, large)).status_code == 413


async def test_a_file_cannot_be_written_into_the_document(house: Opened) -> None:
    async with house("tether") as gateway:
        document = 'mutation { importAssets(input: {source: "tether", file: "a,b"}) { created } }'
        assert (await gateway.ask(document)).codes == ["BAD_USER_INPUT"]
        answer = await gateway.ask(MUTATION, input={"source": "tether", "file": "a,b"})
        assert answer.codes == ["BAD_USER_INPUT"]


async def test_a_row_with_a_comma_too_many_is_told_and_not_sent(house: Opened) -> None:
    async with house("fiwit") as gateway:
        text = "name,ipAddress\nPrinter, 2nd floor,10.0.0.9\nGood one,10.0.0.8\n"
        payload = await done(gateway, "fiwit", text)
        assert (payload["created"], [error["row"] for error in payload["rowErrors"]]) == (1, [2])
        assert [body["name"] for _, _, body in gateway.vendor.writes] == ["Good one"]


WRONG_FILES: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "semicolons": (b"name;purchase_cost\nA;1450,00\n", ("semicolons", "commas")),
    "tabs": (b"name\tmodel\nA\tB\n", ("tabs", "commas")),
    "a line for Excel": (b"sep=;\nname;model\nA;B\n", ("`sep=`", "remove it")),
    "UTF-16 with a mark": ("name,model\nA,B\n".encode("utf-16"), ("UTF-16", "CSV UTF-8")),
    "UTF-16 without": ("name,model\nA,B\n".encode("utf-16-be"), ("UTF-16", "CSV UTF-8")),
    "cp1252": ("name,model\nA,B\nBüro,C\n".encode("cp1252"), ("line 3", "cp1252", "CSV UTF-8")),
    "no title": (b"name,,model\nA,x,B\n", ("Column 2 (B) has no title", "give it one")),
    "a blank title": ("name,\u00a0 \nA,x\n".encode(), ("Column 2 (B) has no title",)),
}


@pytest.mark.parametrize("case", WRONG_FILES)
async def test_a_spreadsheets_file_is_refused_with_what_to_do(house: Opened, case: str) -> None:
    content, phrases = WRONG_FILES[case]
    async with house("fiwit") as gateway:
        payload = await done(gateway, "fiwit", content)
        (error,) = payload["userErrors"]
        assert (error["code"], error["field"]) == ("INVALID", ["file"])
        assert all(phrase in error["message"] for phrase in phrases), error["message"]
        assert gateway.vendor.writes == []


async def test_a_cell_may_hold_a_semicolon(house: Opened) -> None:
    async with house("fiwit") as gateway:
        payload = await done(gateway, "fiwit", "name\nrack 4; shelf 2\n")
        assert (payload["created"], payload["userErrors"]) == (1, [])


# which asset a row is about

PLACEHOLDERS = [
    "N/A",
    "n. a.",
    "To be filled by O.E.M.",
    "Default string",
    "0000-0000",
    "System Serial Number",
    "-",
]


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
async def test_a_placeholder_finds_no_asset(house: Opened, placeholder: str) -> None:
    async with house("fiwit", served=True) as gateway:
        await gateway.assets("id")
        before = await rows(gateway, KINDS["fiwit.asset"])
        text = "name,serial,asset_type_id\n" + "".join(f"P-{number},{placeholder},363\n" for number in (1, 2))
        for run in (1, 2):
            payload = await done(gateway, "fiwit", text)
            assert (payload["created"], payload["updated"], payload["rowErrors"]) == (2, 0, [])
            after = await rows(gateway, KINDS["fiwit.asset"])
            assert len(after) == len(before) + 2 * run
            assert before == {key: row for key, row in after.items() if key in before}


async def test_a_placeholder_for_a_tag_leaves_the_serial_number_to_find_by(house: Opened) -> None:
    async with house("halo") as gateway:
        known = next(asset for asset in await gateway.assets() if asset["serialNumber"])
        payload = await done(
            gateway, "halo", f"asset_tag,serial,notes\nn/a,{known['serialNumber']},found\n", dry_run=True
        )
        assert payload["planned"][-1]["body"][0]["id"] == int(known["nativeId"])


def without_ids(body: Any) -> Any:
    """A body without the ids that only the vendor gives."""
    if isinstance(body, list):
        return list(map(without_ids, body))
    if isinstance(body, Mapping):
        return {name: without_ids(value) for name, value in body.items() if name != "id"}
    return body


async def test_a_dry_run_shows_each_request_that_is_sent(house: Opened) -> None:
    text = (
        "name,serial,model,asset_type_id,purchase_date\n"
        "new,DRY-1,M1,363,\nno day,DRY-2,M1,363,2024-W03-1\nnew again,dry-1,M2,,\nother,N/A,,363,\nother,N/A,,363,\n"
    )
    async with house("fiwit") as gateway:
        planned = await done(gateway, "fiwit", text, dry_run=True)
        assert gateway.vendor.writes == []
        payload = await done(gateway, "fiwit", text)
        assert (payload["created"], payload["updated"]) == (3, 1)
        assert planned["rowErrors"] == payload["rowErrors"]
        shown = [request for request in planned["planned"] if request["method"] != "GET"]
        assert [(request["method"], without_ids(request["body"])) for request in shown] == [
            (method, without_ids(body)) for method, _, body in gateway.vendor.writes
        ]
        assert shown[1]["url"].endswith("/assets/new-asset-of-row-2")


@pytest.mark.parametrize("source", ["fiwit", "halo"])
async def test_equal_new_rows_are_shown_as_they_are_done(house: Opened, source: str) -> None:
    async with house(source) as gateway:
        location = (await gateway.ask("{ assets(first: 1) { nodes { location { id } } } }")).whole["assets"][
            "nodes"
        ]
        text = {
            "fiwit": "name,serial,asset_type_id\nE,EQ-77,363\nE,EQ-77,363\nE,EQ-77,363\n",
            "halo": "asset_tag,asset_type_id,location_id\n"
            + f"EQ-77,14,{location[0]['location']['id']}\n" * 3,
        }[source]
        planned = await done(gateway, source, text, dry_run=True)
        payload = await done(gateway, source, text)
        assert (payload["created"], payload["updated"], payload["rowErrors"]) == (1, 2, [])
        shown = [request for request in planned["planned"] if request["method"] != "GET"]
        sent = [(method, body) for method, _, body in gateway.vendor.writes]
        assert [request["method"] for request in shown] == [method for method, _ in sent]
        bodies = [(request["body"], body) for request, (_, body) in zip(shown, sent, strict=True)]
        assert all(without_ids(planned_body) == without_ids(body) for planned_body, body in bodies)


async def test_what_a_dry_run_cannot_know_is_told_instead_of_guessed(house: Opened, firm: Company) -> None:
    environ = {"GATEWAY_SOURCES__REVNUE__COUNTRY_IDS": countries(firm)}
    async with house("revnue", environ=environ) as gateway:
        known = (await gateway.assets())[0]
        text = f"id,notes\n{known['id']},one\n{known['id']},two\n"
        payload = await done(gateway, "revnue", text, dry_run=True)
        assert [row["row"] for row in payload["rowErrors"]] == [3]
        assert "row 2" in payload["rowErrors"][0]["message"]
        assert gateway.vendor.writes == []


async def test_an_id_of_a_dry_run_is_no_id(house: Opened) -> None:
    async with house("fiwit") as gateway:
        text = "id,name,serial,asset_type_id\n,new,DRY-1,363\nnew-asset-of-row-2,again,,\n"
        payload = await done(gateway, "fiwit", text, dry_run=True)
        assert [row["row"] for row in payload["rowErrors"]] == [3]


@pytest.mark.parametrize("cell", ["1_000", "٣", "\uff11\uff12", "+5", "0x10", "1 000", "1,5"])
@pytest.mark.parametrize("column", ["purchase_cost", "purchase_date"])
async def test_only_json_and_iso_forms_are_values(house: Opened, column: str, cell: str) -> None:
    async with house("fiwit") as gateway:
        payload = await done(gateway, "fiwit", f'name,{column}\nA,"{cell}"\n', dry_run=True)
        assert [row["row"] for row in payload["rowErrors"]] == [2]
        assert payload["planned"] == []
