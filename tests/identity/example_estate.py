"""The examples of what one thing is, as identity records."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from gateway.identity.record import IdentityRecord

_WORDS = {
    "id": "id",
    "source": "source",
    "serialNumber": "serial_number",
    "secondarySerialNumber": "secondary_serial_number",
    "assetTag": "asset_tag",
    "name": "name",
    "manufacturer": "manufacturer",
    "model": "model",
    "organisation": "organisation",
    "macAddress": "mac_address",
}


def load_examples() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent / "examples.json").read_text(encoding="utf-8")))


def example_record(row: dict[str, Any]) -> IdentityRecord:
    purchase_date = row.get("purchaseDate")
    return IdentityRecord(
        **{_WORDS[key]: value for key, value in row.items() if key in _WORDS},
        purchase_date=date.fromisoformat(purchase_date) if purchase_date else None,
    )
