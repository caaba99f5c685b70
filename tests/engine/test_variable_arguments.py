"""An argument means the same as a literal, as a variable, and as a literal with variables in it."""

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.sandbox import Company
from tests.support.gateway import sandbox

_SELECTED = "{ nodes { id } edges { cursor } totalCount }"

#: A literal argument; the same with variables; and the runs of the latter, each with its literal's variables.
CASES: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "an operand": (
        '{ assets(first: 20, filter: {name: {contains: "a"}, not: {status: {eq: RETIRED}}}) @ }',
        (
            "query($a: String, $s: AssetStatus) "
            "{ assets(first: 20, filter: {name: {contains: $a}, not: {status: {eq: $s}}}) @ }"
        ),
        {"a": "a", "s": "RETIRED"},
    ),
    "a filter and an order": (
        (
            '{ assets(first: 20, filter: {manufacturer: {contains: "e"}}, orderBy: [{field: LOCATION}, '
            "{field: SERIAL_NUMBER, direction: DESC}]) @ }"
        ),
        "query($f: AssetFilter, $o: [AssetOrder!]) { assets(first: 20, filter: $f, orderBy: $o) @ }",
        {
            "f": {"manufacturer": {"contains": "e"}},
            "o": [{"field": "LOCATION"}, {"field": "SERIAL_NUMBER", "direction": "DESC"}],
        },
    ),
    "a filter in a list": (
        '{ assets(first: 20, filter: {or: [{search: "dell"}, {assetTag: {contains: "1"}}]}) @ }',
        (
            "query($f: AssetFilter!, $n: Int) "
            '{ assets(first: $n, filter: {or: [$f, {assetTag: {contains: "1"}}]}) @ }'
        ),
        {"f": {"search": "dell"}, "n": 20},
    ),
    "a variable without a value": (
        "{ assets(filter: {name: {}}) @ }",
        (
            "query($a: String, $n: Int, $o: [AssetOrder!]) "
            "{ assets(first: $n, filter: {name: {contains: $a}}, orderBy: $o) @ }"
        ),
        {},
    ),
    "null": (
        "{ assets(first: 5, filter: null, orderBy: null) @ }",
        "query($f: AssetFilter, $o: [AssetOrder!]) { assets(first: 5, filter: $f, orderBy: $o) @ }",
        {"f": None, "o": None},
    ),
    "a list of one": (
        "{ assets(first: 5, orderBy: [{field: MODEL}]) @ }",
        "query($o: AssetOrder!) { assets(first: 5, orderBy: [$o]) @ }",
        {"o": {"field": "MODEL"}},
    ),
    "a nested list": (
        (
            '{ locations(first: 3) { nodes { assets(first: 5, filter: {model: {contains: "a"}}, '
            "orderBy: [{field: STATUS}]) @ } } }"
        ),
        (
            "query($f: AssetFilter, $o: [AssetOrder!]) "
            "{ locations(first: 3) { nodes { assets(first: 5, filter: $f, orderBy: $o) @ } } }"
        ),
        {"f": {"model": {"contains": "a"}}, "o": [{"field": "STATUS"}]},
    ),
    "groups": (
        "{ assetCounts(by: [LOCATION, STATUS]) { buckets { values labels count } } }",
        "query($b: [AssetGroup!]!) { assetCounts(by: $b) { buckets { values labels count } } }",
        {"b": ["LOCATION", "STATUS"]},
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_variables_mean_what_literals_mean(company: Company, name: str) -> None:
    literal, with_variables, variables = CASES[name]
    async with sandbox(company) as gateway:
        expected = await gateway.ask(literal.replace("@", _SELECTED))
    async with sandbox(company) as gateway:
        answer = await gateway.ask(with_variables.replace("@", _SELECTED), **variables)
        assert answer.body == expected.body
        assert answer.data is not None


async def test_one_document_with_other_terms_reads_other_fields(company: Company) -> None:
    """What is decoded of a list's rows depends on the terms in the variables, not on those of an earlier run."""
    query = "query($f: AssetFilter) { assets(first: 100, filter: $f) { totalCount nodes { id } } }"
    async with sandbox(company, environ={"GATEWAY_CACHE__ENABLED": "false"}) as gateway:
        totals = []
        for filter_input in (
            {"name": {"isNull": True}},
            {"status": {"eq": "IN_USE"}},
            {"model": {"isNull": False}},
        ):
            answer = await gateway.ask(query, f=filter_input)
            totals.append(answer.data["assets"]["totalCount"])
    async with sandbox(company) as gateway:
        expected = await gateway.ask(
            "{ a: assets(filter: {name: {isNull: true}}) { totalCount } "
            "b: assets(filter: {status: {eq: IN_USE}}) { totalCount } "
            "c: assets(filter: {model: {isNull: false}}) { totalCount } }"
        )
    assert totals == [page["totalCount"] for page in expected.data.values()]
