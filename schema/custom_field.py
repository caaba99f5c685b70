"""Values of fields that a vendor's customer has added."""

import strawberry

from schema.scalars import JSON


@strawberry.type(
    description=(
        "One value of a field that the vendor's customer has added: Fiwit's custom fields, Halo's asset "
        "fields and custom fields, Revnue's form template."
    )
)
class CustomField:
    id: str | None = strawberry.field(
        description=(
            "The field's id at the vendor, the same on every record. Null for Revnue, which knows fields by "
            "name."
        )
    )
    name: str = strawberry.field(
        description="What the field is called. For Fiwit it is looked up in the field definitions, read once."
    )
    type: str | None = strawberry.field(
        description="The vendor's word for the kind of value, such as `string`."
    )
    value: JSON | None = strawberry.field(
        description=(
            "The value as the vendor stores it. Fiwit: always a string. Halo: for a choice, the number of "
            "the option; its text is in `displayValue`."
        )
    )
    display_value: str | None = strawberry.field(description="The value as a person would read it.")
