"""
Identity records as the vendors' lists: each is written in its vendor's form here, and read back by the gateway. Halo's
lists come in pages of 50, S3S's too.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from gateway.identity import IdentityRecord
from gateway.testing.upstreams import Handler, answered
from tests.support.gateway import Gateway, sandbox_sources

VENDOR_OF = {"southdesk": "tether"}
_FIWIT_FIELDS = ("Serial number", "Model", "Manufacturer", "MAC address", "Purchase date", "Warranty end")
_PAGE = 50


def native(record: IdentityRecord) -> int:
    return int(record.id.rpartition(":")[2])


def _tether(record: IdentityRecord) -> dict[str, Any]:
    return {
        "id": native(record),
        "asset_tag": record.asset_tag,
        "name": record.name,
        "manufacturer": record.manufacturer,
        "model": record.model,
        "serial": record.serial_number,
        "status": "deployed",
        "purchase_date": record.purchase_date and record.purchase_date.isoformat(),
        "warranty_expiry": record.warranty_end and record.warranty_end.isoformat(),
    }


def _fiwit(record: IdentityRecord) -> dict[str, Any]:
    values = (
        record.serial_number,
        record.model,
        record.manufacturer,
        record.mac_address,
        record.purchase_date,
        record.warranty_end,
    )
    return {
        "id": native(record),
        "name": record.name,
        "team_id": record.organisation,
        "deleted_at": None,
        "custom_field_values": [
            {"id": key, "custom_field_id": key, "value": str(value), "deleted_at": None}
            for key, value in enumerate(values, 1)
            if value is not None
        ],
    }


def _s3s(record: IdentityRecord) -> dict[str, Any]:
    return {
        "id": native(record),
        "chassis_serial_number": record.serial_number,
        "assembly_serial_number": record.secondary_serial_number,
        "status": "finished",
        "server_type": record.model,
        "server_reference": record.name,
        "items": {"data": []},
    }


def _halo(record: IdentityRecord) -> dict[str, Any]:
    return {
        "id": native(record),
        "inventory_number": record.asset_tag,
        "key_field": record.name,
        "key_field2": record.serial_number,
        "key_field3": record.model,
        "manufacturer_name": record.manufacturer,
        "client_name": record.organisation,
        "ethernetMacAddress": record.mac_address,
        "assettype_id": 1,
        "assettype_name": "Device",
        "status_name": "Active",
        "supplier_purchasedate": record.purchase_date and f"{record.purchase_date.isoformat()}T00:00:00",
        "warranty_end": record.warranty_end and f"{record.warranty_end.isoformat()}T00:00:00",
    }


def _revnue(record: IdentityRecord) -> dict[str, Any]:
    return {
        "id": native(record),
        "name": record.name,
        "asset_tag": record.asset_tag,
        "serial_number": record.serial_number,
        "manufacturer": record.manufacturer,
        "business_unit": record.organisation and {"id": 2, "name": record.organisation},
        "usage_status": {"id": 1, "name": "production"},
        "warranty_end_date": record.warranty_end.isoformat() if record.warranty_end else "",
    }


WRITERS = {"tether": _tether, "fiwit": _fiwit, "s3s": _s3s, "halo": _halo, "revnue": _revnue}


class EstateVendor:
    """
    One source's API, as far as its assets go. `rows` may be replaced; `status` other than 200 is a failure, `body`
    stands in place of every answer, and if it `is_hanging` no answer comes in time.
    """

    def __init__(self, vendor: str, rows: Sequence[dict[str, Any]]) -> None:
        self.vendor = vendor
        self.rows = list(rows)
        self.status = 200
        self.body: str | None = None
        self.is_hanging = False

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith(("/auth/login", "/auth/token")):
            return answered({"access_token": "t", "expires_in": 3600})
        if self.is_hanging:
            await asyncio.sleep(60)
        if self.status != 200 or self.body is not None:
            return answered(self.body or "", status=self.status)
        if path.endswith(("/Asset", "/assets/checklists")):
            return self._paged(request.url.params)
        if path.endswith(("/assets", "/asset/")):
            return answered(self.rows)
        if path == "/asset_fields":
            return answered(
                [
                    {
                        "id": key,
                        "name": name,
                        "type": "string",
                        "default_value": None,
                        "entity_type_type": "AssetType",
                    }
                    for key, name in enumerate(_FIWIT_FIELDS, 1)
                ]
            )
        if path.endswith("/AssetType"):
            names = {
                "keyfield_name": "Hostname",
                "keyfield2_name": "Serial Number",
                "keyfield3_name": "Model",
            }
            return answered([{"id": 1, "name": "Device", "assetgroup_name": "Group", **names}])
        if path in {"/asset_types", "/locations", "/users"}:
            return answered([])
        row = next((row for row in self.rows if str(row["id"]) == path.rpartition("/")[2]), None)
        return answered("", status=404) if row is None else answered(row)

    def _paged(self, params: httpx.QueryParams) -> httpx.Response:
        if self.vendor == "halo":
            start = (int(params.get("page_no", "1")) - 1) * _PAGE
            return answered({"record_count": len(self.rows), "assets": self.rows[start : start + _PAGE]})
        start = (int(params["page"]) - 1) * _PAGE
        total = {"total": len(self.rows), "total_pages": -(-len(self.rows) // _PAGE)}
        return answered({"data": self.rows[start : start + _PAGE], "meta": {"pagination": total}})


class EstateGateway(Gateway):
    """A gateway over an estate. `vendors` are its sources' APIs by name; `decisions` is the operator's file."""

    def __init__(
        self,
        records: Iterable[IdentityRecord],
        *,
        decisions: Path | None = None,
        cached: bool = True,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        rows: dict[str, list[dict[str, Any]]] = {}
        for record in records:
            write = WRITERS[VENDOR_OF.get(record.source, record.source)]
            rows.setdefault(record.source, []).append(write(record))
        self.vendors = {name: EstateVendor(VENDOR_OF.get(name, name), part) for name, part in rows.items()}
        settings = sandbox_sources()
        sources = {}
        for name in rows:
            vendor = VENDOR_OF.get(name, name)
            sources[name] = {**settings[vendor], "VENDOR": vendor}
            sources[name]["BASE_URL"] = sources[name]["BASE_URL"].replace(f"//{vendor}.", f"//{name}.")
        handlers: dict[str, Handler] = dict(self.vendors)
        file = {} if decisions is None else {"GATEWAY_IDENTITY__FILE": str(decisions)}
        super().__init__(sources, handlers, cached=cached, environ={**file, **(environ or {})})

    async def groups(self) -> dict[str, frozenset[str]]:
        """Every thing by its id: the ids of its records."""
        things: dict[str, frozenset[str]] = {}
        after: str | None = None
        while True:
            page = (await self.ask(_GROUPS, after=after)).whole["unifiedAssets"]
            for node in page["nodes"]:
                things[node["id"]] = frozenset(record["id"] for record in node["records"])
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return things


_GROUPS = """query ($after: String) {
  unifiedAssets(first: 500, after: $after) {
    nodes { id records { id } } pageInfo { hasNextPage endCursor }
  }
}"""
