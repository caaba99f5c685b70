"""The service document, and `$metadata`: the model as CSDL 4.0 in XML, with what the service can do as annotations."""

from collections.abc import Iterable, Iterator, Mapping
from xml.sax.saxutils import quoteattr

import msgspec

from gateway.tables.columns import ColumnKind, FlatColumn
from gateway.tables.odata.model import NAMESPACE, EntityModel, EntitySet

_TYPES: Mapping[ColumnKind, Mapping[str, str]] = {
    ColumnKind.TEXT: {"Type": "Edm.String"},
    ColumnKind.INTEGER: {"Type": "Edm.Int64"},
    ColumnKind.DECIMAL: {"Type": "Edm.Decimal", "Precision": "38", "Scale": "9"},
    ColumnKind.BOOLEAN: {"Type": "Edm.Boolean"},
    ColumnKind.DATE: {"Type": "Edm.Date"},
    ColumnKind.TIMESTAMP: {"Type": "Edm.DateTimeOffset", "Precision": "6"},
}
_VOCABULARIES = {
    "Core": "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Core.V1.xml",
    "Capabilities": "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Capabilities.V1.xml",
    "Aggregation": "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Aggregation.V1.xml",
}
#: Without the first, Power BI sends one request at a time.
_OF_THE_SERVICE = {
    "Capabilities.AsynchronousRequestsSupported": True,
    "Capabilities.BatchSupported": False,
    "Capabilities.KeyAsSegmentSupported": False,
}
_RESTRICTIONS = {
    "InsertRestrictions": "Insertable",
    "UpdateRestrictions": "Updatable",
    "DeleteRestrictions": "Deletable",
}


def service_document(model: EntityModel, context: str) -> bytes:
    """The entity sets, as JSON."""
    sets = [{"name": name, "kind": "EntitySet", "url": name} for name in model.sets]
    return msgspec.json.encode({"@odata.context": context, "value": sets})


def metadata_document(model: EntityModel) -> bytes:
    """The model as XML."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">',
        *(
            f'<edmx:Reference Uri="{uri}">'
            f'<edmx:Include Namespace="Org.OData.{name}.V1" Alias="{name}"/></edmx:Reference>'
            for name, uri in _VOCABULARIES.items()
        ),
        "<edmx:DataServices>",
        f'<Schema Namespace="{NAMESPACE}" xmlns="http://docs.oasis-open.org/odata/ns/edm">',
        *(line for entity_set in model.sets.values() for line in _type(entity_set, model)),
        '<EntityContainer Name="Container">',
        *(line for entity_set in model.sets.values() for line in _set(entity_set)),
        *(_flag(term, value=value) for term, value in _OF_THE_SERVICE.items()),
        "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>",
    ]
    return "\n".join(lines).encode()


def _type(entity_set: EntitySet, model: EntityModel) -> Iterator[str]:
    yield f'<EntityType Name="{entity_set.type}"><Key>'
    yield from (f'<PropertyRef Name="{name}"/>' for name in entity_set.key)
    yield "</Key>"
    for column in entity_set.columns.values():
        attributes = _attributes(_property(column, is_key=column.name in entity_set.key).items())
        yield f"<Property {attributes}>{_description(column.description)}</Property>"
    for link in entity_set.links.values():
        yield (
            f'<NavigationProperty Name="{link.name}" Type="{NAMESPACE}.{model.sets[link.target].type}">'
            f'<ReferentialConstraint Property="{link.column}" ReferencedProperty="id"/></NavigationProperty>'
        )
    yield f"{_description(entity_set.table.description)}</EntityType>"


def _property(column: FlatColumn, *, is_key: bool) -> Mapping[str, str]:
    is_required = column.required or is_key
    return {
        "Name": column.name,
        **_TYPES[column.kind],
        **({"Nullable": "false"} if is_required else {}),
    }


def _set(entity_set: EntitySet) -> Iterator[str]:
    yield f'<EntitySet Name="{entity_set.name}" EntityType="{NAMESPACE}.{entity_set.type}">'
    for link in entity_set.links.values():
        yield f'<NavigationPropertyBinding Path="{link.name}" Target="{link.target}"/>'
    for restriction, ability in _RESTRICTIONS.items():
        yield (
            f'<Annotation Term="Capabilities.{restriction}"><Record>'
            f'<PropertyValue Property="{ability}" Bool="false"/></Record></Annotation>'
        )
    yield _flag("Capabilities.TopSupported", value=True)
    yield _flag("Capabilities.SkipSupported", value=True)
    yield (
        '<Annotation Term="Aggregation.ApplySupported"><Record><PropertyValue Property="Transformations">'
        "<Collection><String>filter</String><String>groupby</String><String>aggregate</String></Collection>"
        "</PropertyValue></Record></Annotation>"
    )
    yield "</EntitySet>"


def _flag(term: str, *, value: bool) -> str:
    return f'<Annotation Term="{term}" Bool="{str(value).lower()}"/>'


def _description(text: str) -> str:
    return f'<Annotation Term="Core.Description" String={quoteattr(text)}/>' if text else ""


def _attributes(attributes: Iterable[tuple[str, str]]) -> str:
    return " ".join(f"{name}={quoteattr(value)}" for name, value in attributes)
