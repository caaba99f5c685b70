"""What each source can do is told beforehand, and what it cannot is refused before any call."""

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
        "changeRecord.create", "certificate.create", "certificate.delete",
    },
    "revnue": {"asset.create", "asset.update", "asset.import"},
}  # fmt: skip
VERBS = {"create", "update", "delete", "checkout", "checkin", "import"}
MUTATIONS: dict[str, tuple[str, str, Callable[[str], dict[str, Any]]]] = {
    "asset.create": ("createAsset", "asset { id }", lambda at: {"source": at}),
    "asset.update": ("updateAsset", "asset { id }", lambda at: {"id": f"{at}:Asset:7"}),
    "asset.delete": ("deleteAsset", "deletedId", lambda at: {"id": f"{at}:Asset:7"}),
    "asset.checkout": (
        "checkoutAsset",
        "asset { id }",
        lambda at: {"id": f"{at}:Asset:7", "employeeId": f"{at}:Person:7"},
    ),
    "asset.checkin": ("checkinAsset", "asset { id }", lambda at: {"id": f"{at}:Asset:7"}),
    "ticket.create": ("createTicket", "ticket { id }", lambda at: {"source": at}),
    "ticket.update": ("updateTicket", "ticket { id }", lambda at: {"id": f"{at}:Ticket:7"}),
    "ticket.delete": ("deleteTicket", "deletedId", lambda at: {"id": f"{at}:Ticket:7"}),
    "meterReading.create": (
        "createMeterReading",
        "meterReading { id }",
        lambda at: {"assetId": f"{at}:Asset:7", "reading": 1},
    ),
    "licence.create": ("createLicence", "licence { id }", lambda at: {"source": at, "name": "x"}),
    "licence.update": ("updateLicence", "licence { id }", lambda at: {"id": f"{at}:Licence:7"}),
    "licence.delete": ("deleteLicence", "deletedId", lambda at: {"id": f"{at}:Licence:7"}),
    "changeRecord.create": (
        "createAssetChange",
        "change { id }",
        lambda at: {"assetId": f"{at}:Asset:7", "field": "x"},
    ),
    "certificate.create": ("createCertificate", "certificate { id }", lambda at: {"source": at, "name": "x"}),
    "certificate.delete": ("deleteCertificate", "deletedId", lambda at: {"id": f"{at}:Certificate:7"}),
}


def field(name: str, given: dict[str, Any]) -> str:
    """A mutation as a document has it."""
    mutation, shown, _ = MUTATIONS[name]
    written = ", ".join(
        f"{key}: {f'{value}' if isinstance(value, int) else chr(34) + value + chr(34)}"
        for key, value in given.items()
    )
    return f"{name.replace('.', '_')}: {mutation}(input: {{{written}}}) {{ {shown} {PAYLOAD} }}"


async def test_the_sources_tell_what_they_can(company: Company) -> None:
    async with sandbox(company) as gateway:
        told = (await gateway.ask("{ sources { name operations } }")).whole["sources"]
        writes = {
            one["name"]: {each for each in one["operations"] if each.split(".")[1] in VERBS} for one in told
        }
        assert writes == CAN
        assert gateway.calls == []


@pytest.mark.parametrize("source", CAN)
async def test_what_a_source_cannot_is_refused_before_any_call(house: Opened, source: str) -> None:
    async with house(source) as at:
        cannot = {
            name: field(name, one[2](source)) for name, one in MUTATIONS.items() if name not in CAN[source]
        }
        answer = await at.ask(f"mutation {{ {' '.join(cannot.values())} }}")
        assert answer.errors == []
        for name in cannot:
            told = answer.data[name.replace(".", "_")]
            assert [one["code"] for one in told["userErrors"]] == ["NOT_SUPPORTED"]
            assert f"{source} has no {name}" in told["userErrors"][0]["message"]
        assert at.vendor.calls == []


async def test_no_change_is_no_write(house: Opened) -> None:
    async with house("tether") as at:
        asset = (await at.assets("id name"))[0]
        told = await at.do("updateAsset", "asset { id name }", {"id": asset["id"]})
        assert (told["asset"], told["planned"]) == (asset, None)
        given = {"id": asset["id"], "vendorFields": {}, "dryRun": True}
        told = await at.do("updateAsset", "asset { id name }", given)
        assert (told["asset"], told["planned"]) == (None, [])
        gone = await at.do("updateAsset", "asset { id }", {"id": "tether:Asset:999999"})
        assert [one["code"] for one in gone["userErrors"]] == ["NOT_FOUND"]
        assert at.vendor.writes == []


async def test_one_that_fails_does_not_stop_the_next(house: Opened) -> None:
    async with house("tether") as at:
        answer = await at.ask(
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
        assert [(one["path"], one["extensions"]["code"]) for one in answer.errors] == [
            (["bad"], "BAD_USER_INPUT"),
            (["unknown"], "BAD_USER_INPUT"),
        ]
        assert answer.data["bad"] == {"asset": None, "userErrors": []}
        assert answer.data["first"]["asset"]["name"] == "one"
        assert answer.data["refused"] == {"userErrors": [{"code": "INVALID"}]}
        assert answer.data["last"]["asset"]["name"] == "three"


async def test_what_was_written_is_seen_by_the_rest_of_the_operation(house: Opened) -> None:
    async with house("tether") as at:
        asset = (await at.assets("id location { id }", status={"eq": "AVAILABLE"}))[0]
        place = asset["location"]["id"]
        names = "location { assets(first: 100) { nodes { id name notes } } }"
        answer = await at.ask(
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
            row = next(one for one in rows if one["id"] == asset["id"])
            assert row["name"] == "first"
            assert notes is None or row["notes"] == notes
        listed = await at.assets("id name", locationId={"eq": place})
        assert {"id": asset["id"], "name": "first"} in listed


async def test_a_vendor_that_cannot_be_reached_has_done_nothing(house: Opened) -> None:
    with socket.socket() as deaf:  # a port that is taken, where nobody listens
        deaf.bind(("127.0.0.1", 0))
        nowhere = {"GATEWAY_SOURCES__FIWIT__BASE_URL": f"http://127.0.0.1:{deaf.getsockname()[1]}"}
        async with house("fiwit", environ=nowhere) as at:
            answer = await at.attempt("createAsset", "asset { id }", {"source": "fiwit", "name": "x"})
            assert answer.codes == ["UPSTREAM_UNAVAILABLE"]


async def test_a_fault_of_ours_does_not_take_away_what_was_done(
    house: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house("tether") as at:
        await at.assets("id")

        async def broken(*_: Any, **__: Any) -> None:
            raise RuntimeError("a secret")

        monkeypatch.setattr(mutations, "run_once", broken)
        answer = await at.ask(
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
    async with house("fiwit") as at:
        got = await at.client.get(
            '/graphql?query=mutation{deleteAsset(input:{id:"fiwit:Asset:1"}){deletedId}}'
        )
        assert got.status_code == 405
        assert at.vendor.calls == []
