"""Tether: its documented samples as our records, its sign-in, and what it is asked to filter."""

from typing import Any

import httpx
import pytest

from gateway.sandbox import Company
from gateway.testing.selections import leaves
from gateway.testing.upstreams import answered
from tests.support.gateway import Gateway, sandbox
from tests.support.samples import of_samples, sample
from tests.support.words import warranty_until, without_empty

ASSET = {
    "id": "tether:Asset:42",
    "source": {"name": "tether"},
    "nativeId": "42",
    "name": "MacBook Pro 16",
    "assetTag": "IT-0042",
    "serialNumber": "C02XL123456",
    "status": "IN_USE",
    "statusRaw": "deployed",
    "manufacturer": "Apple",
    "model": "M3 Max",
    "category": "Laptop",
    "organisation": "acme",
    "purchaseDate": "2024-01-15",
    "purchaseCost": "3499.00",
    "warranty": {"status": warranty_until("2027-03-01"), "endDate": "2027-03-01"},
    "notes": "",
    "qrCodeUrl": "/assets/tether:Asset:42/qr.png",
    "checkoutHistory": [
        {
            "action": "CHECKOUT",
            "employeeName": "Sarah Chen",
            "performedBy": "MSP Admin",
            "note": "Assigned for new hire onboarding",
            "at": "2024-01-15T09:30:00Z",
        },
        {
            "action": "CHECKIN",
            "employeeName": "Sarah Chen",
            "performedBy": "MSP Admin",
            "note": "Returned in good condition",
            "at": "2024-06-01T17:15:00Z",
        },
    ],
}
PNG = b"\x89PNG\r\n\x1a\n and so on"
HOST = {"HOST": "acme.atechsolutions.org"}


async def test_the_sample_is_an_asset() -> None:
    async with of_samples("tether", settings=HOST) as gateway:
        data = (await gateway.ask(f"{{ assets {{ nodes {leaves('Asset')} }} }}")).whole
    assert [without_empty(node) for node in data["assets"]["nodes"]] == [ASSET]


async def test_the_sample_tells_of_its_place_and_its_holder_without_a_call() -> None:
    query = "{ assets { nodes { location { id name } assignedTo { id name } owner { id } } } }"
    async with of_samples("tether") as gateway:
        data, lines = await gateway.measure(query)
    assert data["assets"]["nodes"] == [
        {
            "location": {"id": "tether:Location:2", "name": "Head Office"},
            "assignedTo": {"id": "tether:Person:7", "name": "Sarah Chen"},
            "owner": None,
        }
    ]
    assert lines == ["tether /assets"]


async def test_the_history_is_told_oldest_first_whatever_its_order() -> None:
    events = sample("tether", "history")[::-1]
    async with of_samples("tether", but={"/assets/42/history": events}) as gateway:
        data = (await gateway.ask('{ asset(id: "tether:Asset:42") { checkoutHistory { action at } } }')).whole
    assert [node["action"] for node in data["asset"]["checkoutHistory"]] == ["CHECKOUT", "CHECKIN"]


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("available", "AVAILABLE"),
        ("deployed", "IN_USE"),
        ("maintenance", "MAINTENANCE"),
        ("retired", "RETIRED"),
        ("in use", "UNKNOWN"),
        (None, "UNKNOWN"),
    ],
)
async def test_statuses(word: str | None, ours: str) -> None:
    rows = [sample("tether", "assets")[0] | {"status": word}]
    async with of_samples("tether", but={"/assets": rows}) as gateway:
        data = (await gateway.ask("{ assets { nodes { status statusRaw } } }")).whole
    assert data["assets"]["nodes"] == [{"status": ours, "statusRaw": word}]


async def test_everything_but_tag_name_and_status_may_be_null() -> None:
    bare = dict.fromkeys(sample("tether", "assets")[0])
    rows = [bare | {"id": 1, "asset_tag": "A", "name": "N", "status": "available"}]
    async with of_samples("tether", but={"/assets": rows, "/assets/1/history": []}, settings=HOST) as gateway:
        query = f"{{ assets {{ nodes {leaves('Asset')} }} }}"
        data = (await gateway.ask(query)).whole
        relations = (await gateway.ask("{ assets { nodes { location { id } assignedTo { id } } } }")).whole
    assert [without_empty(node) for node in data["assets"]["nodes"]] == [
        {
            "id": "tether:Asset:1",
            "source": {"name": "tether"},
            "nativeId": "1",
            "name": "N",
            "assetTag": "A",
            "status": "AVAILABLE",
            "statusRaw": "available",
            "organisation": "acme",
            "qrCodeUrl": "/assets/tether:Asset:1/qr.png",
        }
    ]
    assert relations["assets"]["nodes"] == [{"location": None, "assignedTo": None}]


def tenant(*, tokens: list[str], refused: set[str]) -> Any:
    """A Tether that gives these tokens, one for each sign-in, and refuses some of them afterwards."""
    forms: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/auth/login":
            forms.append(request)
            return answered({"access_token": tokens[len(forms) - 1], "token_type": "bearer"})
        if request.headers["Authorization"].removeprefix("Bearer ") in refused:
            return answered({"detail": "Could not validate credentials"}, status=401)
        return answered(sample("tether", "assets"))

    return handle, forms


def signing_in(handle: Any, **settings: str) -> Gateway:
    source = {"BASE_URL": "http://tether.test/api", "VENDOR": "tether", **settings}
    return Gateway({"tether": source}, {"tether": handle})


async def test_it_signs_in_with_a_form_once_for_all_calls() -> None:
    handle, forms = tenant(tokens=["one"], refused=set())
    async with signing_in(handle, USERNAME="a@b.example", PASSWORD="p&w=1") as gateway:
        for _ in range(2):
            assert (await gateway.ask("{ assets { nodes { id } } }")).whole
    assert [form.content for form in forms] == [b"username=a%40b.example&password=p%26w%3D1"]
    assert forms[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in forms[0].headers


async def test_a_refused_token_is_replaced_once() -> None:
    handle, forms = tenant(tokens=["old", "new"], refused={"old"})
    async with signing_in(handle, USERNAME="a@b.example", PASSWORD="p") as gateway:
        assert len((await gateway.ask("{ assets { nodes { id } } }")).whole["assets"]["nodes"]) == 1
    assert len(forms) == 2


async def test_a_token_that_is_refused_again_is_told_as_such() -> None:
    handle, forms = tenant(tokens=["old", "older"], refused={"old", "older"})
    async with signing_in(handle, USERNAME="a@b.example", PASSWORD="p") as gateway:
        answer = await gateway.ask("{ assets { nodes { id } complete } }")
    assert answer.codes == ["UPSTREAM_AUTH"]
    assert answer.data["assets"] == {"nodes": [], "complete": False}
    assert len(forms) == 2


async def test_a_configured_token_is_used_as_it_is() -> None:
    handle, forms = tenant(tokens=[], refused={"wrong"})
    async with signing_in(handle, TOKEN="wrong") as gateway:
        assert (await gateway.ask("{ assets { nodes { id } } }")).codes == ["UPSTREAM_AUTH"]
    async with signing_in(handle, TOKEN="right") as gateway:
        assert (await gateway.ask("{ assets { nodes { id } } }")).whole
    assert forms == []


async def test_host_and_tenant_go_along_with_every_call() -> None:
    handle, _ = tenant(tokens=[], refused=set())
    async with signing_in(handle, TOKEN="t", HOST="acme.example", TENANT="acme") as gateway:
        data = (await gateway.ask("{ assets { nodes { organisation } } }")).whole
        [call] = gateway.calls
    assert (call.headers["host"], call.params) == ("acme.example", {"tenant": "acme"})
    assert data["assets"]["nodes"] == [{"organisation": "acme"}]


@pytest.mark.parametrize(
    ("filter_text", "params"),
    [
        ('search: "macbook"', {"q": "macbook"}),
        ("status: {eq: RETIRED}", {"status": "retired"}),
        ("status: {in: [IN_USE]}", {"status": "deployed"}),
        ("status: {in: [IN_USE, RETIRED]}", {}),
        ("status: {ne: IN_USE}", {}),
        ('locationId: {eq: "tether:Location:2"}', {"location_id": "2"}),
        ('name: {eq: "MacBook Pro 16"}', {}),
        ('or: [{status: {eq: RETIRED}}, {search: "x"}]', {}),
        ("not: {status: {eq: RETIRED}}", {}),
    ],
)
async def test_only_what_it_documents_is_asked_of_it(filter_text: str, params: dict[str, str]) -> None:
    async with of_samples("tether") as gateway:
        assert (await gateway.ask(f"{{ assets(filter: {{{filter_text}}}) {{ nodes {{ id }} }} }}")).whole
        assert [call.params for call in gateway.calls] == [params]


@pytest.mark.parametrize(
    ("filter_text", "params"),
    [
        ("vendorParameters: {vendor: TETHER, parameters: {category_id: 1}}", {"category_id": "1"}),
        (
            'vendorParameters: {vendor: TETHER, parameters: {sort: "purchase_date", order: "desc"}}',
            {"sort": "purchase_date", "order": "desc"},
        ),
        (
            'vendorParameters: {vendor: TETHER, parameters: {q: "mac", status: "deployed", location_id: "2"}}',
            {"q": "mac", "status": "deployed", "location_id": "2"},
        ),
        (
            "status: {eq: IN_USE}, vendorParameters: {vendor: TETHER, parameters: {category_id: 1}}",
            {"status": "deployed", "category_id": "1"},
        ),
    ],
)
async def test_its_own_parameters_are_sent_as_they_are(filter_text: str, params: dict[str, str]) -> None:
    async with of_samples("tether") as gateway:
        data = (await gateway.ask(f"{{ assets(filter: {{{filter_text}}}) {{ nodes {{ id }} }} }}")).whole
        assert [call.params for call in gateway.calls] == [params]
    assert data["assets"]["nodes"] == [{"id": ASSET["id"]}]


@pytest.mark.parametrize(
    "parameters",
    ['{status: "lost"}', '{tenant: "other"}', '{sort: "a,b"}', '{order: "up"}', '{category_id: "1,2"}'],
)
async def test_what_is_none_of_its_parameters_is_refused_before_any_call(parameters: str) -> None:
    async with of_samples("tether") as gateway:
        answer = await gateway.ask(
            f"{{ assets(filter: {{vendorParameters: {{vendor: TETHER, parameters: {parameters}}}}}) "
            "{ nodes { id } } }"
        )
        assert gateway.calls == []
    assert answer.codes == ["BAD_USER_INPUT"]


async def test_a_vendor_without_parameters_of_its_own_is_told_so_before_any_call() -> None:
    async with of_samples("fiwit") as gateway:
        answer = await gateway.ask(
            "{ assets(filter: {vendorParameters: {vendor: FIWIT, parameters: {name: 1}}}) { nodes { id } } }"
        )
        assert gateway.calls == []
    assert answer.codes == ["BAD_USER_INPUT"]


async def test_two_words_of_the_status_that_differ_are_both_asked(company: Company) -> None:
    own = 'vendorParameters: {vendor: TETHER, parameters: {status: "deployed"}}'
    async with sandbox(company) as gateway:
        data, lines = await gateway.measure(
            f"{{ assets(filter: {{status: {{eq: AVAILABLE}}, {own}}}) {{ nodes {{ id }} }} }}"
        )
    assert (data["assets"]["nodes"], lines) == ([], ["tether /assets", "tether /assets"])


async def test_the_picture_is_asked_for_without_being_read_as_json() -> None:
    async with of_samples("tether", but={"/assets/42/qr": httpx.Response(200, content=PNG)}) as gateway:
        got = await gateway.get("/assets/tether:Asset:42/qr.png")
    assert (got.status_code, got.content) == (200, PNG)


@pytest.mark.parametrize("odd", [{"a": 1}, [1], None, 5])
async def test_an_odd_event_costs_only_itself(odd: Any) -> None:
    events = [*sample("tether", "history"), {**sample("tether", "history")[0], "action": odd}]
    async with of_samples("tether", but={"/assets/42/history": events}) as gateway:
        data = (await gateway.ask('{ asset(id: "tether:Asset:42") { checkoutHistory { action } } }')).whole
    assert len(data["asset"]["checkoutHistory"]) == len(sample("tether", "history"))
