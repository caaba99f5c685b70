"""Names of the fields, links and nested records of each type: those of the public schema, in snake case."""

from collections.abc import Iterable, Mapping

from gateway.connector.description.vocabulary import FILTERS, TYPES

#: By the schema's type. A dot stands between an object inside the record and its field.
RECORD_FIELDS: Mapping[str, frozenset[str]] = {
    "Asset": frozenset(
        {
            "native_id",
            "name",
            "asset_tag",
            "serial_number",
            "secondary_serial_number",
            "status",
            "status_raw",
            "manufacturer",
            "model",
            "category",
            "asset_type",
            "organisation",
            "ip_address",
            "mac_address",
            "purchase_date",
            "purchase_cost",
            "warranty.status",
            "warranty.type",
            "warranty.provider",
            "warranty.start_date",
            "warranty.end_date",
            "warranty.end_of_life_date",
            "warranty.contact_phone",
            "warranty.contact_email",
            "warranty.notes",
            "support.status",
            "support.type",
            "support.provider",
            "support.start_date",
            "support.end_date",
            "support.contact_phone",
            "support.contact_email",
            "support.notes",
            "supplier",
            "depreciation_schedule",
            "salvage_value",
            "notes",
            "created_at",
            "updated_at",
            "deleted_at",
            "custom_fields",
            "qr_code_url",
            "location",
            "assigned_to",
            "owner",
            "contract",
            "tickets",
            "licences",
            "checklists",
            "meter_readings",
            "checkout_history",
            "changes",
            "software",
        }
    ),
    "Person": frozenset(
        {
            "native_id",
            "name",
            "email",
            "phone",
            "role",
            "assets",
        }
    ),
    "Location": frozenset(
        {
            "native_id",
            "name",
            "code",
            "address",
            "city",
            "region",
            "country",
            "postal_code",
            "organisation",
            "assets",
        }
    ),
    "Ticket": frozenset(
        {
            "native_id",
            "subject",
            "description",
            "status",
            "status_raw",
            "priority",
            "priority_raw",
            "ticket_type",
            "organisation",
            "url",
            "created_at",
            "updated_at",
            "due_at",
            "closed_at",
            "custom_fields",
            "requester",
            "assignee",
            "location",
            "assets",
        }
    ),
    "Licence": frozenset(
        {
            "native_id",
            "name",
            "licence_type",
            "quantity",
            "in_use",
            "available",
            "manufacturer",
            "supplier",
            "sku",
            "purchase_price",
            "unit_price",
            "start_date",
            "end_date",
            "active",
            "auto_renew",
            "billing_cycle",
            "organisation",
            "location",
            "roles",
            "assets",
            "changes",
        }
    ),
    "LicenceRole": frozenset(
        {
            "native_id",
            "name",
            "note",
        }
    ),
    "Checklist": frozenset(
        {
            "native_id",
            "chassis_serial_number",
            "assembly_serial_number",
            "status",
            "server_type",
            "server_reference",
            "built_by",
            "service_contract.name",
            "service_contract.description",
            "service_contract.duration_years",
            "created_at",
            "updated_at",
            "items",
            "checked_count",
            "item_count",
            "asset",
            "test_results",
        }
    ),
    "MeterReading": frozenset(
        {
            "native_id",
            "meter_name",
            "reading",
            "previous_reading",
            "delta",
            "taken_at",
            "taken_by",
            "reason",
            "reviewed",
            "warning",
            "asset",
            "ticket",
        }
    ),
    "ChangeRecord": frozenset(
        {
            "native_id",
            "field",
            "old_value",
            "new_value",
            "changed_by",
            "changed_at",
            "asset",
            "licence",
        }
    ),
    "SoftwareInstallation": frozenset(
        {
            "native_id",
            "name",
            "version",
            "installed_on",
            "last_used_on",
            "asset",
            "licence",
        }
    ),
    "LicenceInfo": frozenset(
        {
            "native_id",
            "name",
            "organisation",
            "version",
            "api_url",
            "is_trial",
            "support_type",
            "trial_ends_on",
            "registered_at",
            "location",
        }
    ),
    "Certificate": frozenset(
        {
            "native_id",
            "name",
            "subject",
            "issuer",
            "thumbprint",
        }
    ),
    "Contract": frozenset(
        {
            "native_id",
            "number",
            "name",
            "status",
            "start_date",
            "end_date",
        }
    ),
    "Order": frozenset(
        {
            "native_id",
            "status",
            "created_at",
            "payload",
        }
    ),
    "AssetTypeDefinition": frozenset(
        {
            "native_id",
            "name",
        }
    ),
    "FieldDefinition": frozenset(
        {
            "native_id",
            "name",
            "type",
            "applies_to",
            "description",
            "default_value",
        }
    ),
}

#: Names that the schema does not show: what hides a row, and what the fields of other records are looked up by.
INTERNAL_FIELDS = frozenset({"hidden", "group"})


def known_fields(type_name: str) -> frozenset[str] | None:
    """
    Every name that a resource of this type may declare, None for a reference table that the schema does not show.

    >>> "serial_number" in known_fields("Asset"), "serial_numbr" in known_fields("Asset"), known_fields("TicketStatus")
    (True, False, None)
    """
    shown = next((shown for shown, names in TYPES.items() if type_name in names), None)
    if shown is None:
        return None
    compared: Iterable[str] = (term.name for term in FILTERS.get(type_name, {}).values() if term.name)
    return RECORD_FIELDS[shown].union(INTERNAL_FIELDS, compared)
