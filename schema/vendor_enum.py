"""The enum `Vendor`: its values are the vendors that are installed."""

from collections.abc import Iterable
from enum import StrEnum

import strawberry
from graphql import GraphQLEnumValue
from strawberry.schema.schema_converter import CustomGraphQLEnumType

from gateway.connector.description.resource import Vendor


def set_vendors(schema: strawberry.Schema, vendors: Iterable[Vendor]) -> None:
    """
    Give the enum a value for each vendor, in the order of their names.

    The declared enum (`schema.enums.Vendor`) has one value in their place, which is never seen.
    """
    described = {
        vendor.enum_value: vendor.about or f"{vendor.name}."
        for vendor in sorted(vendors, key=lambda vendor: vendor.name)
    }
    enum_type = schema._schema.type_map["Vendor"]  # noqa: SLF001
    assert isinstance(enum_type, CustomGraphQLEnumType)
    members = [(name, name) for name in described]
    enum_type.wrapped_cls = StrEnum("Vendor", members)  # type: ignore[misc]
    enum_type.values = {
        name: GraphQLEnumValue(name, description=description) for name, description in described.items()
    }
    enum_type.__dict__.pop("_value_lookup", None)  # graphql-core's index of the values before
