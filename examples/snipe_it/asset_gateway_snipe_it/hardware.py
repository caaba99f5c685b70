"""Hardware is Snipe-IT's name for assets. API reference, "/hardware"."""

from datetime import UTC, tzinfo

from asset_gateway_snipe_it.lists import listed, text
from asset_gateway_snipe_it.writes import ACTIONS
from gateway.connector.description import convert
from gateway.connector.description.fields import (
    day,
    get_path,
    identity,
    link,
    mapped,
    moment,
    money,
    query_param,
)
from gateway.connector.description.resource import Get, Link, Resource
from gateway.connector.description.row_types import ReferenceTables, Row
from gateway.connector.description.warranty import status_by_end

#: `status_meta`: the type of the status label, and `deployed` for what is checked out. What is undeployable may be
#: broken, lost or stolen, and what is pending may be on its way: for those there is `statusRaw`.
STATUS = {"deployed": "IN_USE", "deployable": "AVAILABLE", "archived": "RETIRED"}


def _user_id(row: Row, _: ReferenceTables) -> str | None:
    """Assets are checked out to users, to locations and to other assets."""
    is_user = get_path(row, "assigned_to.type") == "user"
    return convert.identity(get_path(row, "assigned_to.id")) if is_user else None


def _user_row(row: Row) -> Row | None:
    assigned_to = row.get("assigned_to")
    return assigned_to if isinstance(assigned_to, dict) else None


def hardware(number_form: str, zone: tzinfo | None) -> Resource:
    """Assets of one installation, which writes amounts in this form, and local time without an offset."""
    return Resource(
        type="Asset",
        list=listed("/hardware"),
        get=Get(path="/hardware/{id}"),
        filters={"locationId": query_param("location_id")},
        actions=ACTIONS,
        fields={
            "native_id": identity("id"),
            "name": text("name"),
            "asset_tag": text("asset_tag"),
            "serial_number": text("serial"),
            "status": mapped("status_label.status_meta", STATUS, default="UNKNOWN"),
            "status_raw": text("status_label.name"),
            "manufacturer": text("manufacturer.name"),
            "model": text("model.name"),
            "category": text("category.name"),
            "organisation": text("company.name"),
            "supplier": text("supplier.name"),
            "purchase_date": day("purchase_date.date"),
            "purchase_cost": money("purchase_cost", form=number_form),
            "warranty.status": status_by_end("warranty_expires.date"),
            "warranty.end_date": day("warranty_expires.date"),
            "warranty.end_of_life_date": day("eol.date"),
            "notes": text("notes"),
            "created_at": moment("created_at.datetime", zone=zone or UTC),
            "updated_at": moment("updated_at.datetime", zone=zone or UTC),
        },
        links={
            "location": link("Location", "location.id", stub="location"),
            "assigned_to": Link(type="Person", id=_user_id, stub=_user_row, keys=("assigned_to",)),
        },
    )
