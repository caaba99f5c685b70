"""Operations of each source: those that it has are listed, the others are refused before any call."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

from gateway.sandbox import Company
from resolvers import mutations
from tests.mutations.house import PAYLOAD, House
from tests.support.gateway import sandbox

Opened = Callable[..., House]

CAN = {
    "s3s": set[str](),
    "tether": {"asset.create", "asset.update", "asset.delete", "asset.checkout", "asset.checkin", "asset.import"},
    "fiwit": {"asset.create", "asset.update", "asset.import", "ticket.create", "ticket.update"},
    "halo": {
        "asset.create", "asset.update", "asset.delete", "asset.import", "ticket.create", "ticket.update",
        "ticket.delete", "licence.create", "licence.update", "licence.delete", "meterReading.create",
        "changeRecord.create", "certificate.create", "certificate.delete", "licenceInfo.create",
    },
    "revnue": {"asset.create", "asset.update", "asset.import"},
}  # fmt: skip
VERBS = {"create", "update", "delete", "checkout", "checkin", "import"}
MUTATIONS: dict[str, tuple[str, str, Callable[[str], dict[str, Any]]]] = {
    "asset.create": ("createAsset", "asset { id }", lambda source: {"source": source}),
    "asset.update": ("updateAsset", "asset { id }", lambda source: {"id": f"{source}:Asset:7"}),
    "asset.delete": ("deleteAsset", "deletedId", lambda source: {"id": f"{source}:Asset:7"}),
    "asset.checkout": (
        "checkoutAsset",
        "asset { id }",
        lambda source: {"id": f"{source}:Asset:7", "employeeId": f"{source}:Person:7"},
    ),
    "asset.checkin": ("checkinAsset", "asset { id }", lambda source: {"id": f"{source}:Asset:7"}),
    "ticket.create": ("createTicket", "ticket { id }", lambda source: {"source": source}),
    "ticket.update": ("updateTicket", "ticket { id }", lambda source: {"id": f"{source}:Ticket:7"}),
    "ticket.delete": ("deleteTicket", "deletedId", lambda source: {"id": f"{source}:Ticket:7"}),
    "meterReading.create": (
        "createMeterReading",
        "meterReading { id }",
        lambda source: {"assetId": f"{source}:Asset:7", "reading": 1},
    ),
    "licence.create": ("createLicence", "licence { id }", lambda source: {"source": source, "name": "x"}),
    "licence.update": ("updateLicence", "licence { id }", lambda source: {"id": f"{source}:Licence:7"}),
    "licence.delete": ("deleteLicence", "deletedId", lambda source: {"id": f"{source}:Licence:7"}),
    "changeRecord.create": (
        "createAssetChange",
        "change { id }",
        lambda source: {"assetId": f"{source}:Asset:7", "field": "x"},
    ),
    "certificate.create": (
        "createCertificate",
        "certificate { id }",
        lambda source: {"source": source, "name": "x"},
    ),
    "licenceInfo.create": (
        "createLicenceInfo",
        "licenceInfo { id }",
        lambda source: {"source": source, "name": "x"},
    ),
    "certificate.delete": (
        "deleteCertificate",
        "deletedId",
        lambda source: {"id": f"{source}:Certificate:7"},
    ),
}


def field(name: str, input_values: dict[str, Any]) -> str:
    """A mutation as a document has it."""
    mutation, shown, _ = MUTATIONS[name]
    written = ", ".join(
        f"{key}: {f'{value}' if isinstance(value, int) else chr(34) + value + chr(34)}"
        for key, value in input_values.items()
    )
    return f"{name.replace('.', '_')}: {mutation}(input: {{{written}}}) {{ {shown} {PAYLOAD} }}"


async def test_the_sources_tell_what_they_can(company: Company) -> None:
    async with sandbox(company) as gateway:
        sources = (await gateway.ask("{ sources { name operations } }")).whole["sources"]
        writes = {
            source["name"]: {each for each in source["operations"] if each.split(".")[1] in VERBS}
            for source in sources
        }
        assert writes == CAN
        assert gateway.calls == []


@pytest.mark.parametrize("source", CAN)
async def test_what_a_source_cannot_is_refused_before_any_call(house: Opened, source: str) -> None:
    async with house(source) as gateway:
        cannot = {
            name: field(name, input_of(source))
            for name, (_, _, input_of) in MUTATIONS.items()
            if name not in CAN[source]
        }
        answer = await gateway.ask(f"mutation {{ {' '.join(cannot.values())} }}")
        assert answer.errors == []
        for name in cannot:
            payload = answer.data[name.replace(".", "_")]
            assert [error["code"] for error in payload["userErrors"]] == ["NOT_SUPPORTED"]
            assert f"{source} has no {name}" in payload["userErrors"][0]["message"]
        assert gateway.vendor.calls == []


async def test_no_change_is_no_write(house: Opened) -> None:
    async with house("tether") as gateway:
        asset = (await gateway.assets("id name"))[0]
        payload = await gateway.do("updateAsset", "asset { id name }", {"id": asset["id"]})
        assert (payload["asset"], payload["planned"]) == (asset, None)
        input_values = {"id": asset["id"], "vendorFields": {}, "dryRun": True}
        payload = await gateway.do("updateAsset", "asset { id name }", input_values)
        assert (payload["asset"], payload["planned"]) == (None, [])
        gone = await gateway.do("updateAsset", "asset { id }", {"id": "tether:Asset:999999"})
        assert [error["code"] for error in gone["userErrors"]] == ["NOT_FOUND"]
        assert gateway.vendor.writes == []


async def test_one_that_fails_does_not_stop_the_next(house: Opened) -> None:
    async with house("tether") as gateway:
        answer = await gateway.ask(
            """
            mutation {
              bad: updateAsset(input: {id: "no id", name: "x"}) { asset { id } userErrors { code } }
              first: createAsset(input: {source: "tether", assetTag: "A-1", name: "one"}) { asset { id name } }
              refused: createAsset(input: {source: "tether", assetTag: "A-1", name: "two"}) { userErrors { code } }
              unknown: createAsset(input: {source: "nowhere", name: "x"}) { asset { id } }
              last: createAsset(input: {source: "tether", assetTag: "A-2", name: "three"}) { asset { id name } }
            }
            """
        )
        assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [
            (["bad"], "BAD_USER_INPUT"),
            (["unknown"], "BAD_USER_INPUT"),
        ]
        assert answer.data["bad"] == {"asset": None, "userErrors": []}
        assert answer.data["first"]["asset"]["name"] == "one"
        assert answer.data["refused"] == {"userErrors": [{"code": "INVALID"}]}
        assert answer.data["last"]["asset"]["name"] == "three"


async def test_what_was_written_is_seen_by_the_rest_of_the_operation(house: Opened) -> None:
    async with house("tether") as gateway:
        asset = (await gateway.assets("id location { id }", status={"eq": "AVAILABLE"}))[0]
        location_id = asset["location"]["id"]
        names = "location { assets(first: 100) { nodes { id name notes } } }"
        answer = await gateway.ask(
            f"""
            mutation($id: ID!) {{
              a: updateAsset(input: {{id: $id, name: "first"}}) {{ asset {{ name {names} }} }}
              b: updateAsset(input: {{id: $id, notes: "second"}}) {{ asset {{ name notes {names} }} }}
            }}
            """,
            id=asset["id"],
        )
        for alias, notes in (("a", None), ("b", "second")):
            rows = answer.whole[alias]["asset"]["location"]["assets"]["nodes"]
            row = next(node for node in rows if node["id"] == asset["id"])
            assert row["name"] == "first"
            assert notes is None or row["notes"] == notes
        listed = await gateway.assets("id name", locationId={"eq": location_id})
        assert {"id": asset["id"], "name": "first"} in listed


async def test_a_vendor_that_cannot_be_reached_has_done_nothing(house: Opened) -> None:
    with socket.socket() as deaf:  # a port that is taken, where nobody listens
        deaf.bind(("127.0.0.1", 0))
        nowhere = {"GATEWAY_SOURCES__FIWIT__BASE_URL": f"http://127.0.0.1:{deaf.getsockname()[1]}"}
        async with house("fiwit", environ=nowhere) as gateway:
            answer = await gateway.attempt("createAsset", "asset { id }", {"source": "fiwit", "name": "x"})
            assert answer.codes == ["UPSTREAM_UNAVAILABLE"]


async def test_a_fault_of_ours_does_not_take_away_what_was_done(
    house: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house("tether") as gateway:
        await gateway.assets("id")

        async def broken(*_: Any, **__: Any) -> None:
            raise RuntimeError("a secret")

        monkeypatch.setattr(mutations, "run_once", broken)
        answer = await gateway.ask(
            """
            mutation {
              tried: createAsset(input: {source: "tether", assetTag: "A", name: "a", dryRun: true}) { planned { url } }
              broken: createAsset(input: {source: "tether", assetTag: "B", name: "b"}) { asset { id } }
            }
            """
        )
        assert answer.codes == ["INTERNAL"]
        assert "secret" not in answer.text
        assert answer.data["tried"]["planned"]
        assert answer.data["broken"] == {"asset": None}


async def test_no_mutation_by_get(house: Opened) -> None:
    async with house("fiwit") as gateway:
        got = await gateway.client.get(
            '/graphql?query=mutation{deleteAsset(input:{id:"fiwit:Asset:1"}){deletedId}}'
        )
        assert got.status_code == 405
        assert gateway.vendor.calls == []
