"""The entity model as the parsing library's own type model, which it checks names and types against."""

from collections.abc import Mapping

from odatapy.edm.csdl import (
    CsdlAbstractEdmProvider,
    CsdlEntityContainer,
    CsdlEntitySet,
    CsdlEntityType,
    CsdlNavigationProperty,
    CsdlProperty,
    CsdlPropertyRef,
    CsdlSchema,
)
from odatapy.edm.model import Edm

from gateway.tables.columns import ColumnKind
from gateway.tables.odata.model import NAMESPACE, EntityModel, EntitySet

EDM_TYPES: Mapping[ColumnKind, str] = {
    ColumnKind.TEXT: "Edm.String",
    ColumnKind.INTEGER: "Edm.Int64",
    ColumnKind.DECIMAL: "Edm.Decimal",
    ColumnKind.BOOLEAN: "Edm.Boolean",
    ColumnKind.DATE: "Edm.Date",
    ColumnKind.TIMESTAMP: "Edm.DateTimeOffset",
}


class TypeModelProvider(CsdlAbstractEdmProvider):
    """Gives one schema."""

    def __init__(self, schema: CsdlSchema) -> None:
        self._schema_list = [schema]

    def get_schemas(self) -> list[CsdlSchema]:
        """The schema."""
        return self._schema_list


def type_model(model: EntityModel) -> Edm:
    """The library's type model."""
    container = CsdlEntityContainer(
        name="Container",
        entity_sets=[
            CsdlEntitySet(name=entity_set.name, type=f"{NAMESPACE}.{entity_set.type}")
            for entity_set in model.sets.values()
        ],
    )
    types = [_type(entity_set, model) for entity_set in model.sets.values()]
    schema = CsdlSchema(namespace=NAMESPACE, entity_types=types, entity_container=container)
    return Edm.from_provider(TypeModelProvider(schema))


def _type(entity_set: EntitySet, model: EntityModel) -> CsdlEntityType:
    return CsdlEntityType(
        name=entity_set.type,
        key=[CsdlPropertyRef(name) for name in entity_set.key],
        properties=[
            CsdlProperty(name=column.name, type=EDM_TYPES[column.kind], nullable=not column.required)
            for column in entity_set.columns.values()
        ],
        navigation_properties=[
            CsdlNavigationProperty(name=link.name, type=f"{NAMESPACE}.{model.sets[link.target].type}")
            for link in entity_set.links.values()
        ],
    )
