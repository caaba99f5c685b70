"""Revnue: its documented samples as our records, whatever envelope they come in."""

from typing import Any

import httpx
import pytest

from gateway.sandbox import Company
from gateway.testing.selections import leaves
from gateway.testing.upstreams import answered
from tests.support.gateway import sandbox
from tests.support.samples import of_samples, sample
from tests.support.words import without_empty

ASSET = {
    "id": "revnue:Asset:4711",
    "source": {"name": "revnue"},
    "nativeId": "4711",
    "name": "Core switch 1",
    "assetTag": "SW-0001",
    "serialNumber": "FOC1234A5B6",
    "status": "IN_USE",
    "statusRaw": "production",
    "manufacturer": "Cisco",
    "category": "Network",
    "organisation": "Operations",
    "purchaseCost": "3980.5",
    "warranty": {
        "status": "WITHIN_WARRANTY",
        "type": "oem",
        "provider": "Cisco Systems",
        "startDate": "2024-01-15",
        "endDate": "2027-01-14",
        "notes": "",
    },
    "support": {"status": "NONE", "type": "none", "notes": ""},
    "supplier": "Pennine IT Supplies Ltd",
    "depreciationSchedule": "5_year_20_percent",
    "salvageValue": "398.05",
    "notes": "",
    "customFields": [
        {
            "id": None,
            "name": "MAC address",
            "type": None,
            "value": "70:35:09:AB:12:CD",
            "displayValue": "70:35:09:AB:12:CD",
        },
        {"id": None, "name": "Rack unit", "type": None, "value": 3, "displayValue": "3"},
    ],
}
PLACE = {
    "id": "revnue:Location:asset-4711",
    "source": {"name": "revnue"},
    "nativeId": "asset-4711",
    "name": "Rack 3",
    "address": "14 Wellington Street",
    "city": "Leeds",
    "region": "West Yorkshire",
    "country": "United Kingdom",
}
OWNER = {
    "id": "revnue:Person:9",
    "source": {"name": "revnue"},
    "nativeId": "9",
    "name": "Ruth Walker",
    "email": "ruth.walker@acme.example",
    "phone": "+44 113 496 0000",
}
CONTRACT = {
    "id": "revnue:Contract:5217",
    "source": {"name": "revnue"},
    "nativeId": "5217",
    "number": "BA-2021-0001",
    "name": "Network maintenance",
    "status": "active",
    "startDate": "2024-01-01",
    "endDate": "2026-12-31",
}


async def test_the_sample_is_an_asset() -> None:
    async with of_samples("revnue") as gateway:
        listed = (await gateway.ask(f"{{ assets {{ nodes {leaves('Asset')} }} }}")).whole
        got = (await gateway.ask(f'{{ asset(id: "revnue:Asset:4711") {leaves("Asset")} }}')).whole
    assert [without_empty(node) for node in [*listed["assets"]["nodes"], got["asset"]]] == [ASSET, ASSET]


async def test_place_and_owner_are_told_by_the_asset_without_a_call() -> None:
    query = f"{{ assets {{ nodes {{ location {leaves('Location')} assignedTo {leaves('Person')} owner {{ id }} }} }} }}"
    async with of_samples("revnue") as gateway:
        data, lines = await gateway.measure(query)
    [asset] = data["assets"]["nodes"]
    assert (without_empty(asset["location"]), without_empty(asset["assignedTo"]), asset["owner"]) == (
        PLACE,
        OWNER,
        {"id": OWNER["id"]},
    )
    assert lines == ["revnue /asset/"]


async def test_the_contracts_number_costs_no_call_and_the_rest_of_it_one() -> None:
    async with of_samples("revnue") as gateway:
        data, lines = await gateway.measure("{ assets { nodes { contract { id number } } } }")
        assert data["assets"]["nodes"] == [{"contract": {"id": CONTRACT["id"], "number": CONTRACT["number"]}}]
        assert lines == ["revnue /asset/"]
        query = f"{{ assets {{ nodes {{ contract {leaves('Contract')} }} }} }}"
        but = {"/contract/5217/": sample("revnue", "contracts")[0]}
    async with of_samples("revnue", but=but) as gateway:
        data, lines = await gateway.measure(query)
        assert without_empty(data["assets"]["nodes"][0]["contract"]) == CONTRACT
        assert len(lines) == 2


async def test_the_sample_of_contracts() -> None:
    async with of_samples("revnue") as gateway:
        data = (await gateway.ask(f"{{ contracts {{ nodes {leaves('Contract')} }} }}")).whole
    assert [without_empty(node) for node in data["contracts"]["nodes"]] == [CONTRACT]


async def test_the_sample_of_form_templates_is_two_fields() -> None:
    async with of_samples("revnue") as gateway:
        data = (await gateway.ask(f"{{ assetFields {leaves('FieldDefinition')} }}")).whole
    assert [without_empty(node) for node in data["assetFields"]] == [
        {
            "id": f"revnue:FieldDefinition:12-{number}",
            "source": {"name": "revnue"},
            "nativeId": f"12-{number}",
            "name": name,
            "type": kind,
            "appliesTo": "IT hardware",
            "description": "",
        }
        for number, name, kind in ((301, "MAC address", "text"), (303, "Rack unit", "number"))
    ]


def rows(*numbers: int) -> list[dict[str, Any]]:
    return [sample("revnue", "asset") | {"id": number} for number in numbers]


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (rows(1, 2), 2),
        (rows(1)[0], 1),
        ({"count": 2, "next": None, "previous": None, "results": rows(1, 2)}, 2),
        ({"data": rows(1, 2, 3)}, 3),
        ({"count": 0, "next": None, "previous": None, "results": []}, 0),
        ([], 0),
    ],
)
async def test_a_list_in_any_of_its_likely_envelopes(body: Any, count: int) -> None:
    async with of_samples("revnue", but={"/asset/": answered(body)}) as gateway:
        data = (await gateway.ask("{ assets { totalCount complete nodes { id } } }")).whole
    assert (len(data["assets"]["nodes"]), data["assets"]["totalCount"]) == (count, count)


def paged(following: str) -> Any:
    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("page") == "2":
            return answered({"count": 2, "next": None, "results": rows(2)})
        return answered({"count": 2, "next": following, "results": rows(1)})

    return handle


async def test_the_next_page_is_followed_with_the_company_and_below_the_same_address() -> None:
    following = "http://revnue.test/api/v2/asset/?company=1&page=2"
    async with of_samples("revnue", but={"/asset/": paged(following)}, settings={"COMPANY": "1"}) as gateway:
        data = (await gateway.ask("{ assets { nodes { nativeId } } }")).whole
        assert [node["nativeId"] for node in data["assets"]["nodes"]] == ["1", "2"]
        assert [call.params for call in gateway.calls] == [{"company": "1"}, {"company": "1", "page": "2"}]


@pytest.mark.parametrize(
    "following", ["http://elsewhere.test/api/v2/asset/?page=2", "http://revnue.test/admin/?page=2"]
)
async def test_a_next_page_elsewhere_is_not_followed(following: str) -> None:
    async with of_samples("revnue", but={"/asset/": paged(following)}) as gateway:
        answer = await gateway.ask("{ assets { complete nodes { nativeId } } }")
    assert answer.codes == ["UPSTREAM_GARBLED"]
    assert answer.data["assets"]["complete"] is False
    assert gateway.upstreams.strays == []
    assert len(gateway.calls) == 1


async def test_pages_that_name_themselves_as_the_next_end() -> None:
    following = "http://revnue.test/api/v2/asset/?company=1"
    body = {"count": 2, "next": following, "results": rows(1)}
    async with of_samples("revnue", but={"/asset/": answered(body)}, settings={"COMPANY": "1"}) as gateway:
        answer = await gateway.ask("{ assets { complete nodes { nativeId } } }")
    assert [node["nativeId"] for node in answer.data["assets"]["nodes"]] in ([], ["1"])
    assert len(gateway.calls) <= 2


@pytest.mark.parametrize(
    ("usage", "raw_status", "status"),
    [
        ({"id": 1, "name": "production"}, "production", "IN_USE"),
        ("production", "production", "IN_USE"),
        ({"id": 2, "name": "non_production"}, "non_production", "UNKNOWN"),
        ("none", "none", "UNKNOWN"),
        (None, None, "UNKNOWN"),
    ],
)
async def test_usage_as_an_object_or_as_a_word(usage: Any, raw_status: str | None, status: str) -> None:
    row = sample("revnue", "asset") | {"usage_status": usage}
    async with of_samples("revnue", but={"/asset/": [row]}) as gateway:
        data = (await gateway.ask("{ assets { nodes { status statusRaw } } }")).whole
    assert data["assets"]["nodes"] == [{"status": status, "statusRaw": raw_status}]


async def test_what_the_operator_says_of_usages_counts_in_any_case() -> None:
    row = sample("revnue", "asset") | {"usage_status": {"id": 3, "name": "Spare"}}
    settings = {"USAGE_STATUS_MAP": "SPARE=available"}
    async with of_samples("revnue", but={"/asset/": [row]}, settings=settings) as gateway:
        arguments = "filter: {status: {eq: AVAILABLE}}, orderBy: [{field: STATUS, direction: ASC}]"
        data = (await gateway.ask(f"{{ assets({arguments}) {{ nodes {{ status }} }} }}")).whole
    assert data["assets"]["nodes"] == [{"status": "AVAILABLE"}]


async def test_the_serial_number_called_list_is_never_asked_of_it() -> None:
    for filter_text in ('serialNumber: {eq: "list"}', 'search: "list"'):
        async with of_samples("revnue") as gateway:
            data = (await gateway.ask(f"{{ assets(filter: {{{filter_text}}}) {{ nodes {{ id }} }} }}")).whole
            assert data["assets"]["nodes"] == []
            assert all("list" not in call.params.values() for call in gateway.calls)


async def test_a_place_by_its_id_costs_one_get() -> None:
    query = f'{{ location(id: "revnue:Location:asset-4711") {leaves("Location")} }}'
    async with of_samples("revnue") as gateway:
        data, lines = await gateway.measure(query)
    assert without_empty(data["location"]) == PLACE
    assert lines == ["revnue /asset/4711/"]


async def test_an_asset_without_an_address_is_nowhere() -> None:
    bare = dict.fromkeys(("address", "city", "region", "country", "location_description"))
    row = sample("revnue", "asset") | bare
    async with of_samples("revnue", but={"/asset/": [row]}) as gateway:
        data = (await gateway.ask("{ assets { nodes { location { id } } } }")).whole
    assert data["assets"]["nodes"] == [{"location": None}]


# --- what its list can be asked


def by_vendor(parameters: str) -> str:
    filter_text = f"{{vendorParameters: {{vendor: REVNUE, parameters: {parameters}}}}}"
    return f"{{ assets(filter: {filter_text}) {{ nodes {{ id }} }} }}"


@pytest.mark.parametrize(
    ("filter_text", "params"),
    [
        ('name: {eq: "Core switch 1"}', {"name": "Core switch 1"}),
        ('manufacturer: {eq: "Cisco"}', {"manufacturer_name": "Cisco"}),
        # What Revnue finds by them is not documented to be all that we would.
        ('manufacturer: {contains: "cis"}', {}),
        ('serialNumber: {eq: "FOC1234A5B6"}', {}),
        ('customField: {name: "Rack unit", value: {eq: "3"}}', {}),
        ("supportStatus: {eq: NONE}, warrantyStatus: {eq: WITHIN_WARRANTY}", {}),
        ('warrantyProvider: {eq: "Cisco Systems"}, warrantyStartDate: {gte: "2024-01-15"}', {}),
    ],
)
async def test_what_finds_every_row_is_asked_of_it_and_the_rest_compared_here(
    filter_text: str, params: dict[str, str]
) -> None:
    async with of_samples("revnue") as gateway:
        data = (await gateway.ask(f"{{ assets(filter: {{{filter_text}}}) {{ nodes {{ id }} }} }}")).whole
        assert [call.params for call in gateway.calls] == [{"company": "1", **params}]
    assert data["assets"]["nodes"] == [{"id": "revnue:Asset:4711"}]


@pytest.mark.parametrize(
    ("parameters", "params"),
    [
        ('{serial_number: "FOC1234A5B6"}', {"serial_number": "FOC1234A5B6"}),
        ('{name: "a&b=c", manufacturer_name: "HPE"}', {"name": "a&b=c", "manufacturer_name": "HPE"}),
        (
            '{custom_form_id: 12, custom_form_name: "Rack unit", custom_form_value: "3"}',
            {"custom_form_id": "12", "custom_form_name": "Rack unit", "custom_form_value": "3"},
        ),
    ],
)
async def test_its_own_parameters_are_sent_as_they_are_and_its_answer_is_believed(
    parameters: str, params: dict[str, str]
) -> None:
    async with of_samples("revnue") as gateway:
        data = (await gateway.ask(by_vendor(parameters))).whole
        assert [call.params for call in gateway.calls] == [{"company": "1", **params}]
    assert data["assets"]["nodes"] == [{"id": "revnue:Asset:4711"}]


async def test_its_own_order_is_kept_from_page_to_page() -> None:
    """By dates that no row tells."""
    rows = [{**sample("revnue", "asset"), "id": native} for native in (30, 7, 200, 1, 12)]
    filter_text = '{vendorParameters: {vendor: REVNUE, parameters: {ordering: "-created_date"}}}'
    page_of = f"assets(first: 2, after: $after, filter: {filter_text})"
    shown = "nodes { nativeId } pageInfo { hasNextPage endCursor }"
    query = f"query ($after: String) {{ {page_of} {{ {shown} }} }}"
    native_ids: list[str] = []
    async with of_samples("revnue", but={"/asset/": rows}) as gateway:
        after = None
        while True:
            page = (await gateway.ask(query, after=after)).whole["assets"]
            native_ids += [node["nativeId"] for node in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        assert {call.params["ordering"] for call in gateway.calls} == {"-created_date"}
        ordered = (
            f"{{ assets(filter: {filter_text}, orderBy: [{{field: NAME}}]) {{ nodes {{ nativeId }} }} }}"
        )
        data = (await gateway.ask(ordered)).whole
    assert native_ids == ["30", "7", "200", "1", "12"]
    # An order of ours goes before the vendor's.
    assert [node["nativeId"] for node in data["assets"]["nodes"]] == ["1", "7", "12", "30", "200"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ('{ordering: "-price"}', "cannot be"),
        ('{ordering: "asset_id&company=2"}', "cannot be"),
        ('{serial_number: "list"}', "cannot be"),
        ('{serial_number: " LIST "}', "cannot be"),
        ('{serial_number: ""}', "cannot be"),
        ('{name: "a\\nb"}', "cannot be"),
        ('{req: "warranty"}', "no parameter"),
        ('{company: "2"}', "no parameter"),
        ('{custom_form_id: 12, custom_form_value: "3"}', "all together"),
        ('{custom_form_id: "1&x=2", custom_form_name: "a", custom_form_value: "b"}', "cannot be"),
        ("{name: true}", "takes text or a whole number"),
        ("{}", "takes names and values"),
        ('"name=x"', "takes names and values"),
    ],
)
@pytest.mark.parametrize("template", ["%s", "{not: %s}", '{or: [%s, {name: {eq: "x"}}]}'])
async def test_what_is_none_of_its_parameters_is_refused_before_any_call(
    parameters: str, message: str, template: str
) -> None:
    filter_text = template % f"{{vendorParameters: {{vendor: REVNUE, parameters: {parameters}}}}}"
    async with of_samples("revnue") as gateway:
        answer = await gateway.ask(f"{{ assets(filter: {filter_text}) {{ nodes {{ id }} }} }}")
        assert gateway.calls == []
    assert answer.codes == ["BAD_USER_INPUT"]
    assert message in answer.errors[0]["message"]


async def test_its_own_parameters_go_with_other_filters_and_ask_no_other_vendor(company: Company) -> None:
    mine = '{vendorParameters: {vendor: REVNUE, parameters: {manufacturer_name: "dell"}}}'
    shown = "nodes { id name manufacturer source { name } }"
    async with sandbox(company) as gateway:
        every = (
            await gateway.ask(f'{{ assets(first: 500, filter: {{source: {{eq: "revnue"}}}}) {{ {shown} }} }}')
        ).whole["assets"]["nodes"]
        expected = {node["id"] for node in every if "dell" in (node["manufacturer"] or "").lower()}
        data, lines = await gateway.measure(f"{{ assets(first: 500, filter: {mine}) {{ {shown} }} }}")
        assert lines == ["revnue /asset/"]
        assert {node["id"] for node in data["assets"]["nodes"]} == expected
        others, lines = await gateway.measure(
            f'{{ assets(first: 500, filter: {{source: {{eq: "revnue"}}, not: {mine}}}) {{ {shown} }} }}'
        )
        assert lines == ["revnue /asset/", "revnue /asset/"]
        assert {node["id"] for node in others["assets"]["nodes"]} == {node["id"] for node in every} - expected
    assert expected
    assert len(expected) < len(every)


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("WARRANTY_START_DATE", ("warranty", "startDate")),
        ("WARRANTY_END_DATE", ("warranty", "endDate")),
        ("SUPPORT_START_DATE", ("support", "startDate")),
        ("SUPPORT_END_DATE", ("support", "endDate")),
    ],
)
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_its_list_is_ordered_by_every_day_of_its_documents_in_one_call(
    company: Company, field: str, path: tuple[str, str], direction: str
) -> None:
    query = f"""{{ assets(first: 500, filter: {{source: {{eq: "revnue"}}}},
      orderBy: [{{field: {field}, direction: {direction}}}]) {{ nodes {{ {path[0]} {{ {path[1]} }} }} }} }}"""
    async with sandbox(company) as gateway:
        data, lines = await gateway.measure(query)
    assert lines == ["revnue /asset/"]
    days = [(node[path[0]] or {}).get(path[1]) for node in data["assets"]["nodes"]]
    present = [day for day in days if day is not None]
    assert len(set(present)) > 3
    assert days == sorted(present, reverse=direction == "DESC") + [None] * (len(days) - len(present))


async def test_a_custom_field_is_found_here_as_by_its_own_parameters(company: Company) -> None:
    async with sandbox(company) as gateway:
        fields = (await gateway.ask('{ assetFields(source: "revnue") { nativeId name } }')).whole[
            "assetFields"
        ]
        shown = "nodes { id customFields { name displayValue } }"
        every = (
            await gateway.ask(f'{{ assets(first: 500, filter: {{source: {{eq: "revnue"}}}}) {{ {shown} }} }}')
        ).whole["assets"]["nodes"]
        values = [
            (field["name"], field["displayValue"])
            for asset in every
            for field in asset["customFields"]
            if field["displayValue"] and [other["name"] for other in fields].count(field["name"]) == 1
        ]
        name, value = values[0]
        form = next(field["nativeId"] for field in fields if field["name"] == name).partition("-")[0]
        by_filter = (
            await gateway.ask(
                "query ($name: String!, $value: String!) { assets(first: 500, filter: {vendor: {eq: REVNUE}, "
                "customField: {name: $name, value: {eq: $value}}}) { nodes { id } } }",
                name=name,
                value=value,
            )
        ).whole
        by_parameters = (
            await gateway.ask(
                "query ($p: JSON!) { assets(first: 500, filter: {vendorParameters: {vendor: REVNUE, parameters: $p}}) "
                "{ nodes { id } } }",
                p={"custom_form_id": int(form), "custom_form_name": name, "custom_form_value": value},
            )
        ).whole
    assert by_filter == by_parameters
    assert by_filter["assets"]["nodes"]
