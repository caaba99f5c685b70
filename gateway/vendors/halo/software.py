"""Software found on Halo's devices. Halo API, "DeviceApplications". The list has no pages."""

import re

from gateway.connector.description import convert
from gateway.connector.description.fields import computed, link, query_param, text
from gateway.connector.description.resource import ListLookup, Resource
from gateway.connector.description.row_types import Row
from gateway.vendors.halo.lists import NO_ID, day, unpaged_list


def _software_id(row: Row) -> str | None:
    """The device's id (`did`) and the row's own."""
    native_id, device = convert.identity(row.get("id")), convert.identity(row.get("did"))
    return None if native_id is None else f"{device or 0}-{native_id}"


SOFTWARE = Resource(
    type="SoftwareInstallation",
    id_form=re.compile(r"[0-9]{1,18}-[0-9]{1,18}"),
    list=unpaged_list("/AssetSoftware", "applications", "software", "assetsoftware"),
    list_lookup=ListLookup(params=lambda native_id: {"device_id": native_id.split("-")[0]}),
    # The parameter is `device_id`: `asset_id` is ignored there, and everything comes.
    filters={"assetId": query_param("device_id", exact=True)},
    fields={
        "native_id": computed(_software_id),
        "name": text("name"),
        "version": text("version"),
        "installed_on": day("install_date"),
        "last_used_on": day("lastused"),
    },
    links={
        "asset": link("Asset", "did", null_ids=NO_ID),
        "licence": link(
            "Licence", "licence_id", stub={"id": "licence_id", "name": "licence_name"}, null_ids=NO_ID
        ),
    },
)
