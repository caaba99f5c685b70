"""Revnue's custom form templates: the fields that customers add. Revnue API, "List Custom Form Template"."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.fields import free_text, identity, text
from gateway.connector.description.paging import NextAddress
from gateway.connector.description.resource import List, Resource, Ttl
from gateway.connector.description.row_types import Row


def _fields(template: Row) -> Sequence[Row]:
    """A row for each field. A field's id is unique within its template only: ids here are compound, of both."""
    fields = template.get("fields")
    rows: list[dict[str, Any]] = []
    for field in fields if isinstance(fields, list) else ():
        native_id = convert.identity(field.get("id")) if isinstance(field, Mapping) else None
        if native_id is not None:
            rows.append(
                {**field, "id": f"{convert.identity(template.get('id'))}-{native_id}", "template": template}
            )
    return rows


FIELDS = Resource(
    type="FieldDefinition",
    id_form=re.compile(r"[0-9]{1,18}-[0-9]{1,18}"),
    list=List(
        path="/custom-form-template/",
        allows_single=True,
        paging=NextAddress(next_path="next", total_path="count"),
        row_filter=lambda row: row.get("type", "asset") == "asset",
        explode=_fields,
        ttl=Ttl.DEFINITION,
    ),
    fields={
        "native_id": identity("id"),
        "name": text("name"),
        "type": text("data_type"),
        "applies_to": text("template.name", "template.form_title"),
        "description": free_text("template.form_desc"),
    },
)
