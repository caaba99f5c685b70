"""Conformance of every vendor, whichever folder is added: its description, bad rows, bad ids, faults."""

import re
from importlib.resources import files
from typing import Any

import graphql
import pytest

from gateway import settings, vendors
from gateway.app import open_sources, vendor_keys
from gateway.connector.description.record_fields import RECORD_FIELDS
from gateway.connector.description.resource import Resource
from gateway.connector.description.vocabulary import ENUMS, FILTERS, ORDERS, SEARCH_FIELDS, TYPES, FilterKind
from gateway.connector.fetching.source import Source
from gateway.testing import Conformance
from gateway.testing.selections import fields, types
from gateway.upstream.transport.via_httpx import HttpxTransport
from schema import enums
from tests.support.gateway import sandbox_sources
from tests.support.samples import ADDRESSES, vendor_case

VENDORS = sorted(vendors.load())

#: Names of records' fields that the schema does not show: what hides a row, and what others look up.
INSIDE = {"hidden", "AssetTypeDefinition.group"}


def opened(vendor: str) -> Source:
    environ = {
        f"GATEWAY_SOURCES__{vendor.upper()}__{key}": value for key, value in sandbox_sources()[vendor].items()
    }
    read = settings.load(config=None, environ=environ, vendors=vendor_keys())
    return open_sources(read, HttpxTransport())[vendor]


def resources() -> list[Any]:
    return [
        pytest.param(resource, id=f"{vendor}-{resource.type}")
        for vendor in VENDORS
        for resource in opened(vendor).resources.values()
    ]


def graphql_type(type_name: str) -> str | None:
    """The schema's name for one of the connector's types; None for tables that are not shown."""
    return next((ours for ours, names in TYPES.items() if type_name in names), None)


def camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


# --- descriptions


def test_every_vendor_is_tested_and_has_a_sandbox() -> None:
    assert set(VENDORS) == set(sandbox_sources()) == set(ADDRESSES)


def test_words_for_our_enums_may_only_be_those_of_the_enum() -> None:
    enums_of = {
        (vendor, key.name): key.choices
        for vendor, known in vendor_keys().items()
        for key in known.keys
        if key.name.endswith(("status_map", "priority_map"))
    }
    assert enums_of == {
        ("fiwit", "ticket_status_map"): ENUMS["Ticket.status"],
        ("halo", "status_map"): ENUMS["Asset.status"],
        ("halo", "ticket_status_map"): ENUMS["Ticket.status"],
        ("halo", "priority_map"): ENUMS["Ticket.priority"],
        ("revnue", "usage_status_map"): ENUMS["Asset.status"],
    }


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_sample_of_a_get_is_served_to_the_tests(vendor: str) -> None:
    """A sample that no test reads proves nothing. Those of writes, sign-ins and faults are tested elsewhere."""
    others = re.compile(
        r"create|update|import|check(in|out)|error|throttled|token|auth_info|clients|device_licences"
    )
    folder = files("gateway.vendors") / vendor / "samples"
    names = {file.name.removesuffix(".json") for file in folder.iterdir() if file.name.endswith(".json")}
    assert {name for name in names if not others.search(name)} <= set(ADDRESSES[vendor].values())


@pytest.mark.parametrize("resource", resources())
def test_every_field_and_link_is_one_of_the_schema(resource: Resource) -> None:
    shown = graphql_type(resource.type)
    if shown is None:
        return
    known = fields(shown)
    looked_at = {term.name for term in FILTERS[resource.type].values()} if resource.type in FILTERS else set()
    for name in (*resource.fields, *resource.links):
        if name in INSIDE or f"{resource.type}.{name}" in INSIDE or name in looked_at:
            continue
        outer, _, inner = name.partition(".")
        assert camel(outer) in known, name
        if inner:
            assert camel(inner) in fields(graphql.get_named_type(known[camel(outer)].type).name), name


@pytest.mark.parametrize("resource", resources())
def test_every_nested_list_is_a_list_of_the_schema(resource: Resource) -> None:
    shown = graphql_type(resource.type)
    for name, nested in resource.nested.items():
        assert shown is not None
        inner = graphql.get_named_type(fields(shown)[camel(name)].type).name
        assert inner.removesuffix("Connection") == graphql_type(nested.type)


@pytest.mark.parametrize("resource", resources())
def test_every_filter_is_one_of_the_types(resource: Resource) -> None:
    assert set(resource.filters) <= set(FILTERS.get(resource.type, {}))


class TestConformance(Conformance):
    cases = tuple(map(vendor_case, VENDORS))


# --- the vocabulary against the schema


def test_enums_are_in_the_declared_order() -> None:
    by_name = {
        "Asset.status": enums.AssetStatus,
        "Ticket.status": enums.TicketStatus,
        "Ticket.priority": enums.TicketPriority,
    }
    assert {name: list(enum) for name, enum in ENUMS.items()} == {
        name: [member.name for member in enum] for name, enum in by_name.items()
    }
    for name, values in ENUMS.items():
        type_name, field = name.split(".")
        declared = graphql.get_named_type(fields(type_name)[field].type)
        assert isinstance(declared, graphql.GraphQLEnumType)
        assert tuple(declared.values) == values


COMBINING = {"and", "or", "not"}
#: What connections to a parent narrow by, beside what the schema offers.
PARENTS = {"assetId", "licenceId", "id", "search", "source", "vendor", "secondarySerialNumber"}


@pytest.mark.parametrize("type_name", ["Asset", "Ticket", "Licence", "Location", "Checklist", "MeterReading"])
def test_the_schemas_filters_are_the_vocabularys(type_name: str) -> None:
    offered = set(fields(f"{type_name}Filter")) - COMBINING
    assert offered <= set(FILTERS[type_name])
    assert set(FILTERS[type_name]) - offered <= PARENTS


KINDS = {
    "StringFilter": {FilterKind.TEXT, FilterKind.SERIAL, FilterKind.SOURCE},
    "IDFilter": {FilterKind.LINK, FilterKind.OWN_ID},
    "VendorFilter": {FilterKind.VENDOR},
    "AssetStatusFilter": {FilterKind.ENUM},
    "WarrantyStatusFilter": {FilterKind.ENUM},
    "SupportStatusFilter": {FilterKind.ENUM},
    "TicketStatusFilter": {FilterKind.ENUM},
    "TicketPriorityFilter": {FilterKind.ENUM},
    "DateFilter": {FilterKind.RANGE},
    "DateTimeFilter": {FilterKind.RANGE},
    "DecimalFilter": {FilterKind.RANGE},
    "IntFilter": {FilterKind.RANGE},
    "CustomFieldFilter": {FilterKind.CUSTOM},
    "VendorParameters": {FilterKind.PARAMETERS},
    "Boolean": {FilterKind.FLAG},
    "String": {FilterKind.SEARCH},
}


@pytest.mark.parametrize("type_name", ["Asset", "Ticket", "Licence", "Location", "Checklist", "MeterReading"])
def test_each_filter_compares_as_its_input_type_says(type_name: str) -> None:
    for name, field in fields(f"{type_name}Filter").items():
        if name not in COMBINING:
            term = FILTERS[type_name][name]
            assert term.kind in KINDS[graphql.get_named_type(field.type).name], name
            if term.kind is FilterKind.LINK:
                assert term.type in TYPES, name


@pytest.mark.parametrize("type_name", ["Asset", "Ticket"])
def test_the_schemas_orders_are_the_vocabularys(type_name: str) -> None:
    offered = types().type_map[f"{type_name}OrderField"]
    assert isinstance(offered, graphql.GraphQLEnumType)
    assert set(offered.values) == set(ORDERS[type_name])
    for name, term in ORDERS[type_name].items():
        outer, _, inner = term.name.partition(".")
        field = fields(type_name)[camel(outer)]
        if inner:
            field = fields(graphql.get_named_type(field.type).name)[camel(inner)]
        assert (term.kind is FilterKind.ENUM) is isinstance(
            graphql.get_named_type(field.type), graphql.GraphQLEnumType
        ), name


def test_every_search_looks_at_fields_that_there_are() -> None:
    assert {"name", "asset_tag", "serial_number", "model", "manufacturer"} <= set(SEARCH_FIELDS["Asset"])
    for type_name, names in SEARCH_FIELDS.items():
        assert {camel(name) for name in names} <= set(fields(type_name))


def test_the_types_of_ids_are_the_schemas_nodes() -> None:
    node = types().type_map["Node"]
    assert isinstance(node, graphql.GraphQLInterfaceType)
    type_names = {node_type.name for node_type in types().get_possible_types(node)} - {
        "Source",
        "UnifiedAsset",
    }
    assert set(TYPES) == type_names


#: Fields that the gateway fills itself.
OWN_FIELDS = {"id", "source", "sameAs", "sameAsConnection", "unified"}


def test_the_names_that_records_may_have_are_those_of_the_schema() -> None:
    parts = {"Warranty", "Support", "ServiceContract"}
    for type_name, names in RECORD_FIELDS.items():
        shown: set[str] = set()
        for name, field in fields(type_name).items():
            inner = graphql.get_named_type(field.type).name
            shown |= {f"{name}.{part}" for part in fields(inner)} if inner in parts else {name}
        assert {".".join(map(camel, name.split("."))) for name in names} == shown - OWN_FIELDS
    assert set(RECORD_FIELDS) == set(TYPES)
