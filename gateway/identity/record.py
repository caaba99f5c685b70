"""Identity records: the facts of a list row that identity is decided on, in the schema's words."""

from datetime import date

from msgspec import Struct


class IdentityRecord(Struct, frozen=True, gc=False):
    """
    A vendor's list row. A struct of plain values costs the garbage collector nothing, and two readings of a row
    compare at once.

    `id` is the asset's global id, unique; `source` the name of the configured source.
    """

    id: str
    source: str
    serial_number: str | None = None
    secondary_serial_number: str | None = None
    asset_tag: str | None = None
    name: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    organisation: str | None = None
    purchase_date: date | None = None
    warranty_end: date | None = None
    mac_address: str | None = None
