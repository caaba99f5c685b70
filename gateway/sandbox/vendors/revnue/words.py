"""What the sandbox's Revnue account is set up with: categories, parties, forms, and the fields of a write."""

from typing import NamedTuple


class FormField(NamedTuple):
    """A column of a custom form."""

    id: int
    name: str
    data_type: str  # "date" | "money" | "number" | "text" | "attachment"


class Form(NamedTuple):
    """A custom form template."""

    id: int
    name: str
    type: str  # "asset" | "contract" | "customer" | "supplier"
    fields: tuple[FormField, ...]


COMPANY_ID = 1
CATEGORIES = {
    61: ("End user computing", ("Laptop", "Desktop", "Monitor", "Phone")),
    64: ("Data centre", ("Server",)),
    67: ("Network and print", ("Switch", "Printer")),
}
PARTIES = {
    401: "Brambling Warranty Desk",
    404: "Pennine IT Supplies Ltd",
    409: "Dell Technologies",
    412: "HP Services",
    417: "Third Line Support BV",
}
BUSINESS_UNITS = {31: "Research", 34: "Operations", 38: "Shared Services"}
USAGE = {1: "production", 2: "non_production", 3: "other", 4: "none"}
USAGE_OF_STATE = {"deployed": 1, "available": 2, "maintenance": 3, "retired": 4}
CUSTOMERS = {210: "Fenwick Forecasting", 214: "Kanaal Logistiek NV"}

MAC, IP, RACK, BUDGET, AUDIT = 301, 302, 303, 304, 305
FORMS = (
    Form(
        12,
        "IT hardware",
        "asset",
        (
            FormField(MAC, "MAC address", "text"),
            FormField(IP, "IP address", "text"),
            FormField(RACK, "Rack unit", "number"),
            FormField(BUDGET, "Replacement budget", "money"),
            FormField(AUDIT, "Last audit", "date"),
        ),
    ),
    Form(15, "Contract extras", "contract", (FormField(330, "Signed copy", "attachment"),)),
    Form(18, "Hardware (old)", "asset", (FormField(341, "Room", "text"),)),
)
INACTIVE_FORMS = frozenset({18})

_KINDS = ("none", "oem", "oem_extended", "third_party")
CHOICES = {
    "warranty_type": (
        *_KINDS, "advanced_replacement_warranty", "standard_manufacturer_warranty", "gold_level_support",
    ),
    "support_type": _KINDS,
    "depreciation_schedule": ("other", "3_year_33_percent", "5_year_20_percent", "10_year_10_percent"),
    "contract_type": ("buy_side", "sell_side"),
    "status": ("active", "archived", "cancelled", "draft", "expired", "suspended", "terminated"),
    "end_of_term_clause": ("auto_expires", "auto_renewed"),
    "end_of_term_action": ("allow_auto_renew", "allow_expiration", "disallow_auto_renew", "renegotiate"),
    "payment_terms": ("custom", "net_30", "net_45", "net_60"),
    "financing": ("custom", "financed", "leased", "self_paid"),
}  # fmt: skip

ASSET_FIELDS = {
    "name": "required", "contract": "key", "category": "category", "manufacturer": "text",
    "serial_number": "text", "address": "text", "city": "text", "country": "key",
    "location_description": "text", "asset_owner": "key", "business_unit": "key",
    "warranty_type": "choice", "warranty_provider": "key", "end_of_life_date": "date",
    "warranty_start_date": "date", "warranty_end_date": "date", "warranty_contact_phone": "text",
    "warranty_contact_email": "text", "warranty_notes": "text", "support_type": "choice",
    "support_provider": "key", "attached_supplier": "key", "end_of_support_date": "date",
    "support_start_date": "date", "support_end_date": "date", "support_contact_phone": "text",
    "support_contact_email": "text", "support_notes": "text", "usage_status": "usage",
    "asset_tag": "text", "asset_notes": "text", "original_cost": "money", "service_start_date": "date",
    "depreciation_schedule": "choice", "estimated_salvage_value": "money", "financial_notes": "text",
    "template": "template", "pseudo_number": "text", "unit": "text", "bldng_name": "text",
    "street": "text", "floor": "text", "room": "text", "area": "text", "state_province": "text",
    "zip_code": "text", "general_info_notes": "text", "business_entity_type": "text",
    "customer_part_number": "text",
}  # fmt: skip
CONTRACT_FIELDS = {
    "contract_type": "choice", "name": "required", "number": "text", "parent_contract": "key",
    "customer": "key", "supplier": "key", "country": "key", "status": "choice", "category": "category",
    "description": "text", "business_unit": "key", "contract_start_date": "date",
    "contract_end_date": "date", "notice_period": "integer", "service_start_date": "date",
    "end_of_term_clause": "choice", "end_of_term_action": "choice", "timeline_notes": "text",
    "total_contract_spend_value": "money", "mrc": "money", "nrc": "money", "payment_terms": "choice",
    "financing": "choice", "financial_notes": "text", "template": "template",
}  # fmt: skip
