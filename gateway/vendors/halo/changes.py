"""
Halo's records of changes to devices and licences. Halo API, "DeviceChange" and "LicenceChange".

Their ids are not unique: those of devices start anew with each device. Ids here are compound.
"""

import re
from datetime import tzinfo

from gateway.connector.description import convert
from gateway.connector.description.fields import computed, free_text, link, query_param, text
from gateway.connector.description.resource import Field, ListLookup, Resource
from gateway.connector.description.row_types import Row
from gateway.literals import is_digits
from gateway.vendors.halo.lists import NO_ID, moment, paged_list
from gateway.vendors.halo.writes import CHANGE_ACTIONS

_ID = re.compile(r"[0-9]{1,18}-[0-9]{1,18}-[0-9]{1,18}-[0-9]{0,25}")


def _change_id(row: Row, parent: str, moment_key: str) -> str | None:
    """
    Compound id: parent, number, field and the digits of the time.

    >>> _change_id({"id": 3, "asset_id": 41, "field_id": 7, "datetime": "2026-01-02T03:04:05"}, "asset_id", "datetime")
    '41-3-7-20260102030405'
    """
    native_id = convert.identity(row.get("id"))
    if native_id is None:
        return None
    digits = re.sub(r"\D", "", convert.text(row.get(moment_key)) or "")[:25]
    return f"{_number(row.get(parent))}-{native_id}-{_number(row.get('field_id'))}-{digits}"


def _number(raw: object) -> str:
    number = convert.identity(raw)
    return number if number is not None and is_digits(number) else "0"


def asset_changes(zone: tzinfo) -> Resource:
    """Change records of devices."""
    return Resource(
        type="ChangeRecord",
        id_form=_ID,
        list=paged_list("/AssetChange", "changes", "assetchanges"),
        actions=CHANGE_ACTIONS,
        list_lookup=ListLookup(params=lambda native_id: {"asset_id": native_id.split("-")[0]}),
        filters={"assetId": query_param("asset_id", exact=True)},
        fields={
            "native_id": computed(lambda row: _change_id(row, "asset_id", "datetime")),
            **_fields(zone),
        },
        links={"asset": link("Asset", "asset_id", null_ids=NO_ID)},
    )


def licence_changes(zone: tzinfo) -> Resource:
    """Change records of licences."""
    return Resource(
        type="LicenceChange",
        id_form=_ID,
        list=paged_list("/LicenceChange", "licencechanges", "changes"),
        list_lookup=ListLookup(params=lambda native_id: {"licence_id": native_id.split("-")[0]}),
        filters={"licenceId": query_param("licence_id", exact=True)},
        fields={
            "native_id": computed(lambda row: _change_id(row, "licence_id", "datetime")),
            **_fields(zone),
        },
        links={"licence": link("Licence", "licence_id", null_ids=NO_ID)},
    )


def _fields(zone: tzinfo) -> dict[str, Field]:
    return {
        "field": text("field_name", "field_desc"),
        "old_value": free_text("old_value"),
        "new_value": free_text("new_value"),
        "changed_by": text("who"),
        "changed_at": moment("datetime", "change_date", zone=zone),
    }
